// A file system under the store that misbehaves when told: no space, a sync that fails, power that goes off and takes with it
// what was never synced. Any thread.
#pragma once

#include <rocksdb/file_system.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace vedette::connectors::testing {

class FaultFiles : public rocksdb::FileSystemWrapper {
 public:
  FaultFiles() : rocksdb::FileSystemWrapper(rocksdb::FileSystem::Default()) {}

  // Writes to files whose name ends so fail for want of space; "": none.
  void no_space_for(const std::string& ending);
  // Syncs of files whose name ends so fail, with an input/output error; "": none.
  void fail_syncs_of(const std::string& ending);
  // From now on nothing reaches the disk, though all seems well.
  void power_off();
  // After the store is closed: what was not synced is taken away; of the bytes that were written and not synced a part that
  // `seed` chooses stays, some of it garbled.
  void lose_unsynced(unsigned seed);
  // How many bytes lose_unsynced() took away, files that were never synced counted as one more.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

  const char* Name() const override { return "FaultFiles"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* result, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

  // For the files.
  [[nodiscard]] rocksdb::IOStatus before_write(const std::string& name);
  [[nodiscard]] rocksdb::IOStatus before_sync(const std::string& name);
  [[nodiscard]] bool off() const;
  void wrote(const std::string& name, std::uint64_t size);
  void synced(const std::string& name);
  void folder_synced();

 private:
  struct Bytes {
    std::uint64_t written = 0, synced = 0;
    bool linked = false;  // its folder was synced since it was made
  };
  mutable std::mutex mutex_;
  std::map<std::string, Bytes> files_;
  std::string no_space_, fail_sync_;
  bool off_ = false;
  std::uint64_t lost_ = 0;
};

}  // namespace vedette::connectors::testing
