// Simple case folding (Unicode CaseFolding.txt, statuses C and S), the comparison of spec/rules §1.1 and of key texts.
// The table is generated (fold_table.inc). Malformed UTF-8 bytes fold to themselves. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vedette {

[[nodiscard]] char32_t fold_code_point(char32_t c);
// Appends the folded text; ASCII runs take a fast path. Folding may change the byte length.
void append_folded(std::string& out, std::string_view text);
[[nodiscard]] std::string folded(std::string_view text);
// True when folding leaves the text as it is (so a view of the original can serve as its key).
[[nodiscard]] bool is_folded(std::string_view text);
// True when the texts are equal after folding.
[[nodiscard]] bool equal_folded(std::string_view a, std::string_view b);

}  // namespace vedette
