// Reading rule files and lists from disk.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <system_error>

#include "engine/base/diagnostic_codes.h"
#include "engine/base/utf8.h"
#include "rules/sigma/load.h"

namespace vedette::rules {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxBytes = 256 * 1024;
constexpr std::uintmax_t kMaxListBytes = 64 * 1024 * 1024;

bool is_test_file(std::string_view name) { return name.ends_with(".test.yml") || name.ends_with(".test.yaml"); }

bool is_rule_file(const fs::path& path) {
  const std::string name = path.filename().string();
  return (name.ends_with(".yml") || name.ends_with(".yaml")) && !is_test_file(name);
}

Result<std::string> read_whole(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return Error{"cannot be opened", path.string()};
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (stream.bad()) return Error{"cannot be read", path.string()};
  return text;
}

// A test among the given files is left out: a shell makes rules/* of it.
Status collect(const std::string& given, std::vector<std::string>& paths) {
  std::error_code error;
  const fs::file_status status = fs::status(given, error);
  if (error || !fs::exists(status)) return Error{"no such file or directory", given};
  if (!fs::is_directory(status)) {
    if (!is_test_file(given)) paths.push_back(given);
    return {};
  }
  fs::recursive_directory_iterator walk(given, fs::directory_options::skip_permission_denied, error), end;
  for (; !error && walk != end; walk.increment(error)) {
    std::error_code ignored;
    if (walk->is_regular_file(ignored) && is_rule_file(walk->path())) paths.push_back(walk->path().string());
  }
  return error ? Status{Error{error.message(), given}} : Status{};
}

// Calls `visit` with the files of a directory that have one of the extensions, in path order.
template <typename Visit>
Status each_list_file(const std::string& directory, std::initializer_list<std::string_view> extensions, const Visit& visit) {
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::directory_iterator walk(directory, error), end; !error && walk != end; walk.increment(error)) {
    const std::string extension = walk->path().extension().string();
    std::error_code ignored;
    const bool wanted = std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
    if (wanted && walk->is_regular_file(ignored)) found.push_back(walk->path());
  }
  if (error) return Error{error.message(), directory};
  std::sort(found.begin(), found.end());
  for (const fs::path& path : found) {
    if (fs::file_size(path, error) > kMaxListBytes) return Error{"the list is larger than 64 MiB", path.string()};
    auto text = read_whole(path);
    if (!text) return text.error();
    visit(yaml::File{path.string(), std::move(*text)});
  }
  return {};
}

std::string_view trimmed_line(std::string_view line) {
  while (line.ends_with('\r') || line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
  while (line.starts_with(' ') || line.starts_with('\t')) line.remove_prefix(1);
  return line;
}

// The first column of a line of CSV, RFC 4180 quotes undone.
std::string first_column(std::string_view line) {
  if (!line.starts_with('"')) return std::string(trimmed_line(line.substr(0, line.find(','))));
  std::string out;
  for (std::size_t at = 1; at < line.size(); ++at) {
    if (line[at] != '"') {
      out += line[at];
    } else if (at + 1 < line.size() && line[at + 1] == '"') {
      out += '"';
      ++at;
    } else {
      break;
    }
  }
  return out;
}

std::vector<std::string> lines_of_list(std::string_view text, bool csv) {
  std::vector<std::string> values;
  while (!text.empty()) {
    const std::size_t newline = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed_line(text.substr(0, newline));
    text.remove_prefix(std::min(newline + 1, text.size()));
    if (line.empty() || (!csv && line.starts_with('#'))) continue;
    values.push_back(csv ? first_column(line) : std::string(line));
  }
  return values;
}

std::vector<std::string> values_of_yaml(const yaml::File& file, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.error_count();
  const std::vector<yaml::Node> documents = yaml::parse(file, diagnostics);
  std::vector<std::string> values;
  if (diagnostics.error_count() > before) return values;
  const auto wrong = [&](const Location& where) {
    diagnostics.add(make_diagnostic("V7101", where, "a list is a YAML sequence of values", "write one `- value` per line",
                                    yaml::line_of(file, where.line)));
  };
  if (documents.size() != 1 || !documents.front().is_sequence()) {
    wrong(documents.empty() ? Location{file.path, 1, 1, 1} : documents.front().where);
    return values;
  }
  for (const yaml::Node& item : documents.front().items) {
    if (item.is_scalar()) {
      values.push_back(item.text);
    } else {
      wrong(item.where);
    }
  }
  return values;
}

}  // namespace

Result<std::vector<yaml::File>> read_rule_files(const std::vector<std::string>& paths, Diagnostics& diagnostics) {
  std::vector<std::string> found;
  for (const std::string& path : paths) {
    if (const Status status = collect(path, found); !status) return status.error();
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  std::vector<yaml::File> files;
  for (const std::string& path : found) {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(path, error);
    if (!error && size > kMaxBytes) {
      diagnostics.add(make_diagnostic("V0008", {path, 0, 0, 1}, fmt::format("the file is larger than {} KiB", kMaxBytes / 1024),
                                      "split the file"));
      continue;
    }
    auto text = read_whole(path);
    if (!text) return text.error();
    files.push_back({path, std::move(*text)});
  }
  return files;
}

void parse_list(const yaml::File& file, std::map<std::string, std::vector<std::string>>& lists, Diagnostics& diagnostics) {
  const fs::path path(file.path);
  std::string_view text = file.text;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (!valid_utf8(text)) {
    diagnostics.add(make_diagnostic("V7101", {file.path, 0, 0, 1}, "the list is not valid UTF-8", "save the file as UTF-8"));
    return;
  }
  const std::string extension = path.extension().string();
  std::vector<std::string> values;
  const std::size_t before = diagnostics.error_count();
  if (extension == ".yml" || extension == ".yaml") {
    values = values_of_yaml(file, diagnostics);
  } else {
    values = lines_of_list(text, extension == ".csv");
  }
  if (diagnostics.error_count() > before) return;
  if (values.empty()) {
    diagnostics.add(make_diagnostic("V7102", {file.path, 1, 1, 1}, fmt::format("list `{}` has no values", path.stem().string()),
                                    "placeholders that name it match nothing", yaml::line_of(file, 1)));
  }
  lists[path.stem().string()] = std::move(values);
}

Status read_lists(const std::string& directory, std::map<std::string, std::vector<std::string>>& lists,
                  Diagnostics& diagnostics) {
  return each_list_file(directory, {".txt", ".yml", ".yaml", ".csv"},
                        [&](yaml::File file) { parse_list(file, lists, diagnostics); });
}

Status read_tables(const std::string& directory, std::map<std::string, yaml::File>& tables) {
  return each_list_file(directory, {".csv"}, [&](yaml::File file) {
    std::string name = fs::path(file.path).filename().string();
    tables[std::move(name)] = std::move(file);
  });
}

}  // namespace vedette::rules
