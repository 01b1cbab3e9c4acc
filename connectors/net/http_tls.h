// The certificate and key of a TLS listener: TLS 1.2 and later, only ciphers with forward secrecy and authentication of the
// data; replaced while connections go on with what they began with. Internal to the HTTP server. Any thread.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <mutex>
#include <string>

#include "connectors/net/http_server.h"

namespace vedette::connectors {

class HttpTls {
 public:
  // Reads the files; errors name the file.
  [[nodiscard]] static Result<std::shared_ptr<HttpTls>> load(const HttpTlsFiles& files);

  // Reads them again; on an error the old ones stay.
  [[nodiscard]] Status reload();
  // The files are not those of the last load() or reload(), whether that succeeded or not.
  [[nodiscard]] bool changed() const;
  // For a new connection.
  [[nodiscard]] std::shared_ptr<boost::asio::ssl::context> context() const;

 private:
  explicit HttpTls(HttpTlsFiles files) : files_(std::move(files)) {}

  const HttpTlsFiles files_;
  mutable std::mutex mutex_;
  std::shared_ptr<boost::asio::ssl::context> context_;
  std::string fingerprint_;
};

}  // namespace vedette::connectors
