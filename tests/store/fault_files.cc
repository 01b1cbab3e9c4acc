#include "tests/store/fault_files.h"

#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

namespace vedette::connectors::testing {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

namespace {

bool chosen(const std::string& name, const std::string& ending) { return !ending.empty() && name.ends_with(ending); }

class FaultFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultFile(FaultFiles& files, std::string name, std::unique_ptr<rocksdb::FSWritableFile>&& file)
      : FSWritableFileOwnerWrapper(std::move(file)), files_(files), name_(std::move(name)) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, IODebugContext* debug) override {
    IOStatus status = files_.before_write(name_);
    if (!status.ok() || files_.off()) return status;
    status = FSWritableFileOwnerWrapper::Append(data, options, debug);
    size_ += data.size();
    files_.wrote(name_, size_);
    return status;
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    return files_.off() ? IOStatus::OK() : FSWritableFileOwnerWrapper::Truncate(size, options, debug);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    IOStatus status = files_.before_sync(name_);
    if (!status.ok() || files_.off()) return status;
    status = FSWritableFileOwnerWrapper::Sync(options, debug);
    if (status.ok()) files_.synced(name_);
    return status;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override { return Sync(options, debug); }

 private:
  FaultFiles& files_;
  std::string name_;
  std::uint64_t size_ = 0;
};

class FaultFolder : public rocksdb::FSDirectoryWrapper {
 public:
  FaultFolder(FaultFiles& files, std::unique_ptr<rocksdb::FSDirectory>&& folder)
      : FSDirectoryWrapper(std::move(folder)), files_(files) {}
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    files_.folder_synced();
    return FSDirectoryWrapper::Fsync(options, debug);
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions& folder_options) override {
    files_.folder_synced();
    return FSDirectoryWrapper::FsyncWithDirOptions(options, debug, folder_options);
  }

 private:
  FaultFiles& files_;
};

}  // namespace

void FaultFiles::no_space_for(const std::string& ending) {
  const std::lock_guard lock(mutex_);
  no_space_ = ending;
}

void FaultFiles::fail_syncs_of(const std::string& ending) {
  const std::lock_guard lock(mutex_);
  fail_sync_ = ending;
}

void FaultFiles::power_off() {
  const std::lock_guard lock(mutex_);
  off_ = true;
}

bool FaultFiles::off() const {
  const std::lock_guard lock(mutex_);
  return off_;
}

IOStatus FaultFiles::before_write(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return chosen(name, no_space_) ? IOStatus::NoSpace("No space left on device: ", name) : IOStatus::OK();
}

IOStatus FaultFiles::before_sync(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return chosen(name, fail_sync_) ? IOStatus::IOError("While fsync: Input/output error: ", name) : IOStatus::OK();
}

void FaultFiles::wrote(const std::string& name, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  files_[name].written = size;
}

void FaultFiles::synced(const std::string& name) {
  const std::lock_guard lock(mutex_);
  files_[name].synced = files_[name].written;
}

void FaultFiles::folder_synced() {
  const std::lock_guard lock(mutex_);
  if (off_) return;
  for (auto& [name, bytes] : files_) bytes.linked = true;
}

IOStatus FaultFiles::NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                     std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* debug) {
  // Without power it goes nowhere, under a name that means nothing.
  IOStatus status = target()->NewWritableFile(off() ? name + ".lost" : name, options, result, debug);
  if (!status.ok()) return status;
  if (!off()) {
    const std::lock_guard lock(mutex_);
    files_[name] = {};
  }
  *result = std::make_unique<FaultFile>(*this, name, std::move(*result));
  return status;
}

IOStatus FaultFiles::NewDirectory(const std::string& name, const IOOptions& options,
                                  std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext* debug) {
  IOStatus status = target()->NewDirectory(name, options, result, debug);
  if (status.ok()) *result = std::make_unique<FaultFolder>(*this, std::move(*result));
  return status;
}

IOStatus FaultFiles::RenameFile(const std::string& from, const std::string& to, const IOOptions& options, IODebugContext* debug) {
  if (off()) return IOStatus::OK();
  const IOStatus status = target()->RenameFile(from, to, options, debug);
  const std::lock_guard lock(mutex_);
  if (const auto found = files_.find(from); status.ok() && found != files_.end()) {
    files_[to] = found->second;
    files_.erase(from);
  }
  return status;
}

IOStatus FaultFiles::DeleteFile(const std::string& name, const IOOptions& options, IODebugContext* debug) {
  if (off()) return IOStatus::OK();
  const std::lock_guard lock(mutex_);
  files_.erase(name);
  return target()->DeleteFile(name, options, debug);
}

void FaultFiles::lose_unsynced(unsigned seed) {
  std::mt19937 random(seed);
  const std::lock_guard lock(mutex_);
  for (const auto& [name, bytes] : files_) {
    std::error_code gone;
    if (!bytes.linked && std::filesystem::remove(name, gone)) {
      ++lost_;
      continue;
    }
    const std::uint64_t loose = bytes.written - bytes.synced;
    if (loose == 0 || !std::filesystem::exists(name, gone)) continue;
    const std::uint64_t kept = random() % (loose + 1);
    std::filesystem::resize_file(name, bytes.synced + kept, gone);
    lost_ += loose - kept;
    std::fstream file(name, std::ios::in | std::ios::out | std::ios::binary);
    for (std::uint64_t i = 0; i < kept; i += 1 + random() % 50) {
      if (random() % 4 != 0) continue;
      file.seekp(static_cast<std::streamoff>(bytes.synced + i));
      file.put(static_cast<char>(random()));
    }
  }
}

}  // namespace vedette::connectors::testing
