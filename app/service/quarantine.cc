#include "app/service/quarantine.h"

#include "connectors/sources/record_source.h"

namespace vedette::app {

connectors::StoredReject stored_reject(const event::Origin& origin, const event::Reject& reject) {
  connectors::StoredReject stored;
  stored.source = origin.source_name;
  stored.partition = origin.partition;
  stored.reason = reject.reason;
  stored.message = reject.message;
  stored.time = connectors::system_clock_now();
  stored.position = reject.position;
  stored.line = reject.line;
  stored.size = reject.bytes.size();
  stored.bytes = reject.bytes.substr(0, connectors::StoreLimits{}.reject_bytes);
  return stored;
}

}  // namespace vedette::app
