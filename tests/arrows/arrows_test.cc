// The arrows of ARCHITECTURE.md, checked over every #include: engine computes, rules translate, connectors touch the
// world, app composes.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Include {
  std::string file;  // relative to the root
  int line;
  std::string target;  // as written, without quotes or brackets
};

const fs::path kRoot = VEDETTE_SOURCE_DIR;

std::vector<fs::path> sources_under(const std::string& folder) {
  std::vector<fs::path> out;
  if (!fs::exists(kRoot / folder)) return out;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
    const std::string extension = entry.path().extension();
    if (entry.is_regular_file() && (extension == ".h" || extension == ".cc" || extension == ".inc")) out.push_back(entry.path());
  }
  return out;
}

std::vector<Include> includes_under(const std::string& folder) {
  static const std::regex pattern(R"re(^\s*#\s*include\s*[<"]([^>"]+)[>"])re");
  std::vector<Include> out;
  for (const fs::path& path : sources_under(folder)) {
    std::ifstream file(path);
    std::string text;
    for (int line = 1; std::getline(file, text); ++line) {
      std::smatch match;
      if (std::regex_search(text, match, pattern)) out.push_back({fs::relative(path, kRoot), line, match[1]});
    }
  }
  return out;
}

bool starts_with_any(const std::string& text, const std::vector<std::string>& prefixes) {
  for (const std::string& prefix : prefixes) {
    if (text.rfind(prefix, 0) == 0) return true;
  }
  return false;
}

// A C++ standard header: no directory and no extension.
bool standard(const std::string& target) {
  return target.find('/') == std::string::npos && target.find('.') == std::string::npos;
}

// System headers that only connectors and app may see.
bool allowed(const std::string& folder, const std::string& target) {
  static const std::map<std::string, std::vector<std::string>> kAllowed = {
      {"engine", {"engine/", "simdjson.h", "re2/", "fmt/", "boost/unordered/", "openssl/sha.h"}},
      {"rules", {"engine/", "rules/", "yaml-cpp/", "cctz/", "re2/", "fmt/", "maxminddb.h", "netinet/in.h"}},
      {"connectors",
       {"engine/", "connectors/", "boost/", "openssl/", "librdkafka/", "rocksdb/", "zstd.h", "zstd_errors.h", "zlib.h", "fmt/",
        "sys/", "netinet/", "arpa/", "netdb.h", "netdb.h", "unistd.h", "fcntl.h", "poll.h", "signal.h"}},
  };
  return standard(target) || starts_with_any(target, kAllowed.at(folder));
}

TEST(Arrows, EveryIncludeFollowsThem) {
  int checked = 0;
  for (const std::string folder : {"engine", "rules", "connectors"}) {
    for (const Include& include : includes_under(folder)) {
      EXPECT_TRUE(allowed(folder, include.target)) << include.file << ":" << include.line << " includes " << include.target;
      ++checked;
    }
  }
  EXPECT_GT(checked, 200);
}

TEST(Arrows, NobodyIncludesTheApp) {
  for (const std::string folder : {"engine", "rules", "connectors"}) {
    for (const Include& include : includes_under(folder)) EXPECT_NE(include.target.rfind("app/", 0), 0U) << include.file;
  }
}

TEST(Arrows, ThirdPartiesAreContained) {
  std::set<std::string> simdjson;
  for (const std::string folder : {"engine", "rules", "connectors", "app", "tests"}) {
    for (const Include& include : includes_under(folder)) {
      const std::string place = include.file + ":" + std::to_string(include.line);
      if (include.target.rfind("simdjson", 0) == 0) {
        simdjson.insert(include.file);
        EXPECT_EQ(include.file.rfind("engine/event/", 0), 0U) << place;
        EXPECT_TRUE(include.file.ends_with(".cc")) << place << ": simdjson belongs in no header";
      }
      if (include.target.find("rdkafka") != std::string::npos && folder != "tests") {
        EXPECT_NE(include.file.find("kafka"), std::string::npos) << place;
        EXPECT_TRUE(include.file.ends_with(".cc")) << place;
      }
      const auto contained = [&](const char* header, bool holds) {
        EXPECT_TRUE(include.target.rfind(header, 0) != 0 || holds) << place << " includes " << include.target;
      };
      contained("boost/beast", include.file.rfind("connectors/net/", 0) == 0);
      contained("openssl/", folder != "engine" || include.file == "engine/base/digest.cc");
      contained("maxminddb.h", include.file == "rules/enrich/address_table.cc");
      contained("netinet/", folder != "rules" || include.file == "rules/enrich/address_table.cc");
      contained("rocksdb/", include.file.rfind("tests/store/", 0) == 0 ||
                                (include.file.rfind("connectors/store/", 0) == 0 && include.file.ends_with(".cc")));
      contained("CLI/", folder == "app");
      contained("yaml-cpp/", folder == "tests" || include.file.rfind("rules/yaml/", 0) == 0);
    }
  }
  EXPECT_GE(simdjson.size(), 1U);
  EXPECT_LE(simdjson.size(), 4U);
}

// engine/ has no clock, environment, thread or file of its own.
TEST(Arrows, TheEngineIsPure) {
  static const std::set<std::string> kForbidden = {"thread",  "mutex",        "condition_variable", "future",
                                                   "fstream", "iostream",     "filesystem",         "ctime",
                                                   "chrono",  "shared_mutex", "semaphore",          "stop_token"};
  for (const Include& include : includes_under("engine")) {
    EXPECT_FALSE(kForbidden.contains(include.target))
        << include.file << ":" << include.line << " includes <" << include.target << ">";
  }
}

TEST(Layout, FilesStayBelowSixHundredLines) {
  for (const std::string folder : {"engine", "rules", "connectors", "app", "bench", "tests"}) {
    for (const fs::path& path : sources_under(folder)) {
      if (path.extension() == ".inc") continue;  // tables of facts, a line each
      std::ifstream file(path);
      int lines = 0;
      for (std::string text; std::getline(file, text);) ++lines;
      EXPECT_LE(lines, 600) << fs::relative(path, kRoot);
    }
  }
}

}  // namespace
