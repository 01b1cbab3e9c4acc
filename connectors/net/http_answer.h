// An answer as the bytes that go to the client, in one piece. Pure; any thread.
#pragma once

#include <string>

#include "connectors/net/http_server.h"

namespace vedette::connectors {

struct HttpAnswerForm {
  unsigned version = 11;   // of the request: 10 or 11
  bool keep_alive = true;  // the connection goes on
  bool head_only = false;  // the request was a HEAD: the length is said, the body is not sent
};

[[nodiscard]] std::string encode_answer(const HttpResponse& answer, const HttpAnswerForm& form);

}  // namespace vedette::connectors
