#pragma once

#include "schema/json/structural_index.hpp"
#include "schema/lines/message.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace motorcade {

/// The form of a RECORD: all that a connector prints the same in each of them,
/// which is the line without its stream, namespace, data, time and meta.
///
/// A text that was found valid once is valid wherever it stands again at the
/// start of a line, or behind a value that is complete, and its structurals are
/// the same: only the values between must be looked at.
class record_form {
public:
  /// Takes the form of a line that `structural_walk` has found to be a simple
  /// record, in place of an earlier one.
  /// @param first The line's first structural.
  /// @param last The index behind its last structural.
  void take(const structural_index& of, size_t first, size_t last,
            const record_message& record);

  /// Reads the line that begins at structural `first`.
  /// @returns the index behind the line's last structural; `none`: it has
  /// another form, or is not valid.
  size_t match(const structural_index& of, size_t first);

  /// @returns what the last line that matched has, as `structural_walk` finds
  /// it. Precondition: `match` found it to be of this form.
  const record_message& record() const { return record_; }

private:
  /// The values of a record, in the order of their places in a line.
  enum class value : uint8_t { string, object, number, nothing };

  /// A text that stands the same in each line, and the value behind it.
  struct part {
    uint32_t size = 0;
    /// The structurals that begin in it; the opening quote of a string behind
    /// it is one of them.
    uint32_t structurals = 0;
    /// Where in it the first structural lies.
    uint32_t lead = 0;
    value kind = value::nothing;
    std::string_view record_message::*field = nullptr;
  };

  static constexpr size_t most_parts = 6;

  /// The texts of all parts, one behind the other.
  std::string texts_;
  std::array<part, most_parts> parts_ = {};
  size_t count_ = 0;
  /// Fields that the form does not have are empty; `match` sets the others.
  record_message record_;
};

} // namespace motorcade
