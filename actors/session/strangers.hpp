#pragma once

#include "schema/base/stream_id.hpp"
#include "schema/catalog/stream_guess.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// Streams that a connector speaks of and that the catalog does not have.
class strangers {
public:
  /// @param catalog All streams of the catalog.
  explicit strangers(std::vector<stream_id> catalog);

  /// @returns which streams of the catalog may be meant by a name that is not
  /// in it. Valid until the next call.
  const stream_guess& guess(const stream_id& sent) {
    return guesses_.find(sent);
  }

  /// @returns `; perhaps users is meant: they differ only in case`; empty: no
  /// name of the catalog is similar.
  std::string in_words(const stream_id& sent);

  /// @returns whether the stream was not reported before; false for every new
  /// name after the first thousand, so that memory is bounded.
  bool reports_first_time(const stream_id& sent);

  /// Counts dropped rows of streams that resemble none in the catalog.
  void add_rows(uint64_t rows) { rows_ += rows; }

  /// Notes the name of a stream whose rows were dropped.
  void add_name(std::string_view key);

  /// @returns the sum of `add_rows`.
  uint64_t rows() const { return rows_; }

  /// @returns e.g. `3 rows of streams that the catalog does not name (audit,
  /// events)`.
  std::string describe_rows() const;

private:
  stream_guesses guesses_;
  std::set<std::string> reported_;
  uint64_t rows_ = 0;
  /// The first few names of streams whose rows were dropped.
  std::vector<std::string> names_;
};

} // namespace motorcade
