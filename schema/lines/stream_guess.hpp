#pragma once

#include "schema/base/stream_id.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The streams of a catalog that may be meant by a name that is not in it.
struct stream_guess {
  /// Indexes of the streams that are equally near; empty: none is near.
  std::vector<size_t> streams;
  /// In words, how the names differ, e.g. `they differ only in case`.
  std::string_view difference;
  /// The names differ in more than how they are written, so that the name may
  /// well be another stream's.
  bool may_be_another = false;
};

/// @returns a name in the form in which it equals names that are written
/// otherwise: escapes decoded, in Unicode's full case folding and compatibility
/// decomposition, without blanks and what separates words.
std::u32string fold_name(std::string_view name);

/// Finds streams whose names are the same but for how they are written: case,
/// Unicode form, blanks, separators, escapes, or a namespace that is missing on
/// one side. If there is none, finds those whose names are near
/// (`may_be_another`): a qualifier before a dot, singular and plural, or one
/// letter; never a digit.
stream_guess guess_stream(const stream_id& sent,
                          std::span<const stream_id> catalog);

} // namespace motorcade
