// Copies of a store that is not open: a backup is a store folder like any other, so a backup can be verified, and restoring is
// copying back. A copy is made beside its place and gets its name when it is whole and verified.
#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "connectors/store/folder.h"
#include "connectors/store/store.h"

namespace vedette::connectors {

namespace {

namespace fs = std::filesystem;

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

Status copy_files(const StoreFolder& from, const StoreFolder& to) {
  if (Status made = make_folder(to.path); !made) return made;
  if (Status made = make_folder(to.database()); !made) return made;
  for (const std::string& name : files_in(from.database())) {
    // Not part of what is stored: the database's lock and what a repair put aside.
    if (name == "LOCK") continue;
    if (Status copied = copy_file_synced(from.database() + "/" + name, to.database() + "/" + name); !copied) return copied;
  }
  if (Status synced = sync_folder(to.database()); !synced) return synced;
  if (Status copied = copy_file_synced(from.high_water(), to.high_water()); !copied) return copied;
  if (Status copied = copy_file_synced(from.format(), to.format()); !copied) return copied;
  return sync_folder(to.path);
}

// The target must not be there, or be an empty folder.
Status check_free(const std::string& target) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(target, error))) return {};
  if (fs::is_directory(target, error) && fs::is_empty(target, error)) return {};
  return Error{"something is there already; name a new folder", target};
}

Status put_in_place(const std::string& partial, const std::string& target) {
  std::error_code ignored, error;
  if (fs::is_directory(target, ignored)) fs::remove(target, ignored);
  fs::rename(partial, target, error);
  if (error) return Error{"cannot be put in place: " + error.message(), target};
  const std::string parent = fs::path(target).parent_path();
  return sync_folder(parent.empty() ? "." : parent);
}

Status copy_store(const std::string& source, const std::string& target) {
  const StoreFolder from{without_slash(source)};
  const std::string place = without_slash(target);
  auto state = look_at(from);
  if (!state) return state.error();
  if (*state != FolderState::store) return Error{"no store is there", from.path};
  if (Status status = check_free(place); !status) return status;
  if (const auto verified = verify_store(from.path); !verified) return verified.error();
  const StoreFolder partial{place + ".vedette-partial"};
  std::error_code ignored;
  fs::remove_all(partial.path, ignored);
  Status copied;
  {
    const auto lock = FolderLock::take(from);
    if (!lock) return lock.error();
    copied = copy_files(from, partial);
  }
  if (copied) {
    if (const auto verified = verify_store(partial.path); !verified) copied = verified.error();
  }
  if (copied) copied = put_in_place(partial.path, place);
  if (!copied) fs::remove_all(partial.path, ignored);
  return copied;
}

}  // namespace

Status backup_store(const std::string& path, const std::string& folder) { return copy_store(path, folder); }

Status restore_store(const std::string& folder, const std::string& path) { return copy_store(folder, path); }

}  // namespace vedette::connectors
