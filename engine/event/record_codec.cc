#include "engine/event/record_codec.h"

#include <cstddef>
#include <vector>

#include "engine/base/wire.h"

namespace vedette::event {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

std::string encode_records(const RecordBatch& batch) {
  std::string bytes;
  bytes.reserve(batch.buffer.size() + 64 + batch.records.size() * 16);
  WireWriter writer(bytes);
  writer.byte(kVersion);
  writer.text(batch.origin->source_name);
  writer.text(batch.origin->partition);
  writer.text(batch.origin->tenant);
  writer.number(batch.records.size());
  for (const RawRecord& record : batch.records) {
    writer.text(record.bytes);
    writer.signed_number(record.arrival);
    writer.number(record.position);
    writer.number(record.line);
  }
  return bytes;
}

Result<RecordBatch> decode_records(std::string_view bytes, const OriginOf& origin_of) {
  WireReader reader(bytes);
  const std::uint8_t version = reader.byte();
  if (version > kVersion) return Error{"the inbox was written by a newer version of vedette"};
  const std::string_view name = reader.text(), partition = reader.text(), tenant = reader.text();
  RecordBatch batch;
  batch.records.resize(reader.count(4));
  std::vector<std::size_t> begins;
  for (RawRecord& record : batch.records) {
    begins.push_back(batch.buffer.size());
    record.bytes = reader.text();
    batch.buffer += record.bytes;
    record.arrival = reader.signed_number();
    record.position = reader.number();
    record.line = reader.number();
  }
  if (!reader.ok() || !reader.at_end() || version == 0) return Error{"an entry of the inbox is damaged"};
  batch.buffer.append(kPadding, '\0');
  for (std::size_t i = 0; i < batch.records.size(); ++i) {
    batch.records[i].bytes = std::string_view(batch.buffer).substr(begins[i], batch.records[i].bytes.size());
  }
  batch.origin = origin_of(name, partition, tenant);
  return batch;
}

}  // namespace vedette::event
