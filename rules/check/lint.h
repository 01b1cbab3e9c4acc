// What a lint sees and how it speaks. A lint is one small function for one diagnostic code; rules/check/lints.cc has the
// table. Lints read the located tree of one document that parsed without errors. Internal to rules/check; one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/time.h"
#include "rules/check/fields.h"
#include "rules/sigma/load.h"
#include "rules/sigma/modifiers.h"
#include "rules/sigma/reporter.h"
#include "rules/yaml/node.h"

namespace vedette::rules {

struct CheckContext {
  const CompileOptions& options;
  const KnownFields& fields;
  std::optional<TimeUs> now;
};

enum class DocumentType : std::uint8_t { rule, correlation, filter };

struct DocumentView {
  const CheckContext& context;
  const yaml::File& file;
  const yaml::Node& root;
  const yaml::Node& body;  // the map under detection, correlation or filter
  DocumentType type = DocumentType::rule;
  plan::LogSource logsource = {};
  // The scalar text under a key of the root, or empty.
  [[nodiscard]] std::string_view text(std::string_view key) const;
  // The place of a key of the root; that of its first entry when there is none.
  [[nodiscard]] const Location& place(std::string_view key) const;
};

// One detection item: `key: value` of a selection of a rule or filter.
struct ItemView {
  const DocumentView& document;
  const yaml::Node& map;  // that holds it
  const yaml::Node& key;
  const yaml::Node& value;
  const Chain& chain;
  const std::string& field;                    // chain.field, behind that of the block it stands in
  std::vector<const yaml::Node*> values = {};  // scalars, of a list or alone
  [[nodiscard]] const ModifierUse* use(Modifier modifier) const;
  // True when the map has no such key yet, so that the item's may be changed to it.
  [[nodiscard]] bool may_become(std::string_view key_text) const { return map.find(key_text) == nullptr; }
  // The item compares whole strings: no modifier but all, cased and neq.
  [[nodiscard]] bool plain() const;
};

// One selection: a name, and a map, a list of maps or keywords.
struct SelectionView {
  const DocumentView& document;
  const yaml::Node& name;
  const yaml::Node& value;
};

// Says what the lint at work has found.
class Sink {
 public:
  explicit Sink(Reporter& reporter) : reporter_(reporter) {}
  void use(std::string_view code) { code_ = code; }
  void at(const Location& where, std::string message, std::string hint, std::optional<Fix> fix = {}) {
    reporter_.at(code_, where, std::move(message), std::move(hint), std::move(fix));
  }
  void inside(const yaml::Node& node, std::size_t offset, std::size_t length, std::string message, std::string hint,
              std::optional<Fix> fix = {}) {
    reporter_.inside(code_, node, offset, length, std::move(message), std::move(hint), std::move(fix));
  }

 private:
  Reporter& reporter_;
  std::string_view code_;
};

// A fix of one edit, or of several of which all must be possible.
[[nodiscard]] std::optional<Fix> fix_of(std::string title, std::optional<Edit> edit);
[[nodiscard]] std::optional<Fix> fix_of(std::string title, std::vector<std::optional<Edit>> edits);

// What a fix does to the compiled rules.
enum class Effect : std::uint8_t {
  none,        // the lint has no fix
  same_plan,   // every compiled predicate stays as it is
  same_alerts  // other predicates that match the same events, or metadata alone
};

struct Lint {
  std::string_view code;
  Effect effect = Effect::none;
  void (*document)(const DocumentView&, Sink&) = nullptr;
  void (*selection)(const SelectionView&, Sink&) = nullptr;
  void (*item)(const ItemView&, Sink&) = nullptr;
};

// The table, in the order of codes.
[[nodiscard]] std::span<const Lint> lints();

}  // namespace vedette::rules
