// Plans and events for matcher tests, put together by hand: no rule compiler, no decoder. One thread.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/match/matcher.h"

namespace vedette::match::fixture {

using event::Value;
using event::ValueKind;

// Values by spelling: null, true, false, numbers and {objects} as JSON has them, anything else a string; 'quoted' text is
// a string whatever it looks like. `element` counts up when `elements` is set.
inline Value value(const std::string& text, std::uint16_t element = 0) {
  static std::vector<std::unique_ptr<std::string>> pool;  // outlives every event of the program
  pool.push_back(std::make_unique<std::string>(text));
  std::string& kept = *pool.back();
  if (kept == "null") return {{}, ValueKind::null, element};
  if (kept == "true" || kept == "false") return {kept, ValueKind::boolean, element};
  if (kept.size() >= 2 && kept.front() == '\'' && kept.back() == '\'') {
    return {std::string_view(kept).substr(1, kept.size() - 2), ValueKind::string, element};
  }
  if (!kept.empty() && kept.front() == '{') return {kept, ValueKind::object, element};
  if (!kept.empty() && kept.find_first_not_of("0123456789.-+eE") == std::string::npos &&
      kept.find_first_of("0123456789") != std::string::npos) {
    return {kept, ValueKind::number, element};
  }
  return {kept, ValueKind::string, element};
}

class FakeEvent : public event::EventView {
 public:
  explicit FakeEvent(std::size_t slots) : values_(slots), spans_(slots) { publish(); }

  FakeEvent& set(std::uint32_t slot, const std::vector<std::string>& texts, bool elements = false) {
    values_[slot].clear();
    for (std::size_t i = 0; i < texts.size(); ++i)
      values_[slot].push_back(value(texts[i], static_cast<std::uint16_t>(elements ? i : 0)));
    publish();
    return *this;
  }
  std::string_view compact_text(const Value& object) const override { return object.text; }
  bool any_scalar(const std::function<bool(std::string_view)>& test) const override {
    for (const auto& values : values_) {
      for (const Value& each : values) {
        if (each.kind != ValueKind::null && test(each.text)) return true;
      }
    }
    return false;
  }

 private:
  void publish() {
    for (std::size_t i = 0; i < values_.size(); ++i) spans_[i] = values_[i];
    slots_ = spans_;
  }
  std::vector<std::vector<Value>> values_;
  std::vector<std::span<const Value>> spans_;
};

// '*' and '?' are wildcards, everything else literal.
inline plan::Pattern pattern(const std::string& text, bool cased = false, bool numeric = false) {
  plan::Pattern out;
  for (const char c : text) {
    if (c == '*') {
      if (out.pieces.empty() || out.pieces.back().kind != plan::PieceKind::any_many)
        out.pieces.push_back({plan::PieceKind::any_many});
    } else if (c == '?') {
      out.pieces.push_back({plan::PieceKind::any_one});
    } else {
      if (out.pieces.empty() || out.pieces.back().kind != plan::PieceKind::literal)
        out.pieces.push_back({plan::PieceKind::literal});
      out.pieces.back().text += c;
    }
  }
  out.cased = cased;
  out.numeric = numeric;
  return out;
}

inline plan::ValueTest pattern_test(const std::string& text, bool cased = false) {
  plan::ValueTest test;
  const bool numeric = !text.empty() && text.find_first_not_of("0123456789.-") == std::string::npos;
  test.alternatives = {pattern(text, cased, numeric)};
  return test;
}

inline plan::ValueTest kind_test(plan::TestKind kind) {
  plan::ValueTest test;
  test.kind = kind;
  return test;
}

// One source, one rule per arm() call unless told otherwise.
class PlanBuilder {
 public:
  PlanBuilder() : plan_(std::make_shared<plan::Plan>()) {
    plan_->sources.resize(1);
    program().source.name = "test";
  }
  plan::SourceProgram& program() { return plan_->sources[0]; }
  plan::Plan& plan() { return *plan_; }

  // A slot and a field that is exactly it.
  std::uint32_t field() {
    plan::Field made;
    made.slot = static_cast<std::uint32_t>(program().slots.size());
    program().slots.emplace_back();
    program().fields.push_back(made);
    return static_cast<std::uint32_t>(program().fields.size() - 1);
  }
  std::uint32_t field(const plan::Field& made) {
    program().fields.push_back(made);
    return static_cast<std::uint32_t>(program().fields.size() - 1);
  }
  std::uint32_t predicate(std::uint32_t of, std::vector<plan::ValueTest> tests, bool all = false, bool negate = false) {
    plan::Predicate made;
    made.field = of;
    made.all = all;
    made.negate = negate;
    made.tests = std::move(tests);
    program().predicates.push_back(std::move(made));
    return static_cast<std::uint32_t>(program().predicates.size() - 1);
  }
  // An arm whose body is the conjunction of predicates; its own rule.
  std::uint32_t arm(const std::vector<std::uint32_t>& predicates) {
    plan::Arm made;
    plan::Node root{plan::NodeKind::all_of, plan::kNone, {}};
    for (const std::uint32_t each : predicates) {
      root.children.push_back(static_cast<std::uint32_t>(made.nodes.size()));
      made.nodes.push_back({plan::NodeKind::predicate, each, {}});
    }
    made.root = static_cast<std::uint32_t>(made.nodes.size());
    made.nodes.push_back(root);
    return whole_arm(std::move(made));
  }
  std::uint32_t whole_arm(plan::Arm made) {
    made.rule = static_cast<std::uint32_t>(plan_->rules.size());
    plan_->rules.emplace_back();
    program().arms.push_back(std::move(made));
    return static_cast<std::uint32_t>(program().arms.size() - 1);
  }
  std::shared_ptr<const MatchProgram> build() {
    auto built = MatchProgram::build(plan_);
    return built ? built.value() : nullptr;
  }
  FakeEvent event() { return FakeEvent(program().slots.size()); }

 private:
  std::shared_ptr<plan::Plan> plan_;
};

inline std::vector<std::uint32_t> match(Matcher& matcher, const event::EventView& event) {
  std::vector<std::uint32_t> arms;
  matcher.match(event, arms);
  return arms;
}

}  // namespace vedette::match::fixture
