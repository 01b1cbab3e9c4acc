#include "connectors/net/http_tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <utility>

namespace vedette::connectors {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

// TLS 1.3 has no others anyway.
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

// Tells whether a file was replaced or written to.
std::string fingerprint_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return "none";
  return fmt::format("{} {} {} {}.{}", info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

std::string fingerprint_of(const HttpTlsFiles& files) {
  return fingerprint_of(files.certificate) + " " + fingerprint_of(files.key);
}

Result<std::shared_ptr<ssl::context>> read_context(const HttpTlsFiles& files) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_cipher_list(native, kCiphers);
  error_code error;
  context->use_certificate_chain_file(files.certificate, error);
  if (error) return Error{fmt::format("no certificate chain in PEM can be read: {}", error.message()), files.certificate};
  context->use_private_key_file(files.key, ssl::context::pem, error);
  const bool mismatch = error && ERR_GET_REASON(static_cast<unsigned long>(error.value())) == X509_R_KEY_VALUES_MISMATCH;
  if (mismatch || (!error && SSL_CTX_check_private_key(native) != 1)) {
    ERR_clear_error();
    return Error{fmt::format("is not the key of the certificate in {}", files.certificate), files.key};
  }
  if (error) return Error{fmt::format("no private key in PEM can be read: {}", error.message()), files.key};
  return context;
}

}  // namespace

Result<std::shared_ptr<HttpTls>> HttpTls::load(const HttpTlsFiles& files) {
  if (files.key.empty()) return Error{"TLS needs the key of this certificate too", files.certificate};
  if (files.certificate.empty()) return Error{"TLS needs the certificate of this key too", files.key};
  const std::shared_ptr<HttpTls> tls(new HttpTls(files));
  if (Status loaded = tls->reload(); !loaded) return loaded.error();
  return tls;
}

Status HttpTls::reload() {
  const std::string fingerprint = fingerprint_of(files_);
  auto context = read_context(files_);
  const std::lock_guard lock(mutex_);
  fingerprint_ = fingerprint;
  if (!context) return context.error();
  context_ = std::move(*context);
  return {};
}

bool HttpTls::changed() const {
  const std::string now = fingerprint_of(files_);
  const std::lock_guard lock(mutex_);
  return now != fingerprint_;
}

std::shared_ptr<ssl::context> HttpTls::context() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

}  // namespace vedette::connectors
