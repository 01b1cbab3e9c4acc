#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <streambuf>
#include <unordered_set>

#include "engine/base/diagnostic_codes.h"
#include "engine/base/utf8.h"
#include "rules/yaml/node.h"

namespace vedette::yaml {
namespace {

constexpr std::size_t kMaxBytes = 256 * 1024;
constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxNodes = 100'000;
constexpr std::size_t kMaxErrors = 100;

// Reading stops at once; the diagnostic has been added.
struct Stop {};

class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // streambuf's get area is never written to
    setg(begin, begin, begin + text.size());
  }
};

// Byte offsets to lines and columns. Marks mostly ascend, so positions are counted on from the last one.
class Places {
 public:
  Places(const File& file, std::string_view text) : file_(file), text_(text) {}

  Location at(std::size_t offset, std::size_t end) {
    offset = std::min(offset, text_.size());
    if (offset < offset_) reset();
    while (offset_ < offset) {
      if (text_[offset_] == '\n') {
        ++line_;
        column_ = 1;
        ++offset_;
      } else {
        offset_ += decode_utf8(text_, offset_).length;
        ++column_;
      }
    }
    const std::size_t stop = std::min(std::max(end, offset), text_.size());
    const auto length = static_cast<int>(count_code_points(text_.substr(offset, stop - offset)));
    return {file_.path, line_, column_, std::max(length, 1)};
  }

 private:
  void reset() {
    offset_ = 0;
    line_ = 1;
    column_ = 1;
  }

  const File& file_;
  std::string_view text_;
  std::size_t offset_ = 0;
  int line_ = 1;
  int column_ = 1;
};

std::size_t end_of_line(std::string_view text, std::size_t at) {
  std::size_t end = std::min(text.find('\n', at), text.size());
  while (end > at && (text[end - 1] == '\r' || text[end - 1] == ' ')) --end;
  return end;
}

std::size_t end_of_token(std::string_view text, std::size_t at) {
  return std::min(text.find_first_of(" \t\r\n,]}", at), text.size());
}

// One past the closing quote; npos when there is none.
std::size_t end_of_quoted(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 >= text.size() || text[i + 1] != quote) return i + 1;
      ++i;
    }
  }
  return std::string_view::npos;
}

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const File& file, std::string_view text, Diagnostics& diagnostics)
      : file_(file), text_(text), diagnostics_(diagnostics), places_(file, text) {}

  std::vector<Node> take() { return std::move(documents_); }

  void error(std::string_view code, std::size_t begin, std::size_t end, std::string message, std::string hint) {
    error_at(code, places_.at(begin, end), std::move(message), std::move(hint));
  }
  void error_at(std::string_view code, const Location& where, std::string message, std::string hint) {
    if (++errors_ > kMaxErrors) return;
    diagnostics_.add(make_diagnostic(code, where, std::move(message), std::move(hint), line_of(file_, where.line)));
  }

  void OnDocumentStart(const YAML::Mark&) override {
    stack_.clear();
    broken_ = false;
    document_ = Node{};
  }
  void OnDocumentEnd() override {
    const bool empty = document_.kind == NodeKind::null && document_.text.empty();
    document_.broken = broken_;
    if (!empty) documents_.push_back(std::move(document_));
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const std::size_t at = offset(mark);
    check_properties(at, "?", anchor);
    Node node;
    node.text = null_text(at);
    node.where = places_.at(at, at + node.text.size());
    // A missing value is shown at its key.
    if (node.text.empty() && !stack_.empty() && stack_.back().have_key) node.where = stack_.back().key.where;
    if (expects_key()) {
      if (node.text.empty()) {
        error("V0012", at, at + 1, "a map key is missing before `:`", "write the key, or quote it when it is meant to be empty");
        throw Stop{};
      }
      node.kind = NodeKind::scalar;
    }
    place(std::move(node));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse_alias(offset(mark)); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    const std::size_t at = offset(mark);
    check_properties(at, tag, anchor);
    const char first = at < text_.size() ? text_[at] : '\0';
    Node node;
    node.kind = NodeKind::scalar;
    node.text = value;
    node.quoted = tag == "!";
    std::size_t end = at + 1;
    if (node.quoted && (first == '\'' || first == '"')) {
      end = end_of_quoted(text_, at);
      if (end == std::string_view::npos) {
        error("V0011", at, at + 1, "this quote is never closed", fmt::format("add the closing {}", first));
        throw Stop{};
      }
      end = std::min(end, end_of_line(text_, at));
    } else if (!node.quoted) {
      end = text_.substr(at).starts_with(value) ? at + value.size() : end_of_line(text_, at);
    }
    node.where = places_.at(at, end);
    if (expects_key() && !node.quoted && value == "<<") {
      error("V0003", at, end, "merge keys are not allowed", "write the merged keys out in full");
      throw Stop{};
    }
    place(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(NodeKind::sequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(NodeKind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Node node;
    Node key;
    bool have_key = false;
    bool duplicate = false;  // the key was there before: its value is read and dropped
    std::unordered_set<std::string> keys = {};
  };

  static std::size_t offset(const YAML::Mark& mark) { return mark.pos > 0 ? static_cast<std::size_t>(mark.pos) : 0; }

  [[nodiscard]] bool expects_key() const { return !stack_.empty() && stack_.back().node.is_map() && !stack_.back().have_key; }

  [[noreturn]] void refuse_alias(std::size_t at) {
    error("V0002", at, end_of_token(text_, at), "anchors and aliases are not allowed",
          "quote a value that begins with `*` or `&`: '*text'");
    throw Stop{};
  }

  void check_properties(std::size_t at, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) refuse_alias(at);
    const char first = at < text_.size() ? text_[at] : '\0';
    if ((tag != "?" && tag != "!") || (tag == "!" && first == '!')) {
      error("V0005", at, end_of_token(text_, at), "YAML tags are not allowed",
            "leave the tag out; quote a value that begins with `!`");
      throw Stop{};
    }
    if (++nodes_ > kMaxNodes) {
      error("V0010", at, at + 1, fmt::format("the file holds more than {} nodes", kMaxNodes), "split the file");
      throw Stop{};
    }
  }

  // The source text of a plain null; empty when the mark is that of whatever follows a missing value.
  [[nodiscard]] std::string null_text(std::size_t at) {
    std::string_view found;
    for (const std::string_view word : {"~", "null", "Null", "NULL"}) {
      if (text_.substr(at).starts_with(word)) found = word;
    }
    if (found.empty() || stack_.empty() || expects_key()) return std::string(found);
    const Frame& frame = stack_.back();
    const Location here = places_.at(at, at + 1);
    if (frame.have_key) {
      const Location& key = frame.key.where;
      if (here.line == key.line ? here.column <= key.column : here.column <= frame.node.where.column) found = {};
    } else if (here.line > frame.node.where.line && here.column <= frame.node.where.column) {
      found = {};
    }
    return std::string(found);
  }

  void open(NodeKind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    const std::size_t at = offset(mark);
    check_properties(at, tag == "!" ? "?" : tag, anchor);
    if (expects_key()) {
      error("V0012", at, at + 1, "a map key must be text",
            "a list or a map cannot be a key; quote a value that begins with `[` or `{`");
      throw Stop{};
    }
    if (stack_.size() >= kMaxDepth) {
      error("V0009", at, at + 1, fmt::format("the document nests deeper than {} levels", kMaxDepth), "flatten the structure");
      throw Stop{};
    }
    Frame frame;
    frame.node.kind = kind;
    frame.node.where = places_.at(at, at + 1);
    stack_.push_back(std::move(frame));
  }

  void close() {
    Node node = std::move(stack_.back().node);
    stack_.pop_back();
    attach(std::move(node));
  }

  void place(Node node) {
    if (!expects_key()) {
      attach(std::move(node));
      return;
    }
    Frame& frame = stack_.back();
    if (!frame.keys.insert(node.text).second) {
      const Node* first = nullptr;
      for (const auto& [key, value] : frame.node.entries) {
        if (key.text == node.text) first = &key;
      }
      error_at("V0004", node.where, fmt::format("duplicate key `{}`", node.text),
               first != nullptr ? fmt::format("it was first given on line {}; put several values in one list", first->where.line)
                                : "");
      broken_ = true;
      frame.duplicate = true;
    }
    frame.key = std::move(node);
    frame.have_key = true;
  }

  void attach(Node node) {
    if (stack_.empty()) {
      document_ = std::move(node);
      return;
    }
    Frame& frame = stack_.back();
    if (frame.node.is_sequence()) {
      frame.node.items.push_back(std::move(node));
    } else {
      if (!frame.duplicate) frame.node.entries.emplace_back(std::move(frame.key), std::move(node));
      frame.have_key = false;
      frame.duplicate = false;
    }
  }

  const File& file_;
  std::string_view text_;
  Diagnostics& diagnostics_;
  Places places_;
  std::vector<Node> documents_;
  std::vector<Frame> stack_;
  Node document_;
  bool broken_ = false;
  std::size_t nodes_ = 0;
  std::size_t errors_ = 0;
};

// Size, encoding and control characters, before yaml-cpp sees the text.
bool check_bytes(std::string_view text, TreeBuilder& builder) {
  if (text.size() > kMaxBytes) {
    builder.error("V0008", 0, 1, fmt::format("the file is larger than {} KiB", kMaxBytes / 1024), "split the file");
    return false;
  }
  bool good = true;
  for (std::size_t at = 0; at < text.size() && good;) {
    const CodePoint point = decode_utf8(text, at);
    if (!point.valid) {
      builder.error("V0007", at, at + 1, fmt::format("byte 0x{:02X} is not valid UTF-8", static_cast<std::uint32_t>(point.value)),
                    "save the file as UTF-8");
      good = false;
    } else if ((point.value < 0x20 && point.value != '\t' && point.value != '\n' && point.value != '\r') ||
               (point.value >= 0x7F && point.value < 0xA0)) {
      builder.error("V0006", at, at + 1, fmt::format("control character U+{:04X}", static_cast<std::uint32_t>(point.value)),
                    "remove it, or write it as an escape in a double-quoted value");
      good = false;
    }
    at += point.length;
  }
  return good;
}

std::string syntax_hint(const File& file, int line, const std::string& message) {
  const std::string_view text = line_of(file, line);
  if (text.substr(0, text.find_first_not_of(" \t")).find('\t') != std::string_view::npos)
    return "indent with blanks, not with tabs";
  if (message.find("anchor") != std::string::npos || message.find("alias") != std::string::npos) {
    return "quote a value that begins with `*` or `&`: '*text'";
  }
  if (message.find("unknown token") != std::string::npos) return "quote a value that begins with `@`, `%` or a backquote";
  return "check the indentation, and quote a value that holds `: ` or ` #`";
}

}  // namespace

std::vector<Node> parse(const File& file, Diagnostics& diagnostics) {
  std::string_view text = file.text;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  TreeBuilder builder(file, text, diagnostics);
  if (!check_bytes(text, builder)) return {};
  ViewBuffer buffer(text);
  std::istream stream(&buffer);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop&) {
    // Diagnosed where it was thrown.
  } catch (const YAML::Exception& exception) {
    const std::size_t at = exception.mark.pos > 0 ? static_cast<std::size_t>(exception.mark.pos) : 0;
    const bool alias = exception.msg.find("anchor") != std::string::npos || exception.msg.find("alias") != std::string::npos;
    Location where = Places(file, text).at(at, at + 1);
    builder.error(alias ? "V0002" : "V0001", at, alias ? end_of_token(text, at) : at + 1,
                  alias ? "anchors and aliases are not allowed" : "not valid YAML: " + exception.msg,
                  syntax_hint(file, where.line, exception.msg));
  } catch (const std::exception& exception) {
    builder.error("V0001", 0, 1, fmt::format("not valid YAML: {}", exception.what()), "");
  }
  return builder.take();
}

}  // namespace vedette::yaml
