// Strings that hold structure, members of arrays and looked-up fields, decoded and matched: nothing is allocated once warm.
#include <gtest/gtest.h>

#include "engine/event/decoder.h"
#include "engine/match/matcher.h"
#include "tests/match/allocations.h"

namespace vedette::match {
namespace {

class Teams final : public plan::ValueTable {
 public:
  [[nodiscard]] const std::vector<std::string>& columns() const override { return columns_; }
  [[nodiscard]] bool find(std::string_view key, std::uint32_t column, std::string& out) const override {
    if (key != "00u1") return false;
    out += column == 0 ? key : std::string_view("a team with a long name, the Operations of all of Example Corp");
    return true;
  }
  [[nodiscard]] const std::string& content_hash() const override { return hash_; }

 private:
  std::vector<std::string> columns_ = {"id", "team"};
  std::string hash_ = "0123456789abcdef";
};

// Slots of json with a field each.
class Builder {
 public:
  std::uint32_t field(const std::string& path, const std::string& each = "") {
    plan::FieldExpr expr;
    expr.path = plan::parse_field_path(path).value();
    for (plan::PathSegment& segment : expr.path.segments) segment.each = segment.key == each;
    program.slots.push_back({expr.path, {}, false});
    program.fields.push_back({static_cast<std::uint32_t>(program.slots.size() - 1), plan::kNone, expr});
    return static_cast<std::uint32_t>(program.fields.size() - 1);
  }
  std::uint32_t equals(std::uint32_t of, const std::string& text) {
    plan::Predicate predicate;
    predicate.field = of;
    plan::ValueTest test;
    test.alternatives.push_back({{{plan::PieceKind::literal, text}}, false, false});
    predicate.tests.push_back(test);
    program.predicates.push_back(predicate);
    arm.nodes.push_back({plan::NodeKind::predicate, static_cast<std::uint32_t>(program.predicates.size() - 1), {}});
    return static_cast<std::uint32_t>(arm.nodes.size() - 1);
  }

  plan::SourceProgram program;
  plan::Arm arm;
};

class Counter final : public event::EventVisitor {
 public:
  explicit Counter(Matcher& matcher) : matcher_(matcher) {}
  void on_event(const event::EventView& event) override {
    arms_.clear();
    matcher_.match(event, arms_);
    matched += arms_.size();
  }
  void on_reject(const event::Reject&) override { ++rejected; }
  std::size_t matched = 0, rejected = 0;

 private:
  Matcher& matcher_;
  std::vector<std::uint32_t> arms_;
};

TEST(Structure, NothingIsAllocatedOnceWarm) {
  Builder builder;
  builder.program.source.name = "json";
  plan::FieldExpr team;
  team.derived = plan::Derived{0, 1, builder.field("actor.id"), "teams(actor.id).team"};
  builder.program.fields.push_back({plan::kNone, plan::kNone, team});
  const auto team_field = static_cast<std::uint32_t>(builder.program.fields.size() - 1);
  plan::Node block{plan::NodeKind::any_member, plan::kNone, {}};
  block.children = {builder.equals(builder.field("target.type", "target"), "User"),
                    builder.equals(builder.field("target.name", "target"), "Bob")};
  block.members = builder.field("target", "target");
  builder.arm.nodes.push_back(block);
  const auto block_node = static_cast<std::uint32_t>(builder.arm.nodes.size() - 1);
  plan::Node all{plan::NodeKind::all_of, plan::kNone, {block_node}};
  all.children.push_back(builder.equals(builder.field("data.behaviors.New Device"), "POSITIVE"));
  all.children.push_back(builder.equals(builder.field("data.security.risk.level"), "LOW"));
  all.children.push_back(builder.equals(team_field, "a team with a long name, the Operations of all of Example Corp"));
  builder.arm.nodes.push_back(all);
  builder.arm.root = static_cast<std::uint32_t>(builder.arm.nodes.size() - 1);
  builder.program.arms.push_back(builder.arm);
  auto plan = std::make_shared<plan::Plan>();
  plan->rules.emplace_back();
  plan->tables.push_back({"teams", std::make_shared<const Teams>()});
  plan->sources.push_back(builder.program);

  std::string text =
      R"({"id":"1","actor":{"id":"00U1"},"target":[{"type":"App","name":"Bob"},{"type":"User","name":"Bob"}],"data":{)"
      R"("behaviors":"{New IP=NEGATIVE, New Device=POSITIVE}","security":"{\"risk\":{\"level\":\"LOW\"},\"x\":[1,2,{\"y\":\"\\u00e9\"}]}"}})";
  const std::size_t size = text.size();
  text.append(event::kPadding, '\0');
  event::RawRecord record;
  record.bytes = std::string_view(text).substr(0, size);
  event::Decoder decoder(plan);
  Matcher matcher(MatchProgram::build(plan).value());
  Counter counter(matcher);
  event::Origin origin;
  TimeUs clock = 0;
  const auto run = [&] {
    for (int i = 0; i < 100; ++i) decoder.decode(record, origin, clock, counter);
  };
  run();
  ASSERT_EQ(counter.rejected, 0u);
  ASSERT_EQ(counter.matched, 100u);
  const std::size_t before = fixture::allocations();
  run();
  EXPECT_EQ(fixture::allocations() - before, 0u);
}

}  // namespace
}  // namespace vedette::match
