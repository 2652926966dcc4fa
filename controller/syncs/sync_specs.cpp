#include "controller/syncs/sync_specs.hpp"

#include "controller/definitions/kept_sync.hpp"
#include "runtime/base/log.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/sync/hidden_values.hpp"
#include "schema/task/failure_reason.hpp"

#include <utility>

namespace motorcade {

namespace {

/// The age of a failed spec from which on a run asks again.
constexpr auto failure_age = std::chrono::hours{1};
/// The longest reason of a failed spec in a message, in characters.
constexpr size_t longest_reason = 300;

/// @returns whether the refusal of a start may pass by itself, so that it is
/// tried again at the next step.
bool may_pass(ec code) {
  return code == ec::too_busy || code == ec::service_unavailable
         || code == ec::database_unavailable || code == ec::timed_out;
}

} // namespace

task_request spec_task(const sync_definition& sync, wall_time now) {
  task_request out;
  out.command = "spec";
  out.package = sync.package;
  out.version = sync.version;
  out.started_at = now;
  return out;
}

result<known_spec> know_spec(sync_inputs& inputs, const sync_definition& sync) {
  auto told = inputs.told_spec(sync.package, sync.version);
  if (!told)
    return told.error();
  if (*told && tells_secrets((*told)->spec))
    return known_spec{std::move((*told)->spec), {}};
  known_spec out;
  out.missing = "the specification of " + sync.package + ':' + sync.version
                + ", which tells what is secret, is not known: ";
  if (!*told)
    out.missing += "nobody asked for it yet. ";
  else
    out.missing += "the connector gave none ("
                   + ((*told)->error.empty()
                          ? std::string{"it has no connectionSpecification"}
                          : excerpt((*told)->error, longest_reason))
                   + "). ";
  out.missing += "A run of the sync asks for it, as does GET /spec with this "
                 "package and version";
  return out;
}

result<std::vector<std::string>>
specs_of(sync_inputs& inputs, const sync_definition& sent,
         const std::optional<stored_sync>& stored) {
  std::vector<std::string> out;
  auto spec = inputs.spec(sent.package, sent.version);
  if (!spec)
    return spec.error();
  out.push_back(std::move(*spec));
  if (!stored)
    return out;
  const auto before = open_part_of(*stored);
  if (!before || before->package != sent.package
      || before->version == sent.version)
    return out;
  auto earlier = inputs.spec(before->package, before->version);
  if (!earlier)
    return earlier.error();
  out.push_back(std::move(*earlier));
  return out;
}

std::string spec_wait_of(const sync_definition& sync) {
  return "waits for the spec of " + sync.package + ':' + sync.version;
}

bool is_spec_wait(const sync_run& run, const sync_definition& sync) {
  return run.stage == run_stage::waiting
         && run.error.starts_with(spec_wait_of(sync));
}

result<bool> expect_spec(sync_inputs& inputs, sync_tasks& tasks,
                         const sync_definition& sync, wall_time since,
                         wall_time now) {
  const auto has_told = [&]() -> result<bool> {
    const auto told = inputs.told_spec(sync.package, sync.version);
    if (!told)
      return told.error();
    if (!*told)
      return false;
    const auto& row = **told;
    if (row.spec.empty() && row.error.starts_with(cancelled_failure().message))
      return false;
    // A sidecar that was stopped, by a cancel too, calls that transient.
    if (row.spec.empty() && row.time < since
        && told_failure_type(row.error) == failure_type::transient_error)
      return false;
    // A row without a time says nothing of its age.
    return !row.spec.empty() || row.time == wall_time{} || row.time >= since
           || now - row.time < failure_age;
  };
  if (auto told = has_told(); !told || *told)
    return told;
  const auto task = spec_task(sync, now);
  const auto running = tasks.find(inquiry_id(task));
  if (!running)
    return running.error();
  if (*running && (*running)->status == task_status::running)
    return false;
  // It may have ended in between.
  if (auto told = has_told(); !told || *told)
    return told;
  if (auto begun = tasks.start(task);
      !begun && begun.error().code != ec::already_exists) {
    log::warn("the spec of {}:{}, which tells what is secret of its configs, "
              "cannot be asked for: {}",
              sync.package, sync.version, begun.error().what);
    return !may_pass(begun.error().code);
  }
  // It may have answered at once.
  return has_told();
}

} // namespace motorcade
