// Which file was read how far, and where that file is now: the `resume` of file sources, and the search for it among the
// rotated files beside a path. A file is told by its inode and by what it begins with; a compressed one by what its content
// begins with. Plain functions over the file system; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.h"

namespace vedette::connectors {

inline constexpr std::size_t kHeadBytes = 1024;

struct FileMark {
  std::uint64_t device = 0, inode = 0;
  std::uint64_t head_size = 0;  // bytes of the content that `head` is made of, at most kHeadBytes
  std::string head;             // digest, 16 hex digits
  std::uint64_t at = 0;         // the next byte of the content: behind a line; of files that are read once: records taken

  // "dev=2049 inode=17 head=1024:89abcdef01234567 at=5321"
  [[nodiscard]] std::string to_text() const;
  [[nodiscard]] static std::optional<FileMark> parse(std::string_view text);
};

[[nodiscard]] std::string head_digest(std::string_view head);
// The mark's device and inode, from the path or an open descriptor; nothing when it cannot be told.
[[nodiscard]] std::optional<FileMark> identify(const std::string& path);
[[nodiscard]] std::optional<FileMark> identify(int descriptor);

// Whether the bytes of the file (not what an archive holds) are those that the mark was made of, in the same file.
[[nodiscard]] bool is_marked_file(const std::string& path, const FileMark& mark);

// A file to be read before the one at the path itself.
struct TrailFile {
  std::string path;
  std::uint64_t at = 0;  // the next byte of its content
  bool archive = false;
  bool readable = true;                      // false: packed in a way that cannot be unpacked here
  std::optional<std::uint64_t> number = {};  // of a numbered rotation
  TimeUs modified = 0;
};

enum class RotationOrder : std::uint8_t {
  unknown,  // too few files with numbers, or of different times, to tell; taken to be falling
  falling,  // log.2 is older than log.1: each rotation renames them all
  rising,   // log.1 is older than log.2: it counts on
  by_time,  // neither: the times alone tell
};

// Rotated files beside `path`, oldest first: its name with .N or with a date (.20260131, -2026-01-31T10), packed or not.
// Their names tell the order in whichever way their modification times agree with, else the times do.
struct RotatedFiles {
  std::vector<TrailFile> files;
  RotationOrder order = RotationOrder::unknown;
};
[[nodiscard]] RotatedFiles rotated_files(const std::string& path);

struct Trail {
  bool found = false;                // the marked file is there, at the path or rotated away
  bool current = false;              // it is the one at the path
  std::vector<TrailFile> files;      // unless current: the marked file from `at` on, then what was rotated after it
  std::vector<std::string> missing;  // unless current: names of such files that are gone, as far as numbers tell
};
[[nodiscard]] Trail find_trail(const std::string& path, const FileMark& mark);

// The same for a file that is known to be no longer at the path.
[[nodiscard]] Trail find_rotated(const std::string& path, const FileMark& mark);

}  // namespace vedette::connectors
