// The folder of a store on disk, without the database in it: its lock, its format, its files. Used by the thread that opens,
// checks or copies a store; a FolderLock is held as long as the store is open. Errors name the path and the remedy.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace vedette::connectors {

inline constexpr std::uint32_t kStoreFormat = 1;

// path/database: RocksDB's; path/high-water: what is surely on disk; path/format: the number; path/lock.
struct StoreFolder {
  std::string path;

  [[nodiscard]] std::string database() const { return path + "/database"; }
  [[nodiscard]] std::string high_water() const { return path + "/high-water"; }
  [[nodiscard]] std::string format() const { return path + "/format"; }
  [[nodiscard]] std::string lock() const { return path + "/lock"; }
};

// Keeps other processes, and this one a second time, from opening the store.
class FolderLock {
 public:
  FolderLock() = default;
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&& other) noexcept;

  [[nodiscard]] static Result<FolderLock> take(const StoreFolder& folder);

 private:
  explicit FolderLock(int file) : file_(file) {}
  int file_ = -1;
};

enum class FolderState : std::uint8_t { absent, fresh, store };
// What is at the path: nothing, a folder in which a store can be made (or was begun), a store. Errors: something else, a
// newer format.
[[nodiscard]] Result<FolderState> look_at(const StoreFolder& folder);
[[nodiscard]] Status make_folder(const std::string& path);
[[nodiscard]] Status write_format(const StoreFolder& folder);

// Writes, syncs and renames, so that the file is there as a whole or not at all.
[[nodiscard]] Status write_file_synced(const std::string& path, const std::string& bytes);
[[nodiscard]] Status sync_folder(const std::string& path);
[[nodiscard]] Status copy_file_synced(const std::string& from, const std::string& to);
// The regular files right in a folder, by name.
[[nodiscard]] std::vector<std::string> files_in(const std::string& path);
[[nodiscard]] std::uint64_t bytes_under(const std::string& path);
// What an unprivileged process may still write there.
[[nodiscard]] std::uint64_t free_bytes(const std::string& path);

// "cannot ACTION: REASON" at the path, with a remedy when the disk is full.
[[nodiscard]] Error system_error(const std::string& path, const std::string& action, int code);

}  // namespace vedette::connectors
