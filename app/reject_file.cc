#include "app/reject_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "app/terminal.h"
#include "engine/base/json_writer.h"

namespace vedette::app {

RejectFile::~RejectFile() {
  if (file_ != nullptr) std::fclose(file_);
}

Status RejectFile::open(const std::string& path) {
  path_ = path;
  file_ = std::fopen(path.c_str(), "we");
  if (file_ == nullptr) return Error{std::string("cannot be written: ") + std::strerror(errno), path};
  return {};
}

Status RejectFile::add(const std::vector<RejectRecord>& rejects) {
  std::string text;
  for (const RejectRecord& reject : rejects) {
    ++reasons_[reject.reason];
    if (first_.empty()) first_ = fmt::format("{}:{}: {}", reject.source, reject.line, reject.message);
    if (file_ == nullptr) continue;
    JsonWriter json(text);
    json.begin_object();
    json.key("source");
    json.string(reject.source);
    json.key("line");
    json.number(reject.line);
    json.key("reason");
    json.string(reject.reason);
    json.key("message");
    json.string(reject.message);
    json.key("bytes");
    json.string(reject.bytes);
    json.end_object();
    text += '\n';
  }
  if (file_ != nullptr && !write_all(file_, text)) return Error{std::string("cannot be written: ") + std::strerror(errno), path_};
  return {};
}

Status RejectFile::close() {
  if (file_ == nullptr) return {};
  std::FILE* file = file_;
  file_ = nullptr;
  if (std::fclose(file) != 0) return Error{std::string("cannot be written: ") + std::strerror(errno), path_};
  return {};
}

}  // namespace vedette::app
