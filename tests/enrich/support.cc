#include "tests/enrich/support.h"

#include <gtest/gtest.h>

#include "engine/event/decoder.h"
#include "engine/match/matcher.h"
#include "rules/source/load.h"

namespace vedette::test {
namespace {

class Collector final : public event::EventVisitor {
 public:
  Collector(const plan::Plan& plan, match::Matcher& matcher, Outcome& out) : plan_(plan), matcher_(matcher), out_(out) {}

  void on_event(const event::EventView& event) override {
    std::vector<std::uint32_t> arms;
    matcher_.match(event, arms);
    std::string labels;
    for (const std::uint32_t arm : arms) {
      const plan::RulePlan& rule = plan_.rules[plan_.sources[event.head.source].arms[arm].rule];
      labels += (labels.empty() ? "" : " ") + rule.meta.label();
      arena_.clear();
      const correlate::Hit hit = matcher_.project(event, arm, arena_);
      std::string columns;
      for (std::size_t i = 0; i < rule.columns.size(); ++i) {
        for (const correlate::ColumnValue& value : hit.columns[i])
          columns += (columns.empty() ? "" : " ") + rule.columns[i].name + "=" + std::string(value.original);
      }
      out_.columns.push_back(columns);
    }
    out_.rules.push_back(labels);
  }
  void on_reject(const event::Reject& reject) override { out_.rules.push_back("! " + reject.message); }

 private:
  const plan::Plan& plan_;
  match::Matcher& matcher_;
  Outcome& out_;
  Arena arena_;
};

std::string place(const char* country, const char* city, double latitude, double longitude) {
  return mmdb_map({{"city", mmdb_map({{"names", mmdb_map({{"de", mmdb_text("?")}, {"en", mmdb_text(city)}})}})},
                   {"country", mmdb_map({{"iso_code", mmdb_text(country)}, {"geoname_id", mmdb_number(1)}})},
                   {"location", mmdb_map({{"latitude", mmdb_real(latitude)}, {"longitude", mmdb_real(longitude)}})}});
}

}  // namespace

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "vedette-enrich-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

MmdbWriter city_database(int ip_version) {
  MmdbWriter out("GeoLite2-City", ip_version);
  out.add("203.0.113.0/24", place("FR", "Paris", 48.8582, 2.3387));
  out.add("198.51.100.0/24", place("JP", "Tokyo", 35.6897, 139.6895));
  out.add("192.0.2.0/24", mmdb_map({{"country", mmdb_map({{"iso_code", mmdb_text("DE")}})}}));
  if (ip_version == 6) out.add("2001:db8:1::/48", place("FR", "Paris", -0.5, 2));
  return out;
}

MmdbWriter asn_database() {
  MmdbWriter out("GeoLite2-ASN", 6);
  out.add("203.0.113.0/24", mmdb_map({{"autonomous_system_number", mmdb_number(64500)},
                                      {"autonomous_system_organization", mmdb_text("Example Net")}}));
  return out;
}

rules::CompileOptions options() {
  rules::CompileOptions out;
  Diagnostics diagnostics;
  out.sources = rules::load_sources(rules::builtin_sources(), diagnostics);
  return out;
}

Outcome run(const std::string& rules, const std::vector<std::string>& events, const rules::CompileOptions& with) {
  Outcome out;
  Diagnostics diagnostics;
  const auto compiled = rules::compile({{"t.yml", rules}}, with, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics.items()) {
    if (diagnostic.severity == Severity::error) out.codes += (out.codes.empty() ? "" : " ") + diagnostic.code;
  }
  if (compiled.plan == nullptr) return out;
  out.printed = plan::print_plan(*compiled.plan);
  out.hash = compiled.plan->hash;
  auto program = match::MatchProgram::build(compiled.plan);
  if (!program) {
    ADD_FAILURE() << program.error().message;
    return out;
  }
  event::Decoder decoder(compiled.plan);
  match::Matcher matcher(*program);
  Collector collector(*compiled.plan, matcher, out);
  event::Origin origin;
  TimeUs clock = 0;
  for (const std::string& event : events) {
    const std::string padded = event + std::string(event::kPadding, '\0');
    event::RawRecord raw;
    raw.bytes = std::string_view(padded).substr(0, event.size());
    decoder.decode(raw, origin, clock, collector);
  }
  return out;
}

}  // namespace vedette::test
