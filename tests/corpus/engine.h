// The engine's side of the comparison: rules through the real compiler, events through the real decoder, hits from the
// matcher. One thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/event/decoder.h"
#include "engine/match/matcher.h"
#include "rules/sigma/load.h"

namespace vedette::corpus {

class Engine {
 public:
  // Compiles the files; broken documents are left out. All given log sources are also served by the `json` source.
  Engine(const std::vector<yaml::File>& files, const std::map<std::string, std::vector<std::string>>& lists,
         const std::vector<plan::LogSource>& json_logsources);

  [[nodiscard]] const plan::Plan& plan() const { return *plan_; }
  [[nodiscard]] bool ok() const { return plan_ != nullptr; }
  [[nodiscard]] const Diagnostics& diagnostics() const { return diagnostics_; }
  // Index of a source type, or plan::kNone.
  [[nodiscard]] std::uint32_t source(std::string_view name) const;

  // Every event decoded from the record as that source type: its own bytes and the indices of the rules it matches.
  using Visit = std::function<void(std::string_view raw, const std::set<std::uint32_t>& rules)>;
  // Returns how many elements were rejected.
  std::size_t run(std::uint32_t source, const std::string& record, const Visit& visit);

 private:
  Diagnostics diagnostics_;
  plan::PlanPtr plan_;
  std::unique_ptr<event::Decoder> decoder_;
  std::unique_ptr<match::Matcher> matcher_;
  std::string buffer_;
};

}  // namespace vedette::corpus
