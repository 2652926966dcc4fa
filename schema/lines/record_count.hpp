#pragma once

#include "schema/json/json_view.hpp"

#include <optional>
#include <string>

namespace motorcade {

/// How many records a connector says that it sent (`sourceStats.recordCount` of
/// a STATE): a double by the protocol, and in practice any JSON value.
struct record_count {
  record_count() = default;

  /// Implicit: a number is a count.
  record_count(double number);

  /// The count; nothing if the value is negative or is not a number. Numbers
  /// that are too large for a double are infinite.
  std::optional<double> value;
  /// The value as the connector wrote it, for messages: at most 80 bytes, in
  /// double quotes if it is not a number.
  std::string written;
};

/// @param value Any JSON value but null.
record_count read_record_count(const json_view& value);

} // namespace motorcade
