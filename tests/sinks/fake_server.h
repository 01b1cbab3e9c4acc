// A small HTTP/1.1 server on loopback that answers as a test says, badly if need be; and throw-away certificates.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <list>
#include <map>

#include "tests/sinks/support.h"

namespace vedette::connectors::testing {

struct Certificate {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* x509 = nullptr;
  ~Certificate() {
    X509_free(x509);
    EVP_PKEY_free(key);
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  // names: "DNS:hook.test,IP:127.0.0.1". issuer: an authority, or none for a self-signed authority.
  explicit Certificate(const std::string& names, const Certificate* issuer = nullptr, long days = 1) {
    static std::atomic<long> serial = 1;
    x509 = X509_new();
    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x509), -2 * 86400);
    X509_gmtime_adj(X509_getm_notAfter(x509), days * 86400);
    X509_set_pubkey(x509, key);
    const std::string common = issuer == nullptr ? "test authority" : "test server";
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(common.c_str()), -1, -1, 0);
    X509_set_issuer_name(x509, X509_get_subject_name(issuer == nullptr ? x509 : issuer->x509));
    if (issuer == nullptr) extend(NID_basic_constraints, "critical,CA:TRUE");
    if (!names.empty()) extend(NID_subject_alt_name, names);
    X509_sign(x509, issuer == nullptr ? key : issuer->key, EVP_sha256());
  }
  [[nodiscard]] std::string pem() const {
    BIO* out = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(out, x509);
    char* text = nullptr;
    const long size = BIO_get_mem_data(out, &text);
    std::string pem_text(text, static_cast<std::size_t>(size));
    BIO_free(out);
    return pem_text;
  }

 private:
  void extend(int kind, const std::string& value) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, x509, x509, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
  }
};

struct FakeRequest {
  std::string line;                            // "POST /hook HTTP/1.1"
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  int connection = 0;  // the how-manieth
};

struct FakeAnswer {
  std::string bytes;                   // as they go out
  bool close = false;                  // after them
  bool drip = false;                   // a byte at a time, 20 ms between
  std::chrono::milliseconds pause{0};  // before them
};

inline FakeAnswer answer(int status, const std::string& headers = {}, const std::string& body = {}) {
  return {"HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
          "\r\n" + body};
}

class FakeServer {
 public:
  using Answer = std::function<FakeAnswer(const FakeRequest&)>;

  explicit FakeServer(Answer how, const Certificate* certificate = nullptr) : how_(std::move(how)) {
    if (certificate != nullptr) {
      tls_ = SSL_CTX_new(TLS_server_method());
      SSL_CTX_use_certificate(tls_, certificate->x509);
      SSL_CTX_use_PrivateKey(tls_, certificate->key);
    }
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(listener_, 16) != 0) std::abort();
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = std::to_string(ntohs(at.sin_port));
    thread_ = std::thread([this] { accept_all(); });
  }
  ~FakeServer() {
    stopping_ = true;
    thread_.join();
    for (std::thread& thread : serving_) thread.join();
    ::close(listener_);
    SSL_CTX_free(tls_);
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  [[nodiscard]] const std::string& port() const { return port_; }
  [[nodiscard]] std::vector<FakeRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  [[nodiscard]] int connections() const { return connections_; }

 private:
  struct Peer {
    int descriptor = -1;
    SSL* tls = nullptr;
  };

  void accept_all() {
    while (!stopping_) {
      pollfd wait{listener_, POLLIN, 0};
      if (::poll(&wait, 1, 20) <= 0) continue;
      const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (descriptor >= 0) serving_.emplace_back([this, descriptor] { serve({descriptor}); });
    }
  }
  // False: the connection ended, or the test did.
  bool ready(const Peer& peer) const {
    while (!stopping_) {
      if (peer.tls != nullptr && SSL_pending(peer.tls) > 0) return true;
      pollfd wait{peer.descriptor, POLLIN, 0};
      if (::poll(&wait, 1, 20) > 0) return true;
    }
    return false;
  }
  bool read_some(const Peer& peer, std::string& text) const {
    char block[4096];
    if (!ready(peer)) return false;
    const ssize_t n =
        peer.tls != nullptr ? SSL_read(peer.tls, block, sizeof block) : ::recv(peer.descriptor, block, sizeof block, 0);
    if (n > 0) text.append(block, static_cast<std::size_t>(n));
    return n > 0;
  }
  void write(const Peer& peer, std::string_view text) const {
    while (!text.empty() && !stopping_) {
      const ssize_t n = peer.tls != nullptr ? SSL_write(peer.tls, text.data(), static_cast<int>(text.size()))
                                            : ::send(peer.descriptor, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  static FakeRequest parse(const std::string& head) {
    FakeRequest request;
    std::size_t at = head.find("\r\n");
    request.line = head.substr(0, at);
    for (at += 2; at < head.size();) {
      const std::size_t end = head.find("\r\n", at), colon = head.find(": ", at);
      if (end == at || colon == std::string::npos) break;
      std::string name = head.substr(at, colon - at);
      for (char& c : name) c = static_cast<char>(std::tolower(c));
      request.headers[name] = head.substr(colon + 2, end - colon - 2);
      at = end + 2;
    }
    return request;
  }
  void serve(Peer peer) {
    const int number = ++connections_;
    if (tls_ != nullptr) {
      peer.tls = SSL_new(tls_);
      SSL_set_fd(peer.tls, peer.descriptor);
    }
    if (peer.tls == nullptr || SSL_accept(peer.tls) == 1) {
      std::string text;
      while (serve_one(peer, text, number)) {
      }
    }
    SSL_free(peer.tls);
    ::close(peer.descriptor);
  }
  bool serve_one(const Peer& peer, std::string& text, int number) {
    std::size_t end = 0;
    while ((end = text.find("\r\n\r\n")) == std::string::npos) {
      if (!read_some(peer, text)) return false;
    }
    FakeRequest request = parse(text.substr(0, end + 2));
    const std::size_t length = request.headers.contains("content-length") ? std::stoul(request.headers["content-length"]) : 0;
    while (text.size() < end + 4 + length) {
      if (!read_some(peer, text)) return false;
    }
    request.body = text.substr(end + 4, length);
    request.connection = number;
    text.erase(0, end + 4 + length);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    const FakeAnswer out = how_(request);
    for (auto left = out.pause; left.count() > 0 && !stopping_; left -= std::chrono::milliseconds(20))
      std::this_thread::sleep_for(std::min(left, std::chrono::milliseconds(20)));
    if (!out.drip) write(peer, out.bytes);
    for (std::size_t i = 0; out.drip && i < out.bytes.size() && !stopping_; ++i) {
      write(peer, out.bytes.substr(i, 1));
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return !out.close && !out.bytes.empty();
  }

  Answer how_;
  SSL_CTX* tls_ = nullptr;
  int listener_ = -1;
  std::string port_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> connections_ = 0;
  mutable std::mutex mutex_;
  std::vector<FakeRequest> requests_;
  std::list<std::thread> serving_;
  std::thread thread_;
};

}  // namespace vedette::connectors::testing
