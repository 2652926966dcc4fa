#include "sidecar/destination_check.hpp"

#include "runtime/base/log.hpp"
#include "runtime/base/stop_signals.hpp"
#include "runtime/destination/choice/open_destination.hpp"
#include "runtime/destination/trial.hpp"
#include "runtime/log/stderr_log.hpp"
#include "schema/json/json_tree.hpp"
#include "sidecar/task_parts.hpp"

#include <nlohmann/json.hpp>

#include <poll.h>

#include <algorithm>

namespace motorcade {

namespace {

/// The longest wait for one answer of the destination: a person waits for the
/// check.
constexpr std::chrono::seconds trial_patience{60};

task_result to_result(const failure* trouble) {
  task_result out;
  nlohmann::ordered_json answer{{"status", trouble ? "FAILED" : "SUCCEEDED"}};
  if (trouble) {
    out.reason = mask_secrets(to_failure_reason(*trouble));
    answer["message"] = "destination: " + out.error();
  } else {
    out.status = task_status::success;
    out.exit_code = 0;
  }
  out.document = write_json(answer);
  return out;
}

} // namespace

task_result check_destination(const sidecar_settings& settings,
                              const std::string& destination_config) {
  auto limits = to_destination(settings);
  limits.stall_timeout =
      std::min(limits.stall_timeout, std::chrono::milliseconds{trial_patience});
  limits.response_timeout = std::min(limits.response_timeout,
                                     std::chrono::milliseconds{trial_patience});
  auto where = open_destination(limits, destination_config, settings.task_id);
  if (!where) {
    log::error("{}", where.error().what);
    auto out = to_result(&where.error());
    out.exit_code = where.error().code == ec::invalid_argument ? 2 : 1;
    return out;
  }
  trial_request trial{settings.sync_id, settings.task_id,
                      settings.target_namespace};
  // The namespaces of a source's streams are not known.
  if (trial.target_namespace.find("${") != std::string::npos)
    trial.target_namespace.clear();
  const auto signals = watch_stop_signals();
  const auto stopped = [&signals] {
    pollfd told{signals.get(), POLLIN, 0};
    return ::poll(&told, 1, 0) > 0;
  };
  if (auto tried = try_destination(**where, trial, stopped); !tried) {
    log::error("the destination cannot be used: {}",
               mask_secrets(tried.error().what));
    auto out = to_result(&tried.error());
    if (stopped())
      out.status = task_status::cancelled;
    return out;
  }
  log::info("the destination can be used: {}",
            (*where)->drops_tables()
                ? "a table was made, filled and dropped"
                : "the server took an empty request; whether its warehouse "
                  "can be written shows with the first rows");
  return to_result(nullptr);
}

} // namespace motorcade
