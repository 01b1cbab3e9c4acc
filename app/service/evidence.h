// The bodies of events behind alerts: their key in the store, and the admin endpoint that hands one out,
// `GET /api/v1/evidence?event=okta:7f3c&tenant=acme`, the event as alerts name it. Pure but for the store; any thread.
#pragma once

#include <string>
#include <string_view>

#include "connectors/net/http_server.h"
#include "connectors/store/store.h"

namespace vedette::app {

[[nodiscard]] std::string evidence_key(std::string_view tenant, std::string_view source_type, std::string_view id);

// 200 with the body as it was received, `X-Vedette-Truncated: true` when it was too long to keep whole; 400; 404.
[[nodiscard]] connectors::HttpResponse evidence_response(const connectors::Store& store, std::string_view query);

}  // namespace vedette::app
