#pragma once

#include "schema/base/result.hpp"
#include "schema/json/json_view.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// Takes members out of the objects of a sync's definition and keeps the first
/// thing that is wrong. A member that is null counts as absent.
class definition_reader {
public:
  /// The longest text, in bytes.
  static constexpr size_t longest_name = 500;
  /// The most elements of a list of texts.
  static constexpr size_t most_texts = 10'000;

  /// @returns the first thing that is wrong; nothing: all is fine.
  const std::optional<failure>& fault() const { return fault_; }

  /// Notes that something is wrong at a place, e.g. `retries.pauseAfter`.
  void refuse(const std::string& place, const std::string& why);

  /// Refuses members of other names, with the known name that is nearest.
  void allow(json_view object, const std::string& place,
             std::initializer_list<std::string_view> known);

  /// @returns the member if it is there and an object.
  std::optional<json_view> object(json_view from, std::string_view name,
                                  const std::string& place);

  /// @returns the member, a text; empty if it is not there. What is longer
  /// than `longest` bytes is refused.
  std::string text(json_view from, std::string_view name,
                   const std::string& place, bool required = false,
                   size_t longest = longest_name);

  /// @returns the member, true or false; `otherwise` if it is not there.
  bool flag(json_view from, std::string_view name, const std::string& place,
            bool otherwise);

  /// @returns the value as a whole number from 0 to `most`.
  uint64_t whole(json_view value, const std::string& place, double most);

  /// @returns the value as a text that is not empty.
  /// @param kind What the value must be, e.g. `a list of columns`.
  std::string name(json_view value, const std::string& place,
                   std::string_view kind);

  /// Refuses a text with a NUL character, which neither Postgres nor an
  /// environment variable can hold.
  void expect_no_nul(std::string_view text, const std::string& place);

  /// @returns the value as a list of texts that are not empty.
  std::vector<std::string> texts(json_view value, const std::string& place);

  /// @returns the member unless it is null.
  static std::optional<json_view> found(json_view from, std::string_view name);

private:
  std::optional<failure> fault_;
};

} // namespace motorcade
