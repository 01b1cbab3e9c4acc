// Source types: rules/sources/<name>.yml -> plan::SourcePlan. The shipped ones are built into the program; a directory
// may add to or replace them by name. Pure apart from reading the given files.
#pragma once

#include <string>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/plan/source_plan.h"
#include "rules/yaml/node.h"

namespace vedette::rules {

// The shipped files (rules/sources/*.yml and rules/lists/*), embedded at build time.
[[nodiscard]] const std::vector<yaml::File>& builtin_sources();
[[nodiscard]] const std::vector<yaml::File>& builtin_lists();

// One plan per file, in name order, later files replacing earlier ones of the same name. Broken files are left out and
// diagnosed. The generic `json` source is always present.
[[nodiscard]] std::vector<plan::SourcePlan> load_sources(const std::vector<yaml::File>& files, Diagnostics& diagnostics);

// A zone by IANA name through cctz; null and false when unknown. "UTC" and "" give null and true.
[[nodiscard]] bool load_zone(const std::string& name, ZonePtr& zone);

}  // namespace vedette::rules
