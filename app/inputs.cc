#include "app/inputs.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <utility>

namespace vedette::app {

namespace {

namespace fs = std::filesystem;

bool is_event_file(const std::string& name) {
  std::string_view rest = name;
  for (const std::string_view packed : {std::string_view(".gz"), std::string_view(".zst")}) {
    if (rest.ends_with(packed)) {
      rest.remove_suffix(packed.size());
      break;
    }
  }
  constexpr std::array<std::string_view, 4> kEndings = {".ndjson", ".json", ".jsonl", ".log"};
  return std::any_of(kEndings.begin(), kEndings.end(), [&](std::string_view ending) { return rest.ends_with(ending); });
}

int year_of(std::time_t time) {
  std::tm parts = {};
  return gmtime_r(&time, &parts) == nullptr ? 0 : parts.tm_year + 1900;
}

Status add_file(const std::string& path, std::vector<InputFile>& files) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) return Error{"no such file or directory", path};
  const std::uint64_t size = S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
  files.push_back({path, size, year_of(status.st_mtime)});
  return {};
}

Status add_directory(const std::string& path, std::vector<InputFile>& files) {
  std::error_code code;
  std::vector<std::string> found;
  for (fs::recursive_directory_iterator it(path, fs::directory_options::follow_directory_symlink, code), end; !code && it != end;
       it.increment(code)) {
    if (it->is_regular_file(code) && is_event_file(it->path().filename().string())) found.push_back(it->path().string());
  }
  if (code) return Error{"cannot be walked: " + code.message(), path};
  if (found.empty()) return Error{"holds no event files (*.ndjson, *.json, *.jsonl, *.log, plain, .gz or .zst)", path};
  std::sort(found.begin(), found.end());
  for (const std::string& file : found) {
    const Status added = add_file(file, files);
    if (!added) return added;
  }
  return {};
}

}  // namespace

Result<std::vector<InputFile>> expand_inputs(const std::vector<std::string>& given) {
  std::vector<InputFile> files;
  for (const std::string& path : given) {
    std::error_code code;
    if (path == "-") {
      const bool twice = std::any_of(files.begin(), files.end(), [](const InputFile& file) { return file.path == "-"; });
      if (twice) return Error{"- (stdin) is given twice"};
      files.push_back({path, 0, year_of(std::time(nullptr))});
      continue;
    }
    const Status added = fs::is_directory(path, code) ? add_directory(path, files) : add_file(path, files);
    if (!added) return added.error();
  }
  return files;
}

Result<std::unique_ptr<InputReader>> InputReader::open(const InputFile& file, std::size_t input,
                                                       std::shared_ptr<const event::Origin> origin, event::Framing framing) {
  std::unique_ptr<InputReader> made(new InputReader(input, origin));
  connectors::FileReaderOptions options;
  options.framing = framing;
  options.on_reject = [reader = made.get(), path = file.path](const event::Origin&, const event::Reject& reject) {
    reader->rejects_.push_back({path, std::string(reject.reason), reject.message, std::string(reject.bytes), reject.line});
  };
  auto opened = connectors::FileReader::open(file.path, std::move(origin), std::move(options));
  if (!opened) return opened.error();
  made->reader_ = std::move(*opened);
  return made;
}

Result<Job> InputReader::next() {
  Job job;
  auto more = reader_->next(job.batch);
  if (!more) return more.error();
  finished_ = !*more;
  job.input = input_;
  job.last = finished_;
  job.bytes_read = reader_->bytes_read();
  job.framing_rejects = std::exchange(rejects_, {});
  if (finished_) {
    job.batch = {};
    job.batch.origin = origin_;
    return job;
  }
  const bool text = std::any_of(job.batch.records.begin(), job.batch.records.end(), [](const event::RawRecord& record) {
    return !record.bytes.empty() && record.bytes.front() != '{' && record.bytes.front() != '[';
  });
  if (text) {
    job.line_clock = line_clock_;
    job.turn = text_jobs_++;
  }
  return job;
}

}  // namespace vedette::app
