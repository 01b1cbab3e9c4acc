#include "rules/check/portable.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/fold.h"
#include "rules/reference/correlation_keys.h"

namespace vedette::rules {
namespace {

using reference::find_key;
using yaml::Node;

constexpr std::string_view kKeyHint = "other tools read the document without it, and mean something else or refuse it";

class PortableReader {
 public:
  PortableReader(const DocumentView& document, Sink& sink) : document_(document), sink_(sink) {}

  void read() {
    read_keys(document_.root, keys_of_document());
    read_category();
    if (document_.type == DocumentType::correlation) {
      read_keys(document_.body, reference::kCorrelationKeys);
      read_correlation();
      return;
    }
    if (document_.type == DocumentType::filter) read_keys(document_.body, reference::kFilterOwnKeys);
    for (const auto& [name, value] : document_.body.entries) {
      if (name.text == "condition" || name.text == "timeframe" || name.text == "rules") continue;
      read_selection(value);
      for (const Node& alternative : value.items) read_selection(alternative);
    }
    if (const Node* suppress = document_.root.find("suppress"); suppress != nullptr && suppress->is_map()) {
      read_expressions(suppress->find("by"));
    }
  }

 private:
  void say(std::string_view code, const Location& where, std::string message, std::string_view hint) {
    sink_.use(code);
    sink_.at(where, std::move(message), std::string(hint));
  }

  [[nodiscard]] std::vector<reference::Key> keys_of_document() const {
    std::vector<reference::Key> out(reference::kDocumentKeys.begin(), reference::kDocumentKeys.end());
    const auto add = [&out](std::span<const reference::Key> keys) { out.insert(out.end(), keys.begin(), keys.end()); };
    if (document_.type == DocumentType::rule) add(reference::kRuleKeys);
    if (document_.type == DocumentType::filter) add(reference::kFilterDocumentKeys);
    if (document_.type == DocumentType::correlation) add(reference::kEitherKeys);
    return out;
  }

  void read_keys(const Node& map, std::span<const reference::Key> known) {
    for (const auto& [key, value] : map.entries) {
      const reference::Key* found = find_key(known, key.text);
      if (found == nullptr || !found->extension) continue;
      say("V2191", key.where, fmt::format("key `{}` is not of Sigma 2.1", key.text), kKeyHint);
    }
  }

  void read_category() {
    const Node* source = document_.root.find("logsource");
    const Node* category = source != nullptr ? source->find("category") : nullptr;
    if (category == nullptr || !document_.context.fields.is_category(category->text)) return;
    say("V2194", category->where, fmt::format("category `{}` and its fields are this program's own mapping", category->text),
        "elsewhere a pipeline has to map event.outcome, identity.user and the like to the fields of each product");
  }

  void read_correlation() {
    const Node* type = document_.body.find("type");
    const std::string name = type != nullptr ? type->text : "";
    const auto row = std::find_if(reference::kCorrelationTypes.begin(), reference::kCorrelationTypes.end(),
                                  [&](const reference::Word& word) { return word.name == name; });
    const bool later = name == "value_median" || (row != reference::kCorrelationTypes.end() && row->extension);
    if (later)
      say("V2192", type->where, fmt::format("correlation type `{}` is not of Sigma 2.1", name),
          "other tools refuse the document");
    read_condition(name);
    if (const Node* rules = document_.body.find("rules"); rules != nullptr && rules->is_map())
      say("V2191", rules->where, "references to rules by tag are not of Sigma 2.1", "list names or ids");
    if (const Node* timespan = document_.body.find("timespan"); timespan != nullptr && timespan->text.ends_with('w'))
      say("V2191", timespan->where, "Sigma 2.1 has no weeks", "write days: 14d");
    const Node* group = document_.body.find("group-by");
    if (group == nullptr || group->kind == yaml::NodeKind::null)
      say("V2191", document_.place("correlation"), "Sigma 2.1 wants a `group-by`",
          "left out, this program counts a tenant's events together");
    read_expressions(group);
    read_aliases();
    if (!later && !has_suppress())
      say("V2195", document_.place("correlation"), "how often the correlation alerts is this program's default",
          "one alert per group in the larger of the timespan and 1h; Sigma leaves it open, `suppress: {for: ...}` says it here");
  }

  [[nodiscard]] bool has_suppress() const {
    return document_.root.find("suppress") != nullptr || document_.body.find("suppress") != nullptr;
  }

  void read_condition(const std::string& type) {
    const Node* condition = document_.body.find("condition");
    if (condition == nullptr) return;
    if (condition->is_scalar() && type.starts_with("temporal")) {
      say("V2191", condition->where, "a condition over rule names is not of Sigma 2.1",
          "it is in the draft of 2.2; without it all rules must occur");
    }
    if (!condition->is_map()) return;
    for (const auto& [key, value] : condition->entries) {
      const reference::Key* known = find_key(reference::kConditionFieldKeys, key.text);
      if (key.text == "field") read_expressions(&value);
      if (key.text == "percentile" || (known != nullptr && known->extension))
        say("V2191", key.where, fmt::format("`{}` in a condition is not of Sigma 2.1", key.text), kKeyHint);
    }
  }

  void read_aliases() {
    const Node* aliases = document_.body.find("aliases");
    if (aliases == nullptr) return;
    for (const auto& [name, fields] : aliases->entries) {
      for (const auto& [rule, field] : fields.entries) read_expression(field);
    }
  }

  void read_expressions(const Node* node) {
    if (node == nullptr) return;
    if (node->is_scalar()) read_expression(*node);
    for (const Node& item : node->items) {
      if (item.is_scalar()) read_expression(item);
    }
  }

  void read_expression(const Node& node) {
    if (node.text.find('|') != std::string::npos) {
      say("V2193", node.where, fmt::format("`{}` transforms the field", node.text), "Sigma 2.1 has fields alone here");
    } else {
      read_field(node, node.text);
    }
  }

  // `key`: shown; a path with brackets, or one that goes on into a string.
  void read_field(const Node& key, std::string_view field) {
    if (field.find('[') != std::string_view::npos) {
      say("V2193", key.where, fmt::format("`{}` picks members of an array", field), "Sigma 2.1 compares with any member");
      return;
    }
    for (const plan::SourcePlan& source : document_.context.options.sources) {
      for (const plan::FieldPath& path : source.encoded) {
        const std::string inside = path.text() + ".";
        if (!serves(source) || field.size() <= inside.size() || !equal_folded(field.substr(0, inside.size()), inside)) continue;
        say("V2193", key.where, fmt::format("`{}` reads inside the string `{}`", field, path.text()),
            "elsewhere the string has to be parsed first, or matched as text");
        return;
      }
    }
  }

  [[nodiscard]] bool serves(const plan::SourcePlan& source) const {
    const plan::LogSource& wanted = document_.logsource;
    if (wanted == plan::LogSource{}) return true;
    return std::any_of(source.logsources.begin(), source.logsources.end(),
                       [&](const plan::LogSource& given) { return equal_folded(given.product, wanted.product); });
  }

  void read_selection(const Node& map) {
    for (const auto& [key, value] : map.entries) {
      const std::string field = key.text.substr(0, key.text.find('|'));
      if (value.is_map()) {
        say("V2193", key.where, fmt::format("`{}` tests several fields of one member of an array", key.text),
            "Sigma 2.1 compares with any member");
        read_selection(value);
      } else {
        read_field(key, field);
      }
    }
  }

  const DocumentView& document_;
  Sink& sink_;
};

}  // namespace

void look_for_extensions(const DocumentView& document, Sink& sink) { PortableReader(document, sink).read(); }

}  // namespace vedette::rules
