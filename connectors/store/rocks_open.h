// A store's database on disk: opening it, with every check between "what is there" and "what was promised". Internal to
// connectors/store and its tests; no RocksDB header is needed to include it. Errors name the path and the remedy.
#pragma once

#include <memory>
#include <string>

#include "connectors/store/folder.h"
#include "connectors/store/high_water.h"
#include "connectors/store/numbers.h"
#include "connectors/store/store.h"

namespace rocksdb {
class DB;
class Env;
class FileSystem;
class Status;
}  // namespace rocksdb

namespace vedette::connectors {

// What is open, in the order in which it may be closed from the end.
struct OpenStore {
  StoreFolder folder;
  FolderLock lock;
  HighWaterFile high_water;
  std::unique_ptr<rocksdb::Env> env;  // null: the system's
  std::unique_ptr<rocksdb::DB> database;
  StoreNumbers numbers;
  bool read_only = false;

  OpenStore();
  ~OpenStore();
  OpenStore(OpenStore&&) noexcept;
  OpenStore& operator=(OpenStore&&) noexcept;
};

// files: null, or a file system that misbehaves, for tests.
[[nodiscard]] Result<OpenStore> open_parts(const StoreOptions& options, const Log& log,
                                           std::shared_ptr<rocksdb::FileSystem> files);
// The store over what is open.
[[nodiscard]] std::unique_ptr<Store> store_of(OpenStore open, const StoreLimits& limits);
// open_store() over a file system of the caller's.
[[nodiscard]] Result<std::unique_ptr<Store>> open_store_on(const StoreOptions& options, Log log,
                                                           std::shared_ptr<rocksdb::FileSystem> files);

// A read or write went wrong: full disk, failing disk, damage, each with its remedy.
[[nodiscard]] Error database_error(const std::string& path, const rocksdb::Status& status);
[[nodiscard]] Error damage(const std::string& path, const std::string& what);

}  // namespace vedette::connectors
