// Minimal JSON text writer: escaping and separators only, appending to one string. Not thread-safe; one per owner.
// Invalid UTF-8 in input is replaced by U+FFFD so that output is always valid JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vedette {

void append_json_string(std::string& out, std::string_view text);

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void begin_object();
  void end_object();
  void begin_array();
  void end_array();
  void key(std::string_view name);
  void string(std::string_view text);
  void number(std::int64_t value);
  void number(std::uint64_t value);
  void real(double value);
  void boolean(bool value);
  void null();
  // Already encoded JSON.
  void raw(std::string_view json);

 private:
  void separate();
  std::string& out_;
  bool need_comma_ = false;
};

}  // namespace vedette
