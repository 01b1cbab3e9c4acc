// Edits of a file's text under the nodes of its located tree: the machine-applicable half of a diagnostic. Every function
// looks at the source bytes and gives nothing where they are not plainly what the tree says (escapes, folded lines,
// comments in between). Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/diagnostic.h"
#include "rules/yaml/node.h"

namespace vedette::yaml {

// Bytes [begin, end) of a file.
struct Span {
  std::size_t begin = 0, end = 0;
};

// A scalar that stands on one line as its text, quotes included.
[[nodiscard]] std::optional<Span> span_of(const File& file, const Node& scalar);

// The whole scalar becomes `text`, quoted as before, or quoted now when plain text would read as something else.
[[nodiscard]] std::optional<Edit> replace_scalar(const File& file, const Node& scalar, std::string_view text);

// Bytes [offset, offset + length) of the scalar's text become `text`, which must be safe where it stands.
[[nodiscard]] std::optional<Edit> replace_part(const File& file, const Node& scalar, std::size_t offset, std::size_t length,
                                               std::string_view text);

// At a place that shows `expected`: `text` instead.
[[nodiscard]] std::optional<Edit> replace_at(const File& file, const Location& where, std::string_view expected,
                                             std::string_view text);

// Removes a member that is not the first, with its line or comma.
[[nodiscard]] std::optional<Edit> remove_member(const File& file, const Node& sequence, std::size_t index);

// `key: [x]` or a list of one line becomes `key: x`.
[[nodiscard]] std::optional<Edit> unwrap_single(const File& file, const Node& key, const Node& sequence);

}  // namespace vedette::yaml
