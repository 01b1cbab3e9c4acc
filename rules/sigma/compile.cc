#include <algorithm>

#include "rules/sigma/compiler.h"

namespace vedette::rules {

Compiler::Compiler(const CompileOptions& options, std::vector<Document> documents,
                   std::vector<std::unique_ptr<Reporter>>& reporters)
    : options_(options), documents_(std::move(documents)), reporters_(reporters) {}

std::shared_ptr<plan::Plan> Compiler::compile() {
  make_sources();
  check_identity();
  resolve_references();
  order_correlations();
  link_derived();
  drop_dependents();
  make_filters();
  make_rules();
  make_correlations();
  make_arms();
  const auto shared = options_.lists.find("shared_accounts");
  plan_->identity = plan::IdentityTable(options_.identity_domains, options_.identity_aliases,
                                        shared == options_.lists.end() ? std::vector<std::string>() : shared->second);
  plan_->hash = plan_hash();
  return plan_;
}

CompiledRules compile(const std::vector<yaml::File>& files, const CompileOptions& options, Diagnostics& diagnostics) {
  CompiledRules out;
  out.files = files.size();
  DetectionContext context;
  context.lists = [&options](std::string_view name) -> const std::vector<std::string>* {
    const auto found = options.lists.find(std::string(name));
    return found == options.lists.end() ? nullptr : &found->second;
  };
  for (const auto& [name, values] : options.lists) context.list_names.push_back(name);
  Diagnostics found;
  std::vector<std::unique_ptr<Reporter>> reporters;
  std::vector<Document> documents;
  for (const yaml::File& file : files) {
    reporters.push_back(std::make_unique<Reporter>(file, found));
    const std::size_t before = found.error_count();
    std::vector<yaml::Node> roots = yaml::parse(file, found);
    if (found.error_count() > before &&
        std::none_of(roots.begin(), roots.end(), [](const yaml::Node& root) { return root.broken; }))
      ++out.skipped;
    for (const yaml::Node& root : apply_actions(std::move(roots), *reporters.back())) {
      auto document = parse_document(root, context, *reporters.back());
      if (!document) {
        ++out.skipped;
        continue;
      }
      if (document->good && options.look) options.look(file, root);
      document->file = reporters.size() - 1;
      documents.push_back(std::move(*document));
    }
  }
  Compiler compiler(options, std::move(documents), reporters);
  std::shared_ptr<plan::Plan> plan = compiler.compile();
  for (const Document& document : compiler.documents()) {
    if (!document.good) {
      ++out.skipped;
    } else {
      ++(document.kind == DocumentKind::rule          ? out.rules
         : document.kind == DocumentKind::correlation ? out.correlations
                                                      : out.filters);
    }
  }
  const bool usable = options.skip_broken || !found.has_errors();
  found.sort();
  diagnostics.append(found);
  if (usable) out.plan = std::move(plan);
  return out;
}

}  // namespace vedette::rules
