#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace motorcade {

/// Every kind of failure. Append only: the codes appear in logs.
enum class ec : uint8_t {
  none = 0,
  /// A setting, an argument or an input file is wrong; trying again is useless.
  invalid_argument,
  /// The catalog does not say what a ConfiguredAirbyteCatalog must say.
  invalid_catalog,
  /// The database cannot be reached or is too busy; the same write may pass
  /// later.
  database_unavailable,
  /// The database refused this very write; trying again is useless.
  database_rejected,
  /// The destination cannot be reached, answered 429 or 5xx, reset the
  /// connection or stalled; the same request may pass later.
  destination_unavailable,
  /// The destination refused this very request (400, 401, 404, disk full).
  destination_rejected,
  /// The operating system refused: a file, a pipe, a process.
  system_failed,
  /// A time limit ran out.
  timed_out,
  /// The task was told to stop.
  cancelled,
  /// Another service (control plane, object storage, collector) cannot be
  /// reached or says no; the same call may pass later.
  service_unavailable,
  /// There is such a task, or such an object, already.
  already_exists,
  /// There is no such thing.
  not_found,
  /// More is under way than can be done; the same call may pass later.
  too_busy,
};

/// @returns the enumerator's own name.
std::string_view to_string(ec code);

/// Why something did not work. `what` is one line for a person and never holds
/// a secret.
struct failure {
  ec code = ec::none;
  std::string what;
};

/// A value or the reason why there is none. The folders below `actors` do not
/// know CAF, so `caf::expected` cannot serve them.
template <class T>
class [[nodiscard]] result {
public:
  /// Holds a value.
  result(T value) : content_{std::in_place_index<0>, std::move(value)} {}

  /// Holds no value, for this reason.
  result(failure reason)
      : content_{std::in_place_index<1>, std::move(reason)} {}

  /// @returns whether it holds a value.
  explicit operator bool() const noexcept { return content_.index() == 0; }

  /// Precondition: holds a value.
  T& operator*() & { return std::get<0>(content_); }

  const T& operator*() const& { return std::get<0>(content_); }

  T&& operator*() && { return std::get<0>(std::move(content_)); }

  /// Precondition: holds a value.
  T* operator->() { return &std::get<0>(content_); }

  const T* operator->() const { return &std::get<0>(content_); }

  /// Precondition: holds no value.
  const failure& error() const { return std::get<1>(content_); }

private:
  std::variant<T, failure> content_;
};

/// Success, or the reason why not.
template <>
class [[nodiscard]] result<void> {
public:
  result() = default;

  /// Failed, for this reason.
  result(failure reason) : reason_{std::move(reason)}, failed_{true} {}

  /// @returns whether it is a success.
  explicit operator bool() const noexcept { return !failed_; }

  /// Precondition: failed.
  const failure& error() const { return reason_; }

private:
  failure reason_;
  bool failed_ = false;
};

} // namespace motorcade
