#include "app/json_fields.h"

#include "engine/event/json_text.h"

namespace vedette::app {

namespace {

constexpr int kMaxDepth = 64;

class Walk {
 public:
  Walk(std::string_view json, const FieldVisitor& visit) : json_(json), visit_(visit) {}

  void run() { (void)value(0); }

 private:
  bool value(int depth) {
    skip_blanks();
    if (at_ >= json_.size() || depth > kMaxDepth) return false;
    const char head = json_[at_];
    if (head != '{' && head != '[') return scalar();
    if (!path_.empty()) visit_(path_, {}, true);
    return members(depth, head == '{' ? '}' : ']');
  }

  bool members(int depth, char close) {
    const std::size_t length = path_.size();
    ++at_;
    for (bool first = true;; first = false) {
      skip_blanks();
      if (take(close)) return true;
      if (!first && !take(',')) return false;
      if (close == '}' && !key()) return false;
      if (!value(depth + 1)) return false;
      path_.resize(length);
    }
  }

  bool key() {
    skip_blanks();
    std::string name;
    if (!string(name)) return false;
    if (!path_.empty()) path_ += '.';
    path_ += name;
    skip_blanks();
    return take(':');
  }

  bool scalar() {
    if (json_[at_] == '"') {
      std::string text;
      if (!string(text)) return false;
      visit_(path_, text, false);
      return true;
    }
    const std::size_t end = std::min(json_.find_first_of(",]} \t\r\n", at_), json_.size());
    const std::string_view text = json_.substr(at_, end - at_);
    at_ = end;
    if (text.empty()) return false;
    visit_(path_, text == "null" ? std::string_view() : text, false);
    return true;
  }

  bool string(std::string& out) {
    if (at_ >= json_.size() || json_[at_] != '"') return false;
    const std::size_t begin = ++at_;
    while (at_ < json_.size() && json_[at_] != '"') at_ += json_[at_] == '\\' ? 2 : 1;
    if (at_ >= json_.size()) return false;
    const std::string_view inside = json_.substr(begin, at_++ - begin);
    out.resize(inside.size());
    const auto length = event::unescape(inside, out.data());
    if (!length) return false;
    out.resize(*length);
    return true;
  }

  void skip_blanks() { at_ = std::min(json_.find_first_not_of(" \t\r\n", at_), json_.size()); }

  bool take(char wanted) {
    skip_blanks();
    if (at_ >= json_.size() || json_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  std::string_view json_;
  const FieldVisitor& visit_;
  std::string path_;
  std::size_t at_ = 0;
};

}  // namespace

void each_field(std::string_view json, const FieldVisitor& visit) { Walk(json, visit).run(); }

}  // namespace vedette::app
