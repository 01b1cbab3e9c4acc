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
  const bool same_inode = info.st_ino == mark.inode;
  if (mark.head_size == 0) return !file.archive && same_inode && info.st_dev == mark.device ? 2 : 0;
  if (!begins_as_marked(file.path, mark, file.archive)) return 0;
  return same_inode ? 2 : 1;
}

// What a rotation added to the name: digits with date separators behind a dot or a dash.
bool is_rotation(std::string_view suffix) {
  return suffix.size() > 1 && (suffix[0] == '.' || suffix[0] == '-') && suffix[1] >= '0' && suffix[1] <= '9' &&
         suffix.find_first_not_of("0123456789-_.:TZ", 1) == std::string_view::npos;
}

// The packings that names tell; only the first two can be unpacked.
std::string_view packing_of(std::string_view name) {
  for (const std::string_view ending : {".gz", ".zst", ".xz", ".bz2", ".lz4", ".Z", ".zip"}) {
    if (name.ends_with(ending)) return name.substr(name.size() - ending.size());
  }
  return {};
}

std::optional<std::uint64_t> number_in(std::string_view suffix) {
  std::uint64_t number = 0;
  const bool numbered = suffix.size() <= 1 + kMostNumberDigits &&
                        suffix.find_first_not_of("0123456789", 1) == std::string_view::npos &&
                        std::from_chars(suffix.data() + 1, suffix.data() + suffix.size(), number).ec == std::errc{};
  return numbered ? std::optional(number) : std::nullopt;
}

// By date or number. `files` is in the order of the names' text; dated files come first.
void sort_by_name(std::vector<TrailFile>& files, bool rising) {
  std::stable_sort(files.begin(), files.end(), [&](const TrailFile& a, const TrailFile& b) {
    if (!a.number || !b.number) return !a.number && b.number;
    return rising ? *a.number < *b.number : *a.number > *b.number;
  });
}

bool times_ascend(const std::vector<TrailFile>& files, bool archives_too) {
  TimeUs last = INT64_MIN;
  for (const TrailFile& file : files) {
    if (file.archive && !archives_too) continue;
    if (file.modified < last) return false;
    last = file.modified;
  }
  return true;
}

// An archive's time may be that of its packing: where all times fit neither direction, those of plain files decide.
RotationOrder order_of(std::vector<TrailFile>& files) {
  const auto plain = std::count_if(files.begin(), files.end(), [](const TrailFile& file) { return !file.archive; });
  for (const bool archives_too : {true, false}) {
    if (!archives_too && plain < 2) break;
    for (const bool rising : {false, true}) {
      sort_by_name(files, rising);
      if (times_ascend(files, archives_too)) return rising ? RotationOrder::rising : RotationOrder::falling;
    }
  }
  sort_by_name(files, false);
  std::stable_sort(files.begin(), files.end(), [](const TrailFile& a, const TrailFile& b) { return a.modified < b.modified; });
  return RotationOrder::by_time;
}

// Falling numbers need two files of different times to be told from rising ones.
bool tells_direction(const std::vector<TrailFile>& files) {
  const TrailFile* first = nullptr;
  for (const TrailFile& file : files) {
    if (!file.number) continue;
    if (first != nullptr && first->modified != file.modified) return true;
    first = first == nullptr ? &file : first;
  }
  return false;
}

// The numbers left out behind the marked file, which is the first.
std::vector<std::string> missing_behind(const std::string& path, const std::vector<TrailFile>& files, RotationOrder order) {
  std::vector<std::string> missing;
  if (order != RotationOrder::falling && order != RotationOrder::rising) return missing;
  const auto name = [&](std::uint64_t number) { missing.push_back(fmt::format("{}.{}", path, number)); };
  for (std::size_t i = 1; i < files.size(); ++i) {
    const auto before = files[i - 1].number, here = files[i].number;
    if (!before || !here) continue;
    for (std::uint64_t n = std::min(*before, *here) + 1; n < std::max(*before, *here); ++n) name(n);
  }
  // The youngest of files that are renamed at each rotation has the number 0 or 1.
  const auto youngest = files.back().number;
  for (std::uint64_t n = 1; youngest && order == RotationOrder::falling && n < *youngest; ++n) name(n);
  return missing;
}

struct Place {
  int fit = 0;
  std::size_t at = 0;
};

// The newest of those that fit best.
Place find_marked(const std::vector<TrailFile>& files, const FileMark& mark) {
  Place best;
  for (std::size_t i = files.size(); i-- > 0 && best.fit < 2;) {
    const int fits = files[i].readable ? fit(files[i], mark) : 0;
    if (fits > best.fit) best = {fits, i};
  }
  return best;
}

Trail trail_from(const std::string& path, RotatedFiles rotated, std::size_t place, std::uint64_t at) {
  Trail trail;
  trail.found = true;
  std::vector<TrailFile>& files = rotated.files;
  files.erase(files.begin(), files.begin() + static_cast<std::ptrdiff_t>(place));
  files.front().at = at;
  trail.missing = missing_behind(path, files, rotated.order);
  trail.files = std::move(files);
  return trail;
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

RotatedFiles rotated_files(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::string base = slash == std::string::npos ? path : path.substr(slash + 1);
  std::map<std::string, TrailFile, std::less<>> by_suffix;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(base)) continue;
    const std::string_view packing = packing_of(name);
    const std::string_view suffix = std::string_view(name).substr(base.size(), name.size() - base.size() - packing.size());
    if (!is_rotation(suffix)) continue;
    const std::string file_path = (slash == std::string::npos ? "" : folder) + name;
    const std::optional<TimeUs> modified = modified_time(file_path);
    if (!modified) continue;
    // One that is being packed is there twice for a moment: the plain one counts.
    const auto [place, fresh] = by_suffix.try_emplace(std::string(suffix));
    if (!fresh && !packing.empty()) continue;
    const bool readable = packing.empty() || packing == ".gz" || packing == ".zst";
    place->second = {file_path, 0, !packing.empty(), readable, number_in(suffix), *modified};
  }
  RotatedFiles out;
  for (auto& [suffix, file] : by_suffix) out.files.push_back(std::move(file));
  out.order = order_of(out.files);
  if (out.order != RotationOrder::by_time && !tells_direction(out.files)) out.order = RotationOrder::unknown;
  return out;
}

Trail find_trail(const std::string& path, const FileMark& mark) {
  RotatedFiles rotated = rotated_files(path);
  std::vector<TrailFile> files = rotated.files;
  files.push_back({path, 0, false});
  const Place place = find_marked(files, mark);
  if (place.fit == 0) return {};
  if (place.at + 1 < files.size()) return trail_from(path, std::move(rotated), place.at, mark.at);
  Trail trail;
  trail.found = trail.current = true;
  return trail;
}

Trail find_rotated(const std::string& path, const FileMark& mark) {
  RotatedFiles rotated = rotated_files(path);
  const Place place = find_marked(rotated.files, mark);
  return place.fit == 0 ? Trail{} : trail_from(path, std::move(rotated), place.at, mark.at);
}

}  // namespace vedette::connectors
