// Records as bytes: what the inbox of the durable service holds of a batch that a push source received. Versioned and
// bounds-checked. Pure, any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/event/record.h"

namespace vedette::event {

[[nodiscard]] std::string encode_records(const RecordBatch& batch);

// origin_of: the origin of a source name, partition and tenant; never null.
using OriginOf =
    std::function<std::shared_ptr<const Origin>(std::string_view name, std::string_view partition, std::string_view tenant)>;
[[nodiscard]] Result<RecordBatch> decode_records(std::string_view bytes, const OriginOf& origin_of);

}  // namespace vedette::event
