#pragma once

#include "schema/base/stream_id.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// Which streams of a catalog a name that it does not have may stand for.
struct stream_guess {
  /// Indexes of the streams that are equally near; empty: none is near.
  std::vector<size_t> streams;
  /// In words, how the names differ, e.g. `only the case differs`.
  std::string_view difference;
};

/// @returns a name as it compares with others that are written a little
/// otherwise: escapes decoded, letters without their case and in Unicode's
/// decomposed form, without blanks and what separates words.
std::string fold_name(std::string_view name);

/// Finds streams whose names are the same but for how they are written: case,
/// Unicode form, blanks, separators, escapes, or a namespace that is missing on
/// one side. Names that differ in a letter are different names.
stream_guess guess_stream(const stream_id& sent,
                          std::span<const stream_id> catalog);

} // namespace motorcade
