#pragma once

#include "schema/base/stream_id.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
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

/// The longest name and the longest namespace of a stream that are compared and
/// kept, in bytes: a connector may send any.
inline constexpr size_t longest_stream_name = 512;

/// @returns the stream's key, with the head alone of a name or namespace beyond
/// `longest_stream_name`.
std::string short_key(const stream_id& id);

/// A stream's name in the form in which it is compared.
struct folded_name {
  /// Folds namespace and name.
  explicit folded_name(const stream_id& id);

  std::u32string name;
  std::u32string name_space;
  /// The namespace with the name behind it.
  std::u32string both;
  /// The digits of the name.
  std::u32string digits;
  /// The parts of namespace and name, which dots divide.
  std::vector<std::u32string> parts;
};

/// Finds streams of a catalog whose names are the same but for how they are
/// written: case, Unicode form, blanks, separators, escapes, or a namespace
/// that is missing on one side. If there is none, finds those whose names are
/// near (`may_be_another`): a qualifier before a dot, singular and plural, or
/// one letter; never a digit. The catalog is folded once.
class stream_guesses {
public:
  /// @param catalog The streams that may be meant.
  explicit stream_guesses(std::vector<stream_id> catalog);

  /// @returns the streams that may be meant by a name that is not in the
  /// catalog; none if it is beyond `longest_stream_name`. Each of some names is
  /// looked at once. Valid until the next call.
  const stream_guess& find(const stream_id& sent);

  /// @returns the catalog.
  const std::vector<stream_id>& catalog() const noexcept { return catalog_; }

private:
  /// @returns what `find` keeps.
  stream_guess guess(const stream_id& sent) const;

  std::vector<stream_id> catalog_;
  std::vector<folded_name> folded_;
  std::unordered_map<stream_id, stream_guess> known_;
};

} // namespace motorcade
