#include "rules/check/check.h"

#include <algorithm>

#include "rules/check/checker.h"
#include "rules/check/portable.h"

namespace vedette::rules {
namespace {

using yaml::Node;

std::string text_at(const Node& map, std::string_view key) {
  const Node* node = map.find(key);
  return node != nullptr && node->is_scalar() ? node->text : std::string();
}

// The values of an item that are scalars, of a list or alone.
std::vector<const Node*> scalars_of(const Node& value) {
  std::vector<const Node*> out;
  if (value.is_scalar()) out.push_back(&value);
  for (const Node& item : value.items) {
    if (item.is_scalar()) out.push_back(&item);
  }
  return out;
}

bool is_selection(const DocumentView& document, const std::pair<Node, Node>& entry) {
  const std::string& name = entry.first.text;
  if (name == "condition" || name == "timeframe") return false;
  return document.type == DocumentType::rule || name != "rules";
}

}  // namespace

Checker::Checker(const CompileOptions& options, const CheckSettings& settings)
    : options_(options), settings_(settings), fields_(options.sources), context_{options_, fields_, settings.now} {}

Reporter& Checker::reporter(const yaml::File& file) {
  std::unique_ptr<Reporter>& found = reporters_[&file];
  if (!found) found = std::make_unique<Reporter>(file, findings_);
  return *found;
}

void Checker::look(const yaml::File& file, const Node& root) {
  DocumentType type = DocumentType::rule;
  const Node* body = root.find("detection");
  if (body == nullptr) {
    body = root.find("correlation");
    type = DocumentType::correlation;
  }
  if (body == nullptr) {
    body = root.find("filter");
    type = DocumentType::filter;
  }
  if (body == nullptr || !body->is_map()) return;
  DocumentView document{context_, file, root, *body, type};
  if (const Node* source = root.find("logsource")) {
    document.logsource = {text_at(*source, "category"), text_at(*source, "product"), text_at(*source, "service")};
  }
  seen_[{file.path, root.where.line}] = {&file,
                                         root.where,
                                         document.place("title"),
                                         document.logsource,
                                         derived_names(root),
                                         field_uses(document),
                                         title_uses(document)};
  Sink sink(reporter(file));
  if (settings_.portable) look_for_extensions(document, sink);
  if (!settings_.lints) return;
  for (const Lint& lint : lints()) {
    if (lint.document == nullptr) continue;
    sink.use(lint.code);
    lint.document(document, sink);
  }
  if (type != DocumentType::correlation) look_at_selections(document, sink);
}

void Checker::look_at_selections(const DocumentView& document, Sink& sink) {
  for (const auto& entry : document.body.entries) {
    if (!is_selection(document, entry)) continue;
    for (const Lint& lint : lints()) {
      if (lint.selection == nullptr) continue;
      sink.use(lint.code);
      lint.selection({document, entry.first, entry.second}, sink);
    }
    if (entry.second.is_map()) look_at_map(document, entry.second, "", sink);
    for (const Node& alternative : entry.second.items) {
      if (alternative.is_map()) look_at_map(document, alternative, "", sink);
    }
  }
}

void Checker::look_at_map(const DocumentView& document, const Node& map, const std::string& prefix, Sink& sink) {
  for (const auto& entry : map.entries) look_at_item(document, map, entry, prefix, sink);
}

void Checker::look_at_item(const DocumentView& document, const Node& map, const std::pair<Node, Node>& entry,
                           const std::string& prefix, Sink& sink) {
  Diagnostics ignored;
  Reporter quiet(document.file, ignored);
  const auto chain = parse_chain(entry.first, quiet);
  if (!chain) return;
  const std::string field = prefix.empty() || chain->field.empty() ? chain->field : prefix + "." + chain->field;
  // target[any]: a block whose items are tested on one member.
  if (entry.second.is_map()) {
    look_at_map(document, entry.second, field, sink);
    return;
  }
  const ItemView item{document, map, entry.first, entry.second, *chain, field, scalars_of(entry.second)};
  for (const Lint& lint : lints()) {
    if (lint.item == nullptr) continue;
    sink.use(lint.code);
    lint.item(item, sink);
  }
}

Checked check(const std::vector<yaml::File>& files, const CompileOptions& options, const CheckSettings& settings) {
  Checked out;
  Checker checker(options, settings);
  CompileOptions with = options;
  with.look = [&checker](const yaml::File& file, const Node& root) { checker.look(file, root); };
  out.rules = compile(files, with, out.findings);
  if (settings.lints && out.rules.plan) checker.look_at_plan(*out.rules.plan);
  out.findings.append(checker.findings());
  out.findings.sort();
  return out;
}

}  // namespace vedette::rules
