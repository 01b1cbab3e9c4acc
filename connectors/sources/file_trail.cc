#include "connectors/sources/file_trail.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <utility>

#include "connectors/sources/byte_stream.h"
#include "engine/base/digest.h"

namespace vedette::connectors {
namespace {

constexpr std::size_t kDigestBytes = 8;
constexpr std::size_t kMostNumberDigits = 4;  // more is a date

bool parse_value(std::string_view text, std::string_view name, std::uint64_t& out) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) return false;
  const char* begin = text.data() + at + name.size();
  return std::from_chars(begin, text.data() + text.size(), out).ec == std::errc{};
}

FileMark mark_of(const struct stat& info) {
  FileMark mark;
  mark.device = info.st_dev;
  mark.inode = info.st_ino;
  return mark;
}

// The first `size` bytes of the file, or of what it holds; shorter when it is shorter or cannot be read.
std::string read_head(const std::string& path, std::size_t size, bool unpack) {
  std::string head(size, '\0');
  std::size_t have = 0;
  if (unpack) {
    auto stream = open_byte_stream(path);
    while (stream.ok() && have < size) {
      auto n = (*stream)->read(head.data() + have, size - have);
      if (!n.ok() || *n == 0) break;
      have += *n;
    }
  } else if (const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC); descriptor >= 0) {
    const ssize_t n = ::pread(descriptor, head.data(), size, 0);
    have = n > 0 ? static_cast<std::size_t>(n) : 0;
    ::close(descriptor);
  }
  head.resize(have);
  return head;
}

bool begins_as_marked(const std::string& path, const FileMark& mark, bool archive) {
  const std::string head = read_head(path, mark.head_size, archive);
  return head.size() == mark.head_size && (mark.head_size == 0 || head_digest(head) == mark.head);
}

// How well the file fits the mark: 0 not at all, 1 by its content, 2 it is the same file.
int fit(const TrailFile& file, const FileMark& mark) {
  struct stat info {};
  if (::stat(file.path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return 0;
  if (!file.archive && static_cast<std::uint64_t>(info.st_size) < mark.at) return 0;
  const bool same_inode = !file.archive && info.st_ino == mark.inode;
  if (mark.head_size == 0) return same_inode && info.st_dev == mark.device ? 2 : 0;
  if (!begins_as_marked(file.path, mark, file.archive)) return 0;
  return same_inode ? 2 : 1;
}

// What a rotation added to the name: digits with date separators behind a dot or a dash.
bool is_rotation(std::string_view suffix) {
  return suffix.size() > 1 && (suffix[0] == '.' || suffix[0] == '-') && suffix[1] >= '0' && suffix[1] <= '9' &&
         suffix.find_first_not_of("0123456789-_.:TZ", 1) == std::string_view::npos;
}

// Older ones sort first.
std::string age_key(std::string_view suffix) {
  std::uint64_t number = 0;
  const bool numbered = suffix.size() <= 1 + kMostNumberDigits &&
                        suffix.find_first_not_of("0123456789", 1) == std::string_view::npos &&
                        std::from_chars(suffix.data() + 1, suffix.data() + suffix.size(), number).ec == std::errc{};
  return numbered ? fmt::format("1{:04}", 9999 - number) : fmt::format("0{}", suffix.substr(1));
}

// Numbers tell the order where a rotation shifts them. Where it counts on instead, what has a lower number was written to
// last before the marked file was: it is older. An archive's own time may be that of its packing, so it tells nothing.
void drop_older(std::vector<TrailFile>& files, const TrailFile& marked) {
  if (marked.archive) return;
  const std::optional<TimeUs> time = modified_time(marked.path);
  std::erase_if(files, [&](const TrailFile& file) { return time && modified_time(file.path).value_or(*time) < *time; });
}

}  // namespace

std::string FileMark::to_text() const {
  return fmt::format("dev={} inode={} head={}:{} at={}", device, inode, head_size, head, at);
}

std::optional<FileMark> FileMark::parse(std::string_view text) {
  FileMark mark;
  if (!parse_value(text, "dev=", mark.device) || !parse_value(text, " inode=", mark.inode) ||
      !parse_value(text, " head=", mark.head_size) || !parse_value(text, " at=", mark.at) || mark.head_size > kHeadBytes) {
    return std::nullopt;
  }
  const std::size_t head = text.find(':');
  const std::size_t end = text.find(" at=");
  if (head == std::string_view::npos || head > end) return std::nullopt;
  mark.head = text.substr(head + 1, end - head - 1);
  return mark;
}

std::string head_digest(std::string_view head) { return to_hex(digest_parts({head}), kDigestBytes); }

std::optional<FileMark> identify(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return mark_of(info);
}

std::optional<FileMark> identify(int descriptor) {
  struct stat info {};
  if (::fstat(descriptor, &info) != 0) return std::nullopt;
  return mark_of(info);
}

bool is_marked_file(const std::string& path, const FileMark& mark) {
  FileMark whole = mark;
  whole.at = 0;
  return fit({path, 0, false}, whole) == 2;
}

std::vector<TrailFile> rotated_files(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::string base = slash == std::string::npos ? path : path.substr(slash + 1);
  std::map<std::string, TrailFile> by_age;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string file_name = entry->path().filename().string();
    const std::string_view name = file_name;
    if (!name.starts_with(base)) continue;
    std::string_view suffix = name.substr(base.size());
    const bool archive = suffix.ends_with(".gz") || suffix.ends_with(".zst");
    if (archive) suffix = suffix.substr(0, suffix.rfind('.'));
    if (!is_rotation(suffix)) continue;
    // One that is being packed is there twice for a moment: the plain one counts.
    const auto [place, fresh] = by_age.try_emplace(age_key(suffix));
    if (fresh || !archive) place->second = {(slash == std::string::npos ? "" : folder) + std::string(name), 0, archive};
  }
  std::vector<TrailFile> out;
  for (auto& [age, file] : by_age) out.push_back(std::move(file));
  return out;
}

Trail find_trail(const std::string& path, const FileMark& mark) {
  Trail trail;
  std::vector<TrailFile> files = rotated_files(path);
  files.push_back({path, 0, false});
  int best = 0;
  std::size_t place = 0;
  for (std::size_t i = files.size(); i-- > 0 && best < 2;) {
    const int fits = fit(files[i], mark);
    if (fits <= best) continue;
    best = fits;
    place = i;
  }
  trail.found = best > 0;
  if (!trail.found) return trail;
  trail.current = place + 1 == files.size();
  if (trail.current) return trail;
  files.pop_back();
  TrailFile marked = files[place];
  files.erase(files.begin(), files.begin() + static_cast<std::ptrdiff_t>(place + 1));
  drop_older(files, marked);
  marked.at = mark.at;
  trail.files = std::move(files);
  trail.files.insert(trail.files.begin(), std::move(marked));
  return trail;
}

std::vector<TrailFile> rotated_after(const std::string& path, const FileMark& mark) {
  std::vector<TrailFile> files = rotated_files(path);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::optional<FileMark> here = identify(files[i].path);
    if (!here || here->inode != mark.inode || here->device != mark.device) continue;
    const TrailFile marked = files[i];
    files.erase(files.begin(), files.begin() + static_cast<std::ptrdiff_t>(i + 1));
    drop_older(files, marked);
    return files;
  }
  return {};
}

}  // namespace vedette::connectors
