// Refused records, counted by reason and, on request, written as JSON lines: source, line, reason, message, bytes. One
// thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/pipeline.h"
#include "engine/base/result.h"

namespace vedette::app {

class RejectFile {
 public:
  ~RejectFile();
  [[nodiscard]] Status open(const std::string& path);
  [[nodiscard]] bool is_open() const { return file_ != nullptr; }
  [[nodiscard]] Status add(const std::vector<RejectRecord>& rejects);
  [[nodiscard]] Status close();

  [[nodiscard]] const std::map<std::string, std::uint64_t>& by_reason() const { return reasons_; }
  // "okta.ndjson:12: json: ..." of the first refused record, for the summary.
  [[nodiscard]] const std::string& first() const { return first_; }

 private:
  std::string path_;
  std::FILE* file_ = nullptr;
  std::map<std::string, std::uint64_t> reasons_;
  std::string first_;
};

}  // namespace vedette::app
