#pragma once

#include "runtime/database/sql_session.hpp"
#include "runtime/records/connector_usage.hpp"
#include "runtime/records/inquiry_answer.hpp"
#include "schema/base/result.hpp"

#include <chrono>
#include <optional>
#include <vector>

namespace motorcade {

/// Counts and sums over many rows of tasks. Fails as `task_records`.
class record_overview {
public:
  /// @param session Outlives it.
  explicit record_overview(sql_session& session) : session_{session} {}

  /// As `task_reader::connectors`.
  result<std::vector<connector_usage>>
  connectors(std::chrono::seconds age) const;

  /// As `task_records::answer`.
  result<std::optional<inquiry_answer>> answer(const inquiry_key& of,
                                               uint64_t most) const;

private:
  sql_session& session_;
};

} // namespace motorcade
