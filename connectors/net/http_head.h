// What a request's head must look like, byte by byte, before any parser sees it: everything on which two readers could
// disagree about where a request ends (request smuggling) is refused. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace vedette::connectors {

// The length of the head including its empty line; nullopt when that has not come. `from`: bytes already searched.
[[nodiscard]] std::optional<std::size_t> head_length(std::string_view bytes, std::size_t from);

// What is wrong with bytes of a head that may be incomplete: a line end without CR, a control character, no method in front.
[[nodiscard]] std::optional<std::string_view> objection_to_bytes(std::string_view bytes, std::size_t from);

// What is wrong with a whole head: line folding, blanks around a name, Content-Length that is repeated, signed or beside
// Transfer-Encoding, any transfer coding but one `chunked`, several Host.
[[nodiscard]] std::optional<std::string_view> objection_to_head(std::string_view head);

}  // namespace vedette::connectors
