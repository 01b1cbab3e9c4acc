// OutboxAlert as bytes: what lies in the outbox. Versioned, checksummed and bounds-checked: damaged bytes give an Error that
// names the place, never a wrong alert. The number is the store's and not among the bytes. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/sinks/sink.h"
#include "engine/base/result.h"

namespace vedette::connectors {

[[nodiscard]] std::string encode_outbox_alert(const OutboxAlert& alert);
[[nodiscard]] Result<OutboxAlert> decode_outbox_alert(std::uint64_t number, std::string_view bytes);

}  // namespace vedette::connectors
