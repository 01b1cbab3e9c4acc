// A refused record as the store keeps it. Pure; any thread.
#pragma once

#include "connectors/store/store.h"
#include "engine/event/decoder.h"
#include "engine/event/record.h"

namespace vedette::app {

[[nodiscard]] connectors::StoredReject stored_reject(const event::Origin& origin, const event::Reject& reject);

}  // namespace vedette::app
