// Counts what operator new hands out in this test program (allocations.cc replaces it). Any thread.
#pragma once

#include <cstddef>

namespace vedette::match::fixture {

[[nodiscard]] std::size_t allocations();

}  // namespace vedette::match::fixture
