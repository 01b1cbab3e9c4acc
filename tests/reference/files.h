// Reading the repository's files, and comparing or (VEDETTE_UPDATE_DOCS=1) rewriting those that are made from tables.
// Test code only.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "rules/yaml/node.h"

namespace vedette::tests {

namespace fs = std::filesystem;

inline const fs::path kRoot = VEDETTE_SOURCE_DIR;

inline std::string read(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

inline fs::path corpus() {
  const char* given = std::getenv("VEDETTE_CORPUS");
  return given != nullptr ? fs::path(given) : kRoot / ".." / "shared" / "corpus";
}

// Files below a folder whose name ends so, in path order.
inline std::vector<fs::path> files_below(const fs::path& folder, const std::string& ending) {
  std::vector<fs::path> out;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file() && entry.path().string().ends_with(ending)) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

// The file holds exactly this; VEDETTE_UPDATE_DOCS=1 makes it so.
inline void expect_current(const fs::path& path, const std::string& text) {
  if (std::getenv("VEDETTE_UPDATE_DOCS") != nullptr && read(path) != text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  const std::string found = read(path);
  if (found == text) return;
  const auto [a, b] = std::mismatch(found.begin(), found.end(), text.begin(), text.end());
  ADD_FAILURE() << path << " is not current; VEDETTE_UPDATE_DOCS=1 rewrites it. First difference near line "
                << std::count(found.begin(), a, '\n') + 1 << ": " << text.substr(static_cast<std::size_t>(b - text.begin()), 80);
}

inline std::vector<yaml::Node> documents_of(const std::string& name, const std::string& text) {
  Diagnostics diagnostics;
  std::vector<yaml::Node> out = yaml::parse({name, text}, diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << name;
  return out;
}

}  // namespace vedette::tests
