// Compiles parsed documents into a Plan: references, correlations and their bindings (link.cc), rule arms per source type
// (arms.cc), hashes. One Compiler per load, one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/plan/plan.h"
#include "rules/sigma/document.h"
#include "rules/sigma/load.h"
#include "rules/sigma/source_builder.h"

namespace vedette::rules {

class Compiler {
 public:
  Compiler(const CompileOptions& options, std::vector<Document> documents, std::vector<std::unique_ptr<Reporter>>& reporters);

  // Reports what is wrong between documents; the plan holds the good ones only.
  [[nodiscard]] std::shared_ptr<plan::Plan> compile();
  [[nodiscard]] const std::vector<Document>& documents() const { return documents_; }

 private:
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  // A correlation with its references resolved.
  struct Linked {
    std::size_t document = 0;
    std::vector<std::size_t> inputs;  // documents, in the order of `rules`
    int level = 0;
    std::set<std::uint32_t> base_rules;  // plan rules that it reads, directly or not
    std::uint32_t index = 0;             // in Plan::correlations
  };

  Reporter& reporter(std::size_t document) { return *reporters_[documents_[document].file]; }
  void error(std::size_t document, std::string_view code, const Location& where, std::string message, std::string hint);

  // link.cc
  void check_identity();
  void resolve_references();
  void order_correlations();
  void visit(std::size_t document, std::vector<std::size_t>& path);
  void drop_dependents();
  void make_rules();
  void make_correlations();
  void make_correlation(Linked& linked);
  void make_members(const CorrelationDoc& doc, const Linked& linked, plan::CorrelationPlan& out);
  plan::Binding bind(const CorrelationDoc& doc, const Linked& linked, std::size_t input, const MemberDoc& member);
  plan::Binding bind_rule(std::size_t owner, std::size_t rule_document, const std::string& text, const Location& where);
  plan::Binding bind_correlation(std::size_t owner, std::size_t inner_document, const MemberDoc& member);
  void check_aliases(const CorrelationDoc& doc, const Linked& linked);
  void make_suppress(const CorrelationDoc& doc, const Linked& linked, plan::CorrelationPlan& out);
  void make_retention();
  [[nodiscard]] std::string correlation_hash(const plan::CorrelationPlan& correlation) const;
  std::uint32_t column(std::uint32_t rule, const plan::FieldExpr& expr);

  // arms.cc
  void make_sources();
  void make_arms();
  void make_arms_of(std::uint32_t rule, std::size_t document);
  [[nodiscard]] std::vector<const plan::Normalise*> entries_for(const SourceBuilder& builder, const plan::LogSource& wanted,
                                                                bool& direct) const;
  void make_arm(std::uint32_t rule, const RuleDoc& doc, SourceBuilder& builder,
                const std::vector<const plan::Normalise*>& entries, std::size_t entry);
  [[nodiscard]] std::string plan_hash() const;

  const CompileOptions& options_;
  std::vector<Document> documents_;
  std::vector<std::unique_ptr<Reporter>>& reporters_;
  std::shared_ptr<plan::Plan> plan_ = std::make_shared<plan::Plan>();
  std::map<std::string, std::size_t, std::less<>> by_id_, by_name_;
  std::map<std::size_t, Linked> linked_;                    // by document
  std::vector<std::size_t> order_;                          // correlation documents, inner before outer
  std::map<std::size_t, int> visiting_;                     // 1 = on the path, 2 = done
  std::map<std::size_t, std::uint32_t> rule_of_;            // document -> Plan::rules
  std::vector<std::vector<plan::FieldExpr>> column_exprs_;  // per rule
  std::vector<SourceBuilder> sources_;
};

}  // namespace vedette::rules
