#include "rules/reference/markdown.h"

#include <fmt/format.h>

#include <algorithm>

#include "rules/reference/correlation_keys.h"
#include "rules/reference/source_keys.h"
#include "rules/reference/test_keys.h"

namespace vedette::rules::reference {
namespace {

// In a cell of a table a bar would end it.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string linked(const Table& table) { return fmt::format("[{}](#{})", table.id, table.id); }

std::string type_of(const Key& key) {
  switch (key.shape) {
    case Shape::text:
      return "text";
    case Shape::texts:
      return "text or list";
    case Shape::text_map:
      return "name -> text";
    case Shape::texts_map:
      return "name -> text or list";
    case Shape::whole:
      return "whole number";
    case Shape::number:
      return "number";
    case Shape::boolean:
      return "true or false";
    case Shape::date:
      return "date";
    case Shape::time:
      return "time";
    case Shape::duration:
      return "duration";
    case Shape::duration_or_zero:
      return "duration or 0";
    case Shape::offset:
      return "sum of durations";
    case Shape::word: {
      std::string out;
      if (key.words.size() > 6) return "one of those below";
      for (const Word& word : key.words) out += fmt::format("{}`{}`", out.empty() ? "" : ", ", word.name);
      return out;
    }
    case Shape::field:
      return "path";
    case Shape::fields:
      return "path or list";
    case Shape::expression:
      return "field";
    case Shape::expressions:
      return "field or list";
    case Shape::map:
      return linked(*key.inner);
    case Shape::maps:
      return fmt::format("{}, or a list", linked(*key.inner));
    case Shape::map_of_maps:
      return fmt::format("name -> {}", linked(*key.inner));
    case Shape::list:
      return fmt::format("list of {}", linked(*key.inner));
    case Shape::selection:
      return "selection";
    case Shape::condition:
      return "text or list";
    case Shape::special:
      return std::string(key.shown);
  }
  return {};
}

std::string rows(std::span<const Key> keys) {
  std::string out = "| key | value | meaning | example |\n|---|---|---|---|\n";
  for (const Key& key : keys) {
    out += fmt::format("| `{}`{}{} | {} | {} | `{}` |\n", key.name, key.required ? " (needed)" : "", key.extension ? " +" : "",
                       cell(type_of(key)), cell(key.help), cell(fmt::format("{}: {}", key.name, key.example)));
  }
  return out + "\n";
}

std::string correlation_types() {
  std::string out = "| type | looks for | condition | when it speaks | further keys |\n|---|---|---|---|---|\n";
  for (std::size_t i = 0; i < kTypeRows.size(); ++i) {
    const TypeRow& row = kTypeRows[i];
    out += fmt::format("| `{}`{} | {} | {}: `{}` | {} | {} |\n", row.type, kCorrelationTypes[i].extension ? " +" : "",
                       kCorrelationTypes[i].help, row.condition, cell(row.example), row.speaks, row.keys);
  }
  return out + "\n";
}

constexpr std::string_view kIntroduction = R"(# Rule reference

Every key of rule files, rule tests, source types and the configuration. This page is printed by `vedette rules reference`
from the tables that the parsers read. How to write rules: [rules.md](rules.md). What they mean exactly:
[semantics.md](semantics.md). What an error means: [diagnostics](diagnostics/README.md), or `vedette explain V1004`.

Keys marked + are Vedette's own; all others are Sigma 2.1. A *field* is a path such as `actor.alternateId`, perhaps with an
element filter and transforms (see [Fields](#fields)); a *duration* is a number and one of `s m h d w`; *text or list* takes
one value or several.

)";

constexpr std::string_view kDocuments = R"(## Documents

A rule file holds one or more documents separated by `---`: rules (`detection`), correlations (`correlation`) and filters
(`filter`). All of them may hold:

)";

constexpr std::string_view kSelections = R"(Every other name in `detection` is a **selection**:

- a map: all of its items must match; an item is `field|modifier|modifier: value`, a list of values means any of them;
- a list of maps: any of them;
- a text or a list of texts: keywords, found anywhere in the event.

`*` and `?` in values are wildcards, escaped as `\*`, `\?` and `\\`; case does not count; `null` is a missing field, `''` an empty one.
`target[any]: {type: User, displayName: Alice}` + is true when one member of the array satisfies all of it.

**Conditions** join names with `and`, `or`, `not` and parentheses; `1 of filter_*`, `all of selection_*`, `1 of them`, `all of them`
stand for several.

)";

constexpr std::string_view kFieldsText = R"(## Fields

`actor.alternateId` names keys joined by dots. Arrays are looked through: `target.displayName` is the name of every member.
`target[0].id` is that of the first, `target[type=User].alternateId` that of the members whose `type` is User. A path may go on
into a text that holds JSON or `{k=v, k=v}`: `debugContext.debugData.behaviors.New Device`. Rules on a normalised category use
the [normalised names](#normalised-names).

In `group-by`, `aliases`, `suppress.by`, counted fields and `set`, transforms may follow, from left to right; an empty result is missing:

)";

}  // namespace

std::string keys_markdown(const Table& table) { return rows(table.keys); }

std::string section(const Table& table) {
  return fmt::format("### {}\n\nThe keys of {}.\n\n{}", table.id, table.what, rows(table.keys));
}

std::string words_markdown(std::span<const Word> words, std::string_view heading) {
  std::string out = fmt::format("| {} | meaning |\n|---|---|\n", heading);
  for (const Word& word : words) out += fmt::format("| `{}`{} | {} |\n", word.name, word.extension ? " +" : "", cell(word.help));
  return out + "\n";
}

std::string reference_markdown(std::string_view further) {
  std::string out{kIntroduction};
  out += kDocuments;
  out += rows(kDocumentKeys);
  out += words_markdown(kLevels, "level") + words_markdown(kStates, "status") + words_markdown(kActions, "action");
  for (const Table* table : {&kSuppressTable, &kAlertTable, &kRelatedTable}) out += section(*table);

  out += "## Rules\n\nBesides the keys of every document:\n\n" + rows(kRuleKeys) + section(kLogSourceTable);
  out += section(kDetectionTable);
  out += kSelections;
  out += "### Modifiers\n\n" + words_markdown(kModifiers, "modifier");
  for (const Table* table : {&kLevelWhenTable, &kLookupTable}) out += section(*table);

  out += "## Correlations\n\nA document with `correlation`. Inside it:\n\n" + rows(kCorrelationKeys);
  out += "### Types\n\nExamples of each, complete: [rules.md](rules.md).\n\n" + correlation_types();
  out += "### condition\n\nThe keys of a condition that is a map: bounds (several make a range), and what they are about.\n\n";
  out += rows(kOperators) + rows(kConditionFieldKeys);
  for (const Table* table : {&kMetricTable, &kExportTable, &kTagReferenceTable}) out += section(*table);
  out += words_markdown(kDecide, "decide") + words_markdown(kFirst, "first");

  out += "## Filters\n\nA document with `filter` takes known exceptions out of rules without touching them.\n\n";
  out += rows(kFilterDocumentKeys) + section(kFilterTable);
  out += "Every other name in `filter` is a selection, as in `detection`.\n\n";

  out += kFieldsText;
  out += words_markdown(kTransforms, "transform");

  out += "## Rule tests\n\n`x.test.yml` beside `x.yml`, run by `vedette test`.\n\n" + rows(kTestFileKeys);
  for (const Table* table : {&kCaseTable, &kEventTable, &kExpectTable, &kIdentityTable, &kAliasTable}) out += section(*table);

  out += "## Source types\n\n`rules/sources/<name>.yml`; `--source-types DIR` adds to those that are built in.\n\n" +
         rows(kSourceKeys);
  for (const Table* table : {&kServedTable, &kRecogniseTable, &kTimeTable, &kNormaliseTable, &kSetTable, &kPatternTable})
    out += section(*table);
  out += words_markdown(kTimeFormats, "format");
  out += "### Normalised names\n\n" + words_markdown(kNormalisedNames, "name");
  return out + std::string(further);
}

}  // namespace vedette::rules::reference
