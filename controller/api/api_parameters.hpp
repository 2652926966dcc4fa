#pragma once

#include "controller/api/api_cursor.hpp"
#include "runtime/http/server/http_server.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// @returns whether the text is UTF-8 without control characters.
bool is_plain_text(std::string_view text);

/// Reads query parameters and gathers their faults. An empty parameter counts
/// as not given. An unknown name is a fault: otherwise a
/// misspelt parameter would be ignored in silence.
class api_parameters {
public:
  /// The longest id, in bytes.
  static constexpr size_t id_limit = 200;
  /// The longest name of an image that can be started, in bytes.
  static constexpr size_t image_limit = 255;

  /// @param query Outlives this.
  explicit api_parameters(const http_fields& query);

  /// @returns the value: UTF-8 without control characters, at most `limit`
  /// bytes; empty if it is not given or wrong. An id, which has at most
  /// `id_limit` bytes, is neither `.` nor `..`.
  std::string text(std::string_view name, size_t limit = id_limit);

  /// @returns the same of a parameter that must be given.
  std::string required(std::string_view name, size_t limit = id_limit);

  /// @returns the same; line ends are allowed.
  std::string lines(std::string_view name, size_t limit);

  /// @returns the value of `true`, `1`, `false` or `0`, or the default.
  bool flag(std::string_view name, bool otherwise = false);

  /// @returns the number from 1 to `most`, or the default.
  size_t count(std::string_view name, size_t otherwise, size_t most);

  /// @returns the number from 1 to `most`; 0: the parameter is not given. An
  /// empty one is refused: a client that wants to wait would get its answer at
  /// once.
  size_t seconds(std::string_view name, size_t most);

  /// @returns the place that a cursor of that kind names.
  std::optional<page_end> cursor(std::string_view name, char kind);

  /// @returns a time of RFC 3339, from 1970 to 2261.
  std::optional<wall_time> time(std::string_view name);

  /// @returns whether the parameter is there and not empty.
  bool given(std::string_view name) const { return !raw(name).empty(); }

  /// Allows a parameter that similar requests have and this one does not use.
  void allow(std::string_view name) { known_.emplace(name); }

  /// Notes that a parameter is wrong.
  void refuse(std::string_view name, std::string_view why);

  /// Notes that a parameter is missing.
  void miss(std::string_view name);

  /// Precondition: all parameters were asked for.
  /// @returns the answer 400 to the first fault; all missing parameters are in
  /// one answer, and so are all unknown ones.
  std::optional<http_reply> refusal() const;

private:
  /// @returns the first value of a parameter as it came; empty: it did not. The
  /// parameter counts as known from then on.
  std::string_view raw(std::string_view name) const;

  /// @returns whether the parameter is there, perhaps empty.
  bool is_there(std::string_view name) const;

  /// @returns an error that names the parameters which no call has read; empty
  /// if each was read.
  std::string unknown() const;

  const http_fields& query_;
  std::vector<std::string> missing_;
  std::string fault_;
  /// Those that were asked for.
  mutable std::set<std::string, std::less<>> known_;
};

} // namespace motorcade
