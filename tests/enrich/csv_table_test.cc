// Tables of `lookup`: what CSV means, and what is no table.
#include "rules/enrich/csv_table.h"

#include <gtest/gtest.h>

#include "engine/base/fold.h"

namespace vedette::rules {
namespace {

// The value of a column by key, or "-".
std::string find(const std::string& csv, const std::string& key, std::uint32_t column) {
  const auto table = CsvTable::parse(csv);
  if (!table) return table.error().message;
  std::string out;
  return (*table)->find(folded(key), column, out) ? out : "-";
}

TEST(CsvTable, Rows) {
  const std::string csv = "id,team,city\n00u1,Ops,Paris\r\n00U2,Dev,\n\n00u1,Late,Late\n00u3\nSTRASSE,x,y\n";
  EXPECT_EQ(find(csv, "00u1", 1), "Ops");
  EXPECT_EQ(find(csv, "00U1", 2), "Paris");
  EXPECT_EQ(find(csv, "00u2", 1), "Dev");
  EXPECT_EQ(find(csv, "00u2", 2), "-");
  EXPECT_EQ(find(csv, "00u3", 1), "-");
  EXPECT_EQ(find(csv, "00u3", 0), "00u3");
  EXPECT_EQ(find(csv, "strasse", 1), "x");
  EXPECT_EQ(find(csv, "00u4", 1), "-");
  EXPECT_EQ(find(csv, "", 1), "-");
  EXPECT_EQ(find("k,v\n,x\n", "", 1), "-");
}

TEST(CsvTable, Quotes) {
  const std::string csv = "\xEF\xBB\xBFk,\"a \"\"b\"\"\",c\r\n\"x,y\",\"two\r\nlines\",\"\"\"\"\r\nz,\"\",last";
  const auto table = CsvTable::parse(csv);
  ASSERT_TRUE(table.ok()) << table.error().message;
  EXPECT_EQ((*table)->columns(), (std::vector<std::string>{"k", "a \"b\"", "c"}));
  EXPECT_EQ((*table)->size(), 2U);
  EXPECT_EQ(find(csv, "x,y", 1), "two\r\nlines");
  EXPECT_EQ(find(csv, "x,y", 2), "\"");
  EXPECT_EQ(find(csv, "z", 1), "-");
  EXPECT_EQ(find(csv, "z", 2), "last");
}

TEST(CsvTable, Malformed) {
  EXPECT_EQ(find("", "a", 1), "it is empty; the first line names the columns");
  EXPECT_EQ(find("\n\n", "a", 1), "it is empty; the first line names the columns");
  EXPECT_EQ(find("id\n1\n", "a", 1), "line 1: the header needs the key's column and at least one more");
  EXPECT_EQ(find("id,,x\n", "a", 1), "line 1: column 2 has no name");
  EXPECT_EQ(find("id,x,x\n", "a", 1), "line 1: two columns are called `x`");
  EXPECT_EQ(find("id,x\n1,2\n1,2,3\n", "a", 1), "line 3 has 3 cells, the header 2");
  EXPECT_EQ(find("id,x\n\"1\n2\",y\n1,\"2\n", "a", 1), "line 4: a quote is never closed");
  EXPECT_EQ(find("id,x\n1,\"2\"3\n", "a", 1), "line 2: something follows the closing quote of a cell");
  EXPECT_EQ(find("id,x\n1,2\"3\n", "a", 1), "line 2: a quote inside a cell that does not begin with one");
  EXPECT_EQ(find("id,x\n1,\xFF\n", "a", 1), "it is not valid UTF-8");
}

}  // namespace
}  // namespace vedette::rules
