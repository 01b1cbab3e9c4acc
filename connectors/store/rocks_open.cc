#include "connectors/store/rocks_open.h"

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <filesystem>
#include <utility>
#include <vector>

#include "connectors/store/keys.h"

namespace vedette::connectors {

namespace {

constexpr std::size_t kMebibyte = std::size_t{1} << 20;

// What RocksDB has to say: what it drops is told once, errors as they come, the rest is nobody's business.
class Listener final : public rocksdb::Logger {
 public:
  explicit Listener(Log log) : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL), log_(std::move(log)) {}

  using rocksdb::Logger::Logv;
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level < rocksdb::InfoLogLevel::WARN_LEVEL || level == rocksdb::InfoLogLevel::HEADER_LEVEL) return;
    std::array<char, 512> buffer{};
    (void)std::vsnprintf(buffer.data(), buffer.size(), format, arguments);
    const std::string_view text(buffer.data());
    if (text.find("dropping") != std::string_view::npos) {
      dropped_ = true;
    } else if (text.find("database dir NotFound") != std::string_view::npos) {
      return;  // a new store: there is no folder to look into yet
    } else if (level >= rocksdb::InfoLogLevel::ERROR_LEVEL && log_) {
      log_(LogLevel::warning, "store", text);
    }
  }

  // Something at the end of the log of writes was dropped since this was last asked.
  [[nodiscard]] bool take_dropped() { return std::exchange(dropped_, false); }

 private:
  Log log_;
  bool dropped_ = false;  // written while a database is being opened: by the thread that opens it
};

// Small: an idle service holds a few megabytes, a busy one two write buffers and the block cache.
rocksdb::Options make_options(rocksdb::Env* env, std::shared_ptr<rocksdb::Logger> listener) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(8 * kMebibyte);
  table.cache_index_and_filter_blocks = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.block_size = 16 * 1024;
  table.format_version = 5;
  rocksdb::Options options;
  if (env != nullptr) options.env = env;
  options.create_if_missing = true;
  options.db_host_id = "";  // the name of the machine is nobody's business
  options.info_log = std::move(listener);
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = rocksdb::kLZ4Compression;
  // Large enough that most received records are applied and dropped before their buffer is written to a file.
  options.write_buffer_size = 16 * kMebibyte;
  options.max_write_buffer_number = 4;
  options.arena_block_size = 64 * 1024;
  options.target_file_size_base = 8 * kMebibyte;
  options.bytes_per_sync = kMebibyte;  // a file goes to the disk as it grows, not in one burst that syncs wait behind
  options.max_bytes_for_level_base = 64 * kMebibyte;
  options.max_background_jobs = 2;
  // Writing files and merging them can wait, a request cannot; with four buffers writes seldom wait for one to be free.
  options.env->LowerThreadPoolCPUPriority(rocksdb::Env::LOW, rocksdb::CpuPriority::kLow);
  options.env->LowerThreadPoolCPUPriority(rocksdb::Env::HIGH, rocksdb::CpuPriority::kLow);
  options.max_open_files = 256;
  options.max_manifest_file_size = 4 * kMebibyte;
  options.manifest_preallocation_size = 64 * 1024;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  // A damaged place ends the log of writes; whether that is a torn tail or a loss is decided by the high-water file.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.track_and_verify_wals_in_manifest = true;
  return options;
}

Result<StoreNumbers> read_numbers(rocksdb::DB& database, const std::string& path) {
  std::string value;
  const rocksdb::Status status = database.Get(rocksdb::ReadOptions(), key_of(Kind::numbers), &value);
  if (status.IsNotFound()) return StoreNumbers{};
  if (!status.ok()) return database_error(path, status);
  const auto numbers = decode_numbers(value);
  if (!numbers) return damage(path, "its numbers cannot be read");
  return *numbers;
}

// Every file but those that hold nothing but evidence bodies: these are as large as the disk allows, and checked when read.
Status check_files(rocksdb::DB& database, const std::string& path) {
  std::vector<rocksdb::LiveFileMetaData> files;
  database.GetLiveFilesMetaData(&files);
  const char bodies = static_cast<char>(Kind::evidence);
  for (const rocksdb::LiveFileMetaData& file : files) {
    if (file.smallestkey.starts_with(bodies) && file.largestkey.starts_with(bodies)) continue;
    const std::string name = file.db_path + file.name;
    const rocksdb::Status status =
        rocksdb::VerifySstFileChecksum(database.GetOptions(), rocksdb::EnvOptions(database.GetDBOptions()), name);
    if (!status.ok()) return database_error(path, status);
  }
  return {};
}

// What must be there is there.
Status check_high_water(const StoreNumbers& numbers, std::uint64_t sequence, const HighWater& promised, const std::string& path) {
  if (sequence < promised.sequence)
    return damage(path, fmt::format("the log of writes ends at {}, but {} was synced", sequence, promised.sequence));
  if (numbers.inbox.last < promised.inbox || numbers.log.last < promised.log || numbers.outbox.last < promised.outbox)
    return damage(path, "entries that were synced are missing");
  return {};
}

class Opener {
 public:
  Opener(const StoreOptions& options, const Log& log, std::shared_ptr<rocksdb::FileSystem> files)
      : options_(options), log_(log), listener_(std::make_shared<Listener>(log)) {
    while (options_.path.size() > 1 && options_.path.ends_with('/')) options_.path.pop_back();
    open_.folder.path = options_.path;
    open_.read_only = options.read_only;
    if (files) open_.env = rocksdb::NewCompositeEnv(files);
    rocks_ = make_options(open_.env.get(), listener_);
  }

  Result<OpenStore> run();

 private:
  Status prepare_folder();
  Status open_high_water();
  // Opens without writing anything and checks; the database stays open when that is all that is wanted.
  Status look();
  Status check(rocksdb::DB& database);
  Status open_for_writing();
  Status mend();
  Status save_numbers();
  void say(LogLevel level, std::string_view message) const {
    if (log_) log_(level, "store", message);
  }

  StoreOptions options_;
  Log log_;
  std::shared_ptr<Listener> listener_;
  rocksdb::Options rocks_;
  OpenStore open_;
  bool loss_ = false;  // something is missing and that was accepted
};

Result<OpenStore> Opener::run() {
  if (Status status = prepare_folder(); !status) return status.error();
  if (Status status = open_high_water(); !status) return status.error();
  std::error_code ignored;
  const bool database = std::filesystem::exists(open_.folder.database() + "/CURRENT", ignored);
  Status sound;
  if (database) {
    sound = look();
  } else if (open_.high_water.value().sequence > 0) {
    sound = damage(options_.path, "its database is missing");
  } else if (options_.read_only) {
    return Error{"the store is empty: it was never written", options_.path};
  }
  if (!sound && !options_.accept_data_loss) return sound.error();
  if (!sound) {
    loss_ = true;
    say(LogLevel::warning, fmt::format("going on with what is left of a damaged store: {}", sound.error().message));
  }
  if (options_.read_only) return std::move(open_);
  if (Status status = open_for_writing(); !status) return status.error();
  return std::move(open_);
}

Status Opener::prepare_folder() {
  const StoreFolder& folder = open_.folder;
  auto state = look_at(folder);
  if (!state) return state.error();
  if (*state != FolderState::store && options_.read_only) return Error{"no store is there", options_.path};
  if (*state == FolderState::absent) {
    if (Status made = make_folder(options_.path); !made) return made;
  }
  auto lock = FolderLock::take(folder);
  if (!lock) return lock.error();
  open_.lock = std::move(*lock);
  if (state = look_at(folder); !state) return state.error();
  if (*state == FolderState::store) return {};
  if (Status made = HighWaterFile::create(folder.high_water()); !made) return made;
  return write_format(folder);
}

Status Opener::open_high_water() {
  auto file = HighWaterFile::open(open_.folder.high_water(), options_.read_only);
  if (!file && !options_.accept_data_loss) return damage(options_.path, file.error().message);
  if (!file) {
    loss_ = true;
    say(LogLevel::warning, fmt::format("going on without knowing what was synced: {}", file.error().message));
    if (Status made = HighWaterFile::create(open_.folder.high_water()); !made) return made;
    file = HighWaterFile::open(open_.folder.high_water(), options_.read_only);
    if (!file) return file.error();
  }
  open_.high_water = std::move(*file);
  return {};
}

Status Opener::look() {
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status opened = rocksdb::DB::OpenForReadOnly(rocks_, open_.folder.database(), &raw);
  std::unique_ptr<rocksdb::DB> database(raw);
  if (!opened.ok()) return database_error(options_.path, opened);
  Status checked = check(*database);
  if (options_.read_only && (checked || options_.accept_data_loss)) open_.database = std::move(database);
  return checked;
}

Status Opener::check(rocksdb::DB& database) {
  auto numbers = read_numbers(database, options_.path);
  if (!numbers) return numbers.error();
  open_.numbers = *numbers;
  Status promised = check_high_water(*numbers, database.GetLatestSequenceNumber(), open_.high_water.value(), options_.path);
  return promised ? check_files(database, options_.path) : promised;
}

Status Opener::open_for_writing() {
  (void)listener_->take_dropped();
  rocksdb::DB* raw = nullptr;
  rocksdb::Status opened = rocksdb::DB::Open(rocks_, open_.folder.database(), &raw);
  open_.database.reset(raw);
  bool sound = opened.ok();
  if (loss_ && sound) sound = check_files(*open_.database, options_.path).ok();
  if (loss_ && !sound) {
    open_.database.reset();
    say(LogLevel::warning, "rebuilding the database out of the files that can be read; the others go to database/lost");
    opened = rocksdb::RepairDB(open_.folder.database(), rocks_);
    if (opened.ok()) opened = rocksdb::DB::Open(rocks_, open_.folder.database(), &raw);
    if (opened.ok()) open_.database.reset(raw);
  }
  if (!opened.ok()) return database_error(options_.path, opened);
  auto numbers = read_numbers(*open_.database, options_.path);
  if (!numbers && !loss_) return numbers.error();
  open_.numbers = numbers ? *numbers : StoreNumbers{};
  const std::uint64_t sequence = open_.database->GetLatestSequenceNumber();
  if (!loss_) {
    if (Status kept = check_high_water(open_.numbers, sequence, open_.high_water.value(), options_.path); !kept) return kept;
    if (listener_->take_dropped()) say(LogLevel::info, "a write that was never synced was torn by a crash and is dropped");
  } else if (Status mended = mend(); !mended) {
    return mended;
  }
  return save_numbers();
}

// After an accepted loss: numbers go on behind everything that was ever given, and holes are no errors.
Status Opener::mend() {
  const HighWater& promised = open_.high_water.value();
  const auto mend_log = [this](Kind kind, LogSpan& span, std::uint64_t last) {
    const std::unique_ptr<rocksdb::Iterator> at(open_.database->NewIterator(rocksdb::ReadOptions()));
    std::uint64_t first = 0;
    at->Seek(key_of(kind, std::uint64_t{0}));
    if (at->Valid() && at->key().starts_with(key_of(kind))) first = read_u64(at->key().ToStringView(), 1);
    at->SeekForPrev(end_of(kind));
    std::uint64_t found = 0;
    if (at->Valid() && at->key().starts_with(key_of(kind))) found = read_u64(at->key().ToStringView(), 1);
    span.last = std::max({span.last, last, found});
    span.holes_to = span.last;
    if (found == 0) span.dropped = span.last;
    if (first > 0) span.dropped = std::max(span.dropped, first - 1);
    return at->status();
  };
  StoreNumbers& numbers = open_.numbers;
  for (const rocksdb::Status& status :
       {mend_log(Kind::inbox, numbers.inbox, promised.inbox), mend_log(Kind::log, numbers.log, promised.log),
        mend_log(Kind::outbox, numbers.outbox, promised.outbox)}) {
    if (!status.ok()) return database_error(options_.path, status);
  }
  return {};
}

// From here on the high-water file speaks of this database.
Status Opener::save_numbers() {
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const rocksdb::Status saved = open_.database->Put(synced, key_of(Kind::numbers), encode_numbers(open_.numbers));
  if (!saved.ok()) return database_error(options_.path, saved);
  const StoreNumbers& numbers = open_.numbers;
  if (Status written = open_.high_water.write(
          {open_.database->GetLatestSequenceNumber(), numbers.inbox.last, numbers.log.last, numbers.outbox.last});
      !written)
    return written;
  return open_.high_water.sync();
}

}  // namespace

OpenStore::OpenStore() = default;
OpenStore::OpenStore(OpenStore&&) noexcept = default;
OpenStore& OpenStore::operator=(OpenStore&&) noexcept = default;
OpenStore::~OpenStore() {
  if (database && !read_only) (void)high_water.sync();
}

Error database_error(const std::string& path, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  if (status.IsNoSpace()) return {fmt::format("no space left on the disk; free some ({})", text), path};
  if (status.IsIOError() && !status.IsPathNotFound() && text.find("No such file") == std::string::npos)
    return {fmt::format("the disk fails: {}", text), path};
  return damage(path, text);
}

Error damage(const std::string& path, const std::string& what) {
  return {
      fmt::format("synced data is lost or damaged: {}. Restore a backup, or go on with what is left: --accept-data-loss", what),
      path};
}

Result<OpenStore> open_parts(const StoreOptions& options, const Log& log, std::shared_ptr<rocksdb::FileSystem> files) {
  return Opener(options, log, std::move(files)).run();
}

}  // namespace vedette::connectors
