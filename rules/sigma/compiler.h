// Compiles parsed documents into a Plan: references and their order (link.cc), correlations (link_correlation.cc) with their
// bindings (link_bind.cc), conditions (link_condition.cc) and times (link_times.cc), filters (link_filters.cc), rule arms per
// source type (arms.cc), hashes. One Compiler per load, one thread.
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
    std::vector<std::size_t> inputs;  // documents, in the order of `rules`; then those of `until`
    std::vector<RuleRef> refs;        // what named them
    std::size_t listed = 0;           // how many inputs are of `rules`
    bool tagged = false;              // `rules` is a reference by tag: broken ones are left out
    int level = 0;
    std::set<std::uint32_t> base_rules;  // plan rules that it reads, directly or not
    std::uint32_t index = 0;             // in Plan::correlations
  };

  Reporter& reporter(std::size_t document) { return *reporters_[documents_[document].file]; }
  void error(std::size_t document, std::string_view code, const Location& where, std::string message, std::string hint);

  // link.cc
  void check_identity();
  void resolve_references();
  void resolve(Linked& linked, const RuleRef& ref, const std::vector<std::string>& names);
  void expand_tags();
  [[nodiscard]] std::vector<std::size_t> tagged_documents(const CorrelationDoc& doc) const;
  void order_correlations();
  void visit(std::size_t document, std::vector<std::size_t>& path);
  void drop_dependents();
  void drop_broken_tagged(Linked& linked);

  // link_correlation.cc
  void make_correlations();
  void make_correlation(Linked& linked);
  void make_inputs(const CorrelationDoc& doc, const Linked& linked, plan::CorrelationPlan& out);
  void make_sources_of(Linked& linked, plan::CorrelationPlan& out);
  void make_suppress(const CorrelationDoc& doc, const Linked& linked, plan::CorrelationPlan& out);
  [[nodiscard]] plan::Title correlation_title(const CorrelationDoc& doc, const Linked& linked, const plan::CorrelationPlan& plan);
  [[nodiscard]] std::string correlation_hash(const plan::CorrelationPlan& correlation) const;

  // link_bind.cc
  std::uint32_t column(std::uint32_t rule, const plan::FieldExpr& expr);
  plan::Binding bind(const CorrelationDoc& doc, const Linked& linked, std::size_t input, const MemberDoc& member);
  plan::Binding bind_rule(std::size_t owner, std::size_t rule_document, const std::string& text, const Location& where);
  plan::Binding bind_correlation(std::size_t owner, std::size_t inner_document, const MemberDoc& member);
  bool bind_inner(std::size_t owner, std::size_t inner_document, const MemberDoc& member, plan::Binding& out);
  [[nodiscard]] std::vector<std::uint32_t> bind_trigger(std::size_t owner, const std::set<std::uint32_t>& rules,
                                                        const std::string& text, const Location& where);
  void check_aliases(const CorrelationDoc& doc, const Linked& linked);
  [[nodiscard]] bool named_by(const Linked& linked, std::size_t input, const std::string& text) const;

  // link_condition.cc
  void make_condition(const CorrelationDoc& doc, const Linked& linked, plan::CorrelationPlan& out);
  void make_temporal(const CorrelationDoc& doc, const Linked& linked, plan::CorrelationPlan& out);
  bool check_names(const CorrelationDoc& doc, const Linked& linked, std::vector<std::uint32_t>& input_of);
  void make_metrics(const CorrelationDoc& doc, const Linked& linked, plan::CorrelationPlan& out);

  // link_times.cc
  void make_decision(const CorrelationDoc& doc, const Linked& linked, plan::CorrelationPlan& out);
  void make_settle(const CorrelationDoc& doc, const Linked& linked, plan::CorrelationPlan& out);
  [[nodiscard]] DurationUs settle_of(const plan::Input& input) const;
  [[nodiscard]] DurationUs source_settle_of(const plan::Input& input) const;
  [[nodiscard]] DurationUs inner_wait(const plan::CorrelationPlan& plan) const;
  void make_retention();

  // link_derived.cc
  std::uint32_t table(const std::string& name, const plan::ValueTablePtr& values);
  plan::ValueTablePtr load_table(std::size_t document, const DerivedDoc& derived);
  void link_derived();
  void check_derived(std::size_t owner, std::size_t rule_document, const std::string& text, const Location& where);
  void refuse_lookup(std::size_t owner, std::size_t rule_document, const std::string& text, const Location& where);

  // link_filters.cc
  void make_filters();
  [[nodiscard]] std::vector<std::size_t> filtered_rules(std::size_t document);
  // The filters of a rule's document, as its semantic hash sees them.
  [[nodiscard]] std::string filters_canonical(std::size_t document) const;

  // arms.cc
  void make_sources();
  void make_rules();
  [[nodiscard]] plan::Title rule_title(std::size_t document);
  void make_arms();
  void make_arms_of(std::uint32_t rule, std::size_t document);
  [[nodiscard]] std::vector<const plan::Normalise*> entries_for(const SourceBuilder& builder, const plan::LogSource& wanted,
                                                                bool& direct) const;
  void make_arm(std::uint32_t rule, std::size_t document, SourceBuilder& builder,
                const std::vector<const plan::Normalise*>& entries, std::size_t entry);
  [[nodiscard]] std::string plan_hash() const;

  const CompileOptions& options_;
  std::vector<Document> documents_;
  std::vector<std::unique_ptr<Reporter>>& reporters_;
  std::shared_ptr<plan::Plan> plan_ = std::make_shared<plan::Plan>();
  std::map<std::string, std::size_t, std::less<>> by_id_, by_name_;
  std::map<std::size_t, Linked> linked_;                            // by document
  std::vector<std::size_t> order_;                                  // correlation documents, inner before outer
  std::map<std::size_t, int> visiting_;                             // 1 = on the path, 2 = done
  std::map<std::size_t, std::uint32_t> rule_of_;                    // document -> Plan::rules
  std::vector<std::vector<plan::FieldExpr>> column_exprs_;          // per rule
  std::vector<std::size_t> filter_documents_;                       // per Plan::filters
  std::map<std::size_t, std::vector<std::uint32_t>> filters_of_;    // rule document -> Plan::filters
  std::map<std::string, plan::ValueTablePtr, std::less<>> tables_;  // read so far
  plan::ValueTablePtr addresses_;
  std::vector<SourceBuilder> sources_;
};

}  // namespace vedette::rules
