#include "bench/live/inbox.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "connectors/sources/batch_builder.h"
#include "connectors/sources/record_source.h"
#include "connectors/store/store.h"
#include "engine/event/record_codec.h"

namespace vedette::bench {
namespace {

constexpr std::uint64_t kBatchesPerWrite = 512;

class Filler {
 public:
  Filler(connectors::Store& store, const std::string& source) : store_(store), number_(store.last_inbox()) {
    event::Origin origin;
    origin.source_name = source;
    origin_ = std::make_shared<const event::Origin>(std::move(origin));
  }
  // As a hook keeps it: the body is one record.
  void add(const Request& request) {
    const TimeUs now = connectors::system_clock_now();
    connectors::BatchBuilder builder(origin_);
    builder.add(request.bytes, now, 1, 0);
    event::RecordBatch batch;
    builder.take(batch);
    changes_.inbox.push_back({++number_, now, event::encode_records(batch)});
    ++result_.batches;
    result_.events += request.events;
    if (changes_.inbox.size() >= kBatchesPerWrite) write();
  }
  void write() {
    if (changes_.empty()) return;
    const connectors::WriteResult written = store_.write(changes_);
    if (written.outcome != connectors::WriteOutcome::ok) result_.error = written.message;
    changes_.clear();
  }
  [[nodiscard]] const InboxResult& result() const { return result_; }

 private:
  connectors::Store& store_;
  std::shared_ptr<const event::Origin> origin_;
  std::uint64_t number_;
  connectors::Changes changes_;
  InboxResult result_;
};

}  // namespace

InboxResult fill_inbox(const std::string& path, const std::string& source, std::uint64_t batches, RequestOptions options) {
  auto store = connectors::open_store({.path = path}, {});
  if (!store) return {0, 0, store.error().to_string()};
  options.probe_every = 0;
  RequestMill mill(std::move(options));
  Filler filler(**store, source);
  filler.add(mill.opening());
  for (std::uint64_t i = 0; i < batches && filler.result().error.empty(); ++i) filler.add(mill.next());
  filler.add(mill.last());
  filler.write();
  return filler.result();
}

}  // namespace vedette::bench
