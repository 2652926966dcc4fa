#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace motorcade {

/// Shortens a text for a column, a list or a document.
///
/// A text that is too long keeps its head and its tail: a Python traceback says
/// what was done first and why it failed last. `… (1234 characters cut) …`
/// stands where the rest was. If `most` leaves no room for that, the head
/// alone is kept.
/// @param text UTF-8; it is never cut within a character.
/// @param most How many characters the outcome has at most.
std::string cut_middle(std::string_view text, size_t most);

} // namespace motorcade
