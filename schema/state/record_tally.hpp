#pragma once

#include "schema/lines/record_count.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace motorcade {

/// Compares what a connector counts (`sourceStats.recordCount` of a STATE) with
/// the rows that came since the last STATE.
class record_tally {
public:
  /// Counts rows that came.
  void add_rows(uint64_t rows) { rows_ += rows; }

  /// Counts rows that came and were rejected here; the connector counts them,
  /// too. Which state they stood before is not always known, so they are kept
  /// until a state counts them.
  void reject(uint64_t rows) { rejected_ += rows; }

  /// How a state's count differs from the rows that came.
  struct difference {
    /// The connector's count, as it was written.
    std::string counted;
    /// The value is not a count of records, so that nothing was compared.
    bool unusable = false;
    /// The rows that came, and how many of these were rejected.
    uint64_t rows = 0;
    uint64_t rejected = 0;
    /// The number of rows that the connector counts and that never came; 0: it
    /// counts fewer than came.
    uint64_t missing = 0;
    /// More are missing than `missing` can tell.
    bool at_least = false;
  };

  /// Takes the count of a STATE; the next one is compared with the rows from
  /// now on.
  /// @param counted The state's record count; nothing: it has none.
  /// @param unclear The number of lines that may have been such rows.
  /// @returns nothing if the count agrees, or there is none; of counts that
  /// are not usable the first alone.
  std::optional<difference> check(const std::optional<record_count>& counted,
                                  uint64_t unclear = 0);

private:
  uint64_t rows_ = 0;
  uint64_t rejected_ = 0;
  bool unusable_told_ = false;
};

/// @returns a sentence for the task's log.
std::string describe(const record_tally::difference& found);

} // namespace motorcade
