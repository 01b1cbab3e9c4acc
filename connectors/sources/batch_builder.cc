#include "connectors/sources/batch_builder.h"

#include <utility>

namespace vedette::connectors {

void BatchBuilder::add(std::string_view bytes, TimeUs arrival, std::uint64_t line, std::uint64_t position) {
  batch_.buffer.append(bytes);
  event::RawRecord record;
  record.arrival = arrival;
  record.line = line;
  record.position = position;
  batch_.records.push_back(record);
  ends_.push_back(batch_.buffer.size());
}

void BatchBuilder::take(event::RecordBatch& out) {
  batch_.buffer.append(event::kPadding, '\0');
  std::size_t start = 0;
  for (std::size_t i = 0; i < ends_.size(); ++i) {
    batch_.records[i].bytes = std::string_view(batch_.buffer).substr(start, ends_[i] - start);
    start = ends_[i];
  }
  batch_.origin = origin_;
  batch_.sequence = 0;
  std::swap(out, batch_);
  batch_.buffer.clear();
  batch_.records.clear();
  batch_.origin.reset();
  ends_.clear();
}

}  // namespace vedette::connectors
