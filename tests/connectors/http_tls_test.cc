// TLS of the HTTP server with certificates made here: versions, reload by call and by file change, broken files, slow
// handshakes.
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <csignal>

#include "connectors/net/http_server.h"
#include "connectors/sources/http_source.h"
#include "tests/connectors/support.h"

namespace vedette::connectors {
namespace {

using std::chrono::milliseconds;
using testing::eventually;
using testing::RawClient;

template <class T, void (*free)(T*)>
struct Freed {
  void operator()(T* it) const { free(it); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX, SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, Freed<SSL, SSL_free>>;

// Writes a self-signed certificate for `name`, and its key.
void write_pair(const std::string& certificate_path, const std::string& key_path, const std::string& name) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  FILE* out = std::fopen(certificate_path.c_str(), "w");
  PEM_write_X509(out, certificate.get());
  std::fclose(out);
  out = std::fopen(key_path.c_str(), "w");
  PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(out);
}

// A TLS connection over a raw socket.
class TlsClient {
 public:
  explicit TlsClient(const std::string& address, int version = 0, const char* ciphers = nullptr)
      : raw_(address), context_(SSL_CTX_new(TLS_client_method())) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    if (version != 0) SSL_CTX_set_min_proto_version(context_.get(), version);
    if (version != 0) SSL_CTX_set_max_proto_version(context_.get(), version);
    SSL_CTX_set_security_level(context_.get(), 0);
    if (ciphers != nullptr) SSL_CTX_set_cipher_list(context_.get(), ciphers);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), raw_.descriptor());
    connected_ = SSL_connect(ssl_.get()) == 1;
  }
  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] std::string protocol() const { return SSL_get_version(ssl_.get()); }
  [[nodiscard]] std::string name() const {
    const Certificate shown(SSL_get1_peer_certificate(ssl_.get()));
    char text[100] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, text, sizeof text);
    return text;
  }
  // One request and the status line of its answer.
  std::string post(const std::string& body, const std::string& headers = "") {
    const std::string text =
        "POST /in HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    for (std::size_t sent = 0; sent < text.size();) {
      const int n = SSL_write(ssl_.get(), text.data() + sent, static_cast<int>(text.size() - sent));
      if (n <= 0) break;
      sent += static_cast<std::size_t>(n);
    }
    std::string answer;
    char block[4096];
    while (answer.find("\r\n\r\n") == std::string::npos) {
      const int n = SSL_read(ssl_.get(), block, sizeof block);
      if (n <= 0) break;
      answer.append(block, static_cast<std::size_t>(n));
    }
    return answer.substr(0, answer.find('\r'));
  }

 private:
  RawClient raw_;
  Context context_;
  Ssl ssl_;
  bool connected_ = false;
};

const std::string kOk = "HTTP/1.1 200 OK";

class TlsTest : public ::testing::Test {
 protected:
  void start(milliseconds check_every = milliseconds(0), HttpLimits limits = {}) {
    write_pair(files_.certificate, files_.key, "first");
    files_.check_every = check_every;
    HttpSourceOptions options;
    HttpEndpoint endpoint;
    endpoint.name = "secure";
    endpoint.path = "/in";
    endpoint.auth = {HttpAuthKind::bearer, {"token"}};
    endpoint.origin = testing::origin_named("secure");
    options.endpoints = {endpoint};
    options.tls = files_;
    options.limits = limits;
    source_ = std::make_unique<HttpSource>(options, system_clock_now, log_.log(), RejectHandler{});
    const Status started = source_->start(sink_);
    ASSERT_TRUE(started.ok()) << started.error().to_string();
  }
  std::string name_shown() { return TlsClient(source_->address()).name(); }

  const std::string token_ = "Authorization: Bearer token\r\n";
  testing::TempDir dir_;
  HttpTlsFiles files_{dir_.file("cert.pem"), dir_.file("key.pem")};
  testing::LogBook log_;
  testing::RecordingSink sink_;
  std::unique_ptr<HttpSource> source_;
};

TEST_F(TlsTest, ServesOverTls12AndLater) {
  start();
  TlsClient newest(source_->address());
  ASSERT_TRUE(newest.connected());
  EXPECT_EQ(newest.protocol(), "TLSv1.3");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(newest.post("{}", token_), kOk);
  EXPECT_EQ(TlsClient(source_->address(), TLS1_2_VERSION).post(std::string(3 << 20, ' ') + "{}", token_), kOk);
  EXPECT_FALSE(TlsClient(source_->address(), TLS1_1_VERSION).connected());
  EXPECT_FALSE(TlsClient(source_->address(), TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA").connected());
  EXPECT_EQ(sink_.records().size(), 4u);
  EXPECT_TRUE(eventually([&] { return source_->counters().handshakes_failed == 2; }));
}

// The answer arrives although the body behind it is never read.
TEST_F(TlsTest, RefusesOverTlsToo) {
  start();
  EXPECT_EQ(TlsClient(source_->address()).post("{}"), "HTTP/1.1 401 Unauthorized");
  EXPECT_EQ(TlsClient(source_->address()).post(std::string(1 << 20, 'x'), "Authorization: Bearer no\r\n"),
            "HTTP/1.1 401 Unauthorized");
  EXPECT_EQ(TlsClient(source_->address()).post("{}", token_ + "Content-Length: 9\r\n"), "HTTP/1.1 400 Bad Request");
}

TEST_F(TlsTest, PlainTextIsNoHandshake) {
  start();
  RawClient client(source_->address());
  client.send("POST /in HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.receive_all().find("HTTP"), std::string::npos);
  EXPECT_TRUE(eventually([&] { return source_->counters().handshakes_failed == 1; }));
  EXPECT_EQ(source_->counters().requests, 0u);
}

TEST_F(TlsTest, ASlowHandshakeEndsAtItsDeadline) {
  HttpLimits limits;
  limits.handshake_deadline = milliseconds(200);
  start(milliseconds(0), limits);
  RawClient client(source_->address());
  client.send("\x16\x03\x01");
  const auto begin = std::chrono::steady_clock::now();
  client.receive_all();
  EXPECT_TRUE(client.closed());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(3000));
  EXPECT_TRUE(eventually([&] { return source_->counters().timed_out == 1; }));
}

TEST_F(TlsTest, ANewCertificateIsForNewConnections) {
  start();
  TlsClient old(source_->address());
  EXPECT_EQ(old.name(), "first");
  write_pair(files_.certificate, files_.key, "second");
  EXPECT_EQ(name_shown(), "first");
  ASSERT_TRUE(source_->reload_tls().ok());
  EXPECT_EQ(name_shown(), "second");
  EXPECT_EQ(old.post("{}", token_), kOk);  // goes on
  EXPECT_EQ(source_->counters().tls_reloads, 1u);
}

TEST_F(TlsTest, ChangedFilesAreNoticed) {
  start(milliseconds(20));
  EXPECT_EQ(name_shown(), "first");
  write_pair(files_.certificate, files_.key, "second");
  EXPECT_TRUE(eventually([&] { return name_shown() == "second"; }));
}

TEST_F(TlsTest, BrokenFilesLeaveTheOldCertificate) {
  start(milliseconds(20));
  const std::string other_key = dir_.file("other-key.pem");
  write_pair(dir_.file("other-cert.pem"), other_key, "other");
  std::filesystem::copy_file(other_key, files_.key, std::filesystem::copy_options::overwrite_existing);
  const Status mismatch = source_->reload_tls();
  ASSERT_FALSE(mismatch.ok());
  EXPECT_NE(mismatch.error().to_string().find("not the key of the certificate"), std::string::npos)
      << mismatch.error().to_string();
  dir_.write("cert.pem", "nonsense");
  EXPECT_FALSE(source_->reload_tls().ok());
  std::filesystem::remove(files_.key);
  EXPECT_TRUE(eventually([&] { return log_.text().find("the old certificate stays in use") != std::string::npos; }));
  EXPECT_EQ(name_shown(), "first");
  write_pair(files_.certificate, files_.key, "third");
  EXPECT_TRUE(eventually([&] { return name_shown() == "third"; }));
}

TEST(TlsOptions, TellWhatIsMissing) {
  const testing::TempDir dir;
  const HttpTlsFiles pair{dir.file("cert.pem"), dir.file("key.pem")};
  const auto fails = [](const HttpTlsFiles& files) {
    HttpServer server("test", {}, {});
    const Status listening = server.listen(HttpListen{"127.0.0.1:0", files});
    return listening.ok() ? std::string() : listening.error().to_string();
  };
  EXPECT_NE(fails(pair).find("cert.pem: no certificate"), std::string::npos) << fails(pair);
  write_pair(pair.certificate, pair.key, "x");
  EXPECT_EQ(fails(pair), "");
  EXPECT_NE(fails({pair.certificate, ""}).find("needs the key"), std::string::npos);
  EXPECT_NE(fails({"", pair.key}).find("needs the certificate"), std::string::npos);
  EXPECT_NE(fails({pair.certificate, dir.file("none.pem")}).find("none.pem: no private key"), std::string::npos);
  HttpServer plain("test", {}, {});
  ASSERT_TRUE(plain.listen("127.0.0.1:0").ok());
  EXPECT_FALSE(plain.reload_tls().ok());
}

}  // namespace
}  // namespace vedette::connectors
