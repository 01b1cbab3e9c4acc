#include "engine/run/stream_map.h"

#include <algorithm>

#include "engine/base/wire.h"

namespace vedette::run {
namespace {

constexpr std::uint64_t kVersion = 1;

struct StoredColumn {
  std::string_view name;
  bool cased = false;
};
struct StoredRule {
  std::string_view key, hash;
  std::vector<StoredColumn> columns;
};

// The stored rule that records what a rule of the plan matches: the same detection, the same rule if possible.
std::size_t find_rule(const std::vector<StoredRule>& stored, const plan::RuleMeta& meta) {
  std::size_t found = stored.size();
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (stored[i].hash != meta.semantic_hash) continue;
    if (stored[i].key == meta.key) return i;
    if (found == stored.size()) found = i;
  }
  return found;
}

std::uint32_t find_column(const StoredRule& rule, const plan::Column& wanted) {
  const auto found = std::find_if(rule.columns.begin(), rule.columns.end(), [&](const StoredColumn& column) {
    return column.name == wanted.name && column.cased == wanted.cased;
  });
  return found == rule.columns.end() ? plan::kNone : static_cast<std::uint32_t>(found - rule.columns.begin());
}

}  // namespace

std::string StreamMap::encode(const plan::Plan& plan) {
  std::string bytes;
  WireWriter writer(bytes);
  writer.number(kVersion);
  writer.number(plan.sources.size());
  for (const plan::SourceProgram& source : plan.sources) writer.text(source.source.name);
  writer.number(plan.rules.size());
  for (const plan::RulePlan& rule : plan.rules) {
    writer.text(rule.meta.key);
    writer.text(rule.meta.semantic_hash);
    writer.number(rule.columns.size());
    for (const plan::Column& column : rule.columns) {
      writer.text(column.name);
      writer.byte(column.cased ? 1 : 0);
    }
  }
  return bytes;
}

Result<StreamMap> StreamMap::decode(std::string_view bytes, const plan::Plan& plan) {
  WireReader reader(bytes);
  const std::uint64_t version = reader.number();
  if (reader.ok() && version > kVersion) return Error{"the stream table was written by a newer version of vedette"};
  StreamMap map;
  const std::size_t sources = reader.count();
  for (std::size_t i = 0; i < sources; ++i) {
    const std::string_view name = reader.text();
    const auto found = std::find_if(plan.sources.begin(), plan.sources.end(),
                                    [&](const plan::SourceProgram& source) { return source.source.name == name; });
    map.sources_.push_back(found == plan.sources.end() ? plan::kNone : static_cast<std::uint32_t>(found - plan.sources.begin()));
  }
  std::vector<StoredRule> stored(reader.count(3));
  for (StoredRule& rule : stored) {
    rule.key = reader.text();
    rule.hash = reader.text();
    rule.columns.resize(reader.count(2));
    for (StoredColumn& column : rule.columns) {
      column.name = reader.text();
      column.cased = reader.byte() != 0;
    }
    map.rules_.push_back({rule.columns.size(), {}});
  }
  if (!reader.ok() || !reader.at_end()) return Error{"a stream table is damaged"};

  std::vector<std::vector<bool>> known(plan.rules.size());
  for (std::uint32_t r = 0; r < plan.rules.size(); ++r) {
    const std::size_t from = find_rule(stored, plan.rules[r].meta);
    if (from == stored.size()) continue;
    Target target{r, {}};
    for (const plan::Column& column : plan.rules[r].columns) {
      target.columns.push_back(find_column(stored[from], column));
      known[r].push_back(target.columns.back() != plan::kNone);
    }
    known[r].push_back(true);  // the rule itself
    map.rules_[from].targets.push_back(std::move(target));
  }
  map.find_complete(plan, known);
  return map;
}

// known: per rule of the plan its columns and one more; empty when the rule was not recorded.
void StreamMap::find_complete(const plan::Plan& plan, const std::vector<std::vector<bool>>& known) {
  const auto has = [&](std::uint32_t rule, std::uint32_t column) {
    return !known[rule].empty() && (column == plan::kNone || known[rule][column]);
  };
  const auto bound = [&](const plan::Input& input, const plan::Binding& binding) {
    if (!input.correlation) return has(input.index, binding.column);
    for (std::uint32_t rule = 0; rule < binding.column_of_rule.size(); ++rule) {
      const std::uint32_t column = binding.column_of_rule[rule];
      if (column != plan::kNone && !has(rule, column)) return false;
    }
    return true;
  };
  for (const plan::CorrelationPlan& correlation : plan.correlations) {
    bool complete = true;
    for (const plan::Input& input : correlation.inputs) {
      const auto all = [&](const std::vector<plan::Binding>& bindings) {
        return std::all_of(bindings.begin(), bindings.end(), [&](const plan::Binding& one) { return bound(input, one); });
      };
      const bool there = input.correlation ? complete_[input.index] : !known[input.index].empty();
      complete = complete && there && all(input.members) && all(input.values);
    }
    complete_.push_back(complete);
  }
}

}  // namespace vedette::run
