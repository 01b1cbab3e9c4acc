// Reading rule files and lists; field expressions.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "rules/sigma/load.h"

namespace vedette::rules {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("vedette_rules_" + std::to_string(::getpid()))) { fs::create_directories(path_); }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  [[nodiscard]] std::string str(const std::string& name = "") const {
    return name.empty() ? path_.string() : (path_ / name).string();
  }

 private:
  fs::path path_;
};

TEST(Files, RuleFilesOfAFolderInPathOrder) {
  const Folder folder;
  folder.write("b.yml", "b: 1\n");
  folder.write("sub/a.yaml", "a: 1\n");
  folder.write("a.yml", "a: 1\n");
  folder.write("a.test.yml", "tests: []\n");
  folder.write("notes.txt", "x\n");
  folder.write("big.yml", std::string(256 * 1024 + 1, '#'));
  Diagnostics diagnostics;
  const auto files = read_rule_files({folder.str(), folder.str("a.yml")}, diagnostics);
  ASSERT_TRUE(files.ok());
  std::vector<std::string> names;
  for (const yaml::File& file : *files) names.push_back(fs::path(file.path).filename().string());
  EXPECT_EQ(names, (std::vector<std::string>{"a.yml", "b.yml", "a.yaml"}));
  ASSERT_EQ(diagnostics.items().size(), 1U);
  EXPECT_EQ(diagnostics.items()[0].code, "V0008");
  EXPECT_FALSE(read_rule_files({folder.str("missing")}, diagnostics).ok());
}

TEST(Files, Lists) {
  const Folder folder;
  folder.write("admins.txt", "\xEF\xBB\xBFroot\r\n\r\n# comment\r\n adm* \n");
  folder.write("nets.yml", "- 10.0.0.0/8\n- '*'\n- 5\n");
  folder.write("users.csv", "alice,1\n\"bob, the \"\"b\"\"\",2\n#x\n");
  folder.write("other.json", "[]");
  std::map<std::string, std::vector<std::string>> lists{{"admins", {"old"}}};
  Diagnostics diagnostics;
  ASSERT_TRUE(read_lists(folder.str(), lists, diagnostics).ok());
  EXPECT_TRUE(diagnostics.items().empty());
  EXPECT_EQ(lists.size(), 3U);
  EXPECT_EQ(lists["admins"], (std::vector<std::string>{"root", "adm*"}));
  EXPECT_EQ(lists["nets"], (std::vector<std::string>{"10.0.0.0/8", "*", "5"}));
  EXPECT_EQ(lists["users"], (std::vector<std::string>{"alice", "bob, the \"b\"", "#x"}));
  EXPECT_FALSE(read_lists(folder.str("missing"), lists, diagnostics).ok());
}

TEST(Files, BrokenLists) {
  std::map<std::string, std::vector<std::string>> lists;
  for (const char* text : {"a: b\n", "- [x]\n", "- a\n---\n- b\n"}) {
    Diagnostics diagnostics;
    parse_list({"l.yml", text}, lists, diagnostics);
    ASSERT_EQ(diagnostics.items().size(), 1U) << text;
    EXPECT_EQ(diagnostics.items()[0].code, "V7101") << text;
  }
  Diagnostics diagnostics;
  parse_list({"l.txt", "a\n\xFF\n"}, lists, diagnostics);
  EXPECT_EQ(diagnostics.items().at(0).code, "V7101");
  EXPECT_TRUE(lists.empty());
}

TEST(FieldExpr, PathsFiltersAndTransforms) {
  for (const char* text : {"actor.id", "actor.alternateId|lower", "actor.alternateId|local|lower|cased", "target[1].id",
                           "target[type=User].alternateId|person", "a.b[kind=x|y].c|upper"}) {
    const auto expr = parse_field_expr(text);
    ASSERT_TRUE(expr.ok()) << text << " " << expr.error().message;
    EXPECT_EQ(expr->text(), text);
  }
  const auto filtered = parse_field_expr("target{}.x[type=User].detail.id");
  ASSERT_TRUE(filtered.ok());
  EXPECT_EQ(filtered->path.text(), "target.x[any].detail.id");
  EXPECT_EQ(filtered->filter->key_path.text(), "target.x[any].type");
  EXPECT_EQ(filtered->filter->value, "User");
  for (const char* text : {"", "|lower", "a|", "a|lowr", "a|lower|", "a..b", "a[x=]", "a[b=c].d[e=f]", "[a=b].c", "a=b"}) {
    EXPECT_FALSE(parse_field_expr(text).ok()) << text;
  }
}

}  // namespace
}  // namespace vedette::rules
