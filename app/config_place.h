// Where something stands in the configuration, for findings that come once the file has been read. Values; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/diagnostic.h"
#include "engine/base/diagnostic_codes.h"

namespace vedette::app {

struct ConfigPlace {
  Location where;
  std::string line;  // the source line

  [[nodiscard]] Diagnostic finding(std::string_view code, std::string message, std::string hint = {}) const {
    return make_diagnostic(code, where, std::move(message), std::move(hint), line);
  }
};

// A map of the configuration, and the values of its keys.
struct ConfigPlaces {
  ConfigPlace entry;
  std::map<std::string, ConfigPlace, std::less<>> values;

  // Of an absent key: the map.
  [[nodiscard]] const ConfigPlace& of(std::string_view key) const {
    const auto found = values.find(key);
    return found == values.end() ? entry : found->second;
  }
};

// A file or folder that the configuration names and reads at once.
struct NamedPath {
  std::string path, what;  // "folder of lists"
  bool folder = false;     // nothing else will do
  ConfigPlace place;
};

}  // namespace vedette::app
