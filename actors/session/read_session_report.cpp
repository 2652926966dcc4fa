// The reports of a read session about its streams and counts.
#include "actors/session/read_session.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace motorcade {

std::vector<stream_summary> read_session::summaries() const {
  std::vector<stream_summary> out;
  for (const auto& life : streams_) {
    auto error = life.failure();
    // A complete stream does not lack rows because of the error.
    if (error
        && (life.end == stream_end::incomplete || life.trace_errors.get()))
      add_exit_code(*error);
    out.push_back({life.config.id.key(), life.rows, life.bytes, life.status(),
                   error ? to_brief(*error) : std::string{}});
  }
  return out;
}

session_totals read_session::totals() const {
  session_totals out;
  out.lines = lines_;
  out.bytes = bytes_;
  out.states_saved = states_saved_;
  out.faults = faults_;
  double expected = 0;
  double got = 0;
  auto known = !streams_.empty();
  for (const auto& life : streams_) {
    out.rows += life.rows;
    out.row_bytes += life.bytes;
    out.committed_rows += life.committed_rows;
    if (life.end == stream_end::complete) {
      expected += static_cast<double>(life.rows);
      got += static_cast<double>(life.rows);
    } else if (life.estimate && life.estimate->rows.value_or(0) > 0) {
      expected += *life.estimate->rows;
      got += std::min(static_cast<double>(life.rows), *life.estimate->rows);
    } else {
      known = false;
    }
  }
  if (known && expected > 0)
    out.done = got / expected;
  else if (estimate_ && estimate_->rows.value_or(0) > 0)
    out.done = std::min(1.0, static_cast<double>(out.rows) / *estimate_->rows);
  return out;
}

std::string read_session::metrics(const failure_reason* reason) const {
  auto all = totals();
  uint64_t rejected = unattributed_rows_;
  uint64_t failed = 0;
  for (const auto& life : streams_) {
    rejected += life.rejected_rows;
    failed += life.failed_rows;
  }
  nlohmann::ordered_json out = {{"lines", all.lines},
                                {"bytes", all.bytes},
                                {"rows", all.rows + rejected},
                                {"committed_rows", all.committed_rows},
                                {"rejected_rows", rejected},
                                {"failed_rows", failed},
                                {"states_saved", all.states_saved}};
  for (const auto& life : streams_)
    if (life.estimate && life.estimate->rows.value_or(0) > 0)
      out["estimated_rows"][life.config.id.key()] =
          static_cast<uint64_t>(std::min(*life.estimate->rows, 1e18));
  if (unread_.found_in_text() > 0)
    out["found_in_text"] = unread_.found_in_text();
  for (size_t i = 0; i < message_kind_count; ++i)
    if (auto n = unread_.by_kind()[i]; n > 0)
      out["unreadable"][std::string{to_string(static_cast<message_kind>(i))}] =
          n;
  for (size_t i = 0; i < message_kind_count; ++i)
    if (auto n = unread_.on_stderr()[i]; n > 0)
      out["on_stderr"][std::string{to_string(static_cast<message_kind>(i))}] =
          n;
  for (size_t i = 0; i < faults_.size(); ++i)
    if (faults_[i] > 0)
      out["faults"][std::string{to_string(static_cast<line_fault>(i))}] =
          faults_[i];
  if (reason != nullptr)
    out["failure"] =
        nlohmann::ordered_json::parse(to_json(*reason, /*with_stack*/ false));
  return out.dump();
}

} // namespace motorcade
