#include "connectors/net/http_answer.h"

#include <string_view>

namespace vedette::connectors {
namespace {

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Payload Too Large";
    case 415:
      return "Unsupported Media Type";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Unknown";
  }
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

}  // namespace

std::string encode_answer(const HttpResponse& answer, const HttpAnswerForm& form) {
  std::string out;
  out.reserve(256 + answer.body.size());
  out += form.version == 10 ? "HTTP/1.0 " : "HTTP/1.1 ";
  out += std::to_string(answer.status);
  out += ' ';
  out += reason_of(answer.status);
  out += "\r\n";
  if (!answer.content_type.empty()) append_header(out, "Content-Type", answer.content_type);
  for (const auto& [name, value] : answer.headers) append_header(out, name, value);
  if (answer.status != 204) append_header(out, "Content-Length", std::to_string(answer.body.size()));
  if (!form.keep_alive) append_header(out, "Connection", "close");
  if (form.keep_alive && form.version == 10) append_header(out, "Connection", "keep-alive");
  out += "\r\n";
  if (!form.head_only && answer.status != 204) out += answer.body;
  return out;
}

}  // namespace vedette::connectors
