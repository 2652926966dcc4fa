#include "controller/syncs/run_outcome.hpp"

#include "schema/json/json_tree.hpp"
#include "schema/task/failure_reason.hpp"
#include "schema/task/rejected_rows.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <utility>

namespace motorcade {

namespace {

/// @returns whether a failure lies in the request, so that the same request is
/// refused again.
bool is_lasting(ec code) {
  return code == ec::invalid_argument || code == ec::invalid_catalog;
}

} // namespace

bool may_begin_later(ec code) {
  return code == ec::already_exists || code == ec::too_busy
         || code == ec::service_unavailable || code == ec::database_unavailable
         || code == ec::timed_out;
}

follow_up follow_up_of(ec code) {
  return is_lasting(code) ? follow_up::count : follow_up::retry;
}

follow_up follow_up_of(std::string_view error, bool rows) {
  return tells_config_error(error) ? follow_up::count
         : rows                    ? follow_up::retry_anew
                                   : follow_up::retry;
}

follow_up follow_up_of_part(std::string_view error) {
  return tells_rejected_rows(error) ? follow_up::count
                                    : follow_up_of(error, false);
}

std::string as_config_error(std::string text) {
  return tells_config_error(text) ? text : std::move(text) + " (config_error)";
}

std::string describe_refusal(const failure& why) {
  return is_lasting(why.code) ? as_config_error(why.what) : why.what;
}

run_figures figures_of(const task_record& task) {
  const auto metrics = nlohmann::json::parse(task.metrics, nullptr, false);
  // A sidecar that ends a task tells why it failed. Otherwise the task was
  // ended for its sidecar, and the figures are those of its last report: there
  // may have been more, and of 0 nothing is known.
  const auto final = task.status == task_status::success
                     || task.status == task_status::partial
                     || member_at(metrics, "failure").is_object();
  const auto number = [&](const char* name) -> std::optional<uint64_t> {
    const auto& found = member_at(metrics, name);
    if (!found.is_number_unsigned())
      return {};
    const auto out = found.get<uint64_t>();
    return final || out > 0 ? std::optional{out} : std::nullopt;
  };
  return {number("committed_rows"), number("bytes")};
}

} // namespace motorcade
