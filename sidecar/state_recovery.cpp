#include "sidecar/state_recovery.hpp"

#include "runtime/base/clock.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/log.hpp"
#include "runtime/destination/choice/open_destination.hpp"
#include "runtime/log/stderr_log.hpp"
#include "schema/state/advanced_state.hpp"
#include "schema/state/connector_state.hpp"
#include "sidecar/patient_call.hpp"
#include "sidecar/task_parts.hpp"

#include <chrono>
#include <memory>

namespace motorcade {

namespace {

/// The longest wait for the destination: as long as a request is tried again.
constexpr std::chrono::minutes recovery_patience{5};

bool appends(const session_stream& stream) {
  return stream.incremental && stream.request.primary_key.empty();
}

state_fingerprints_ptr make_fingerprints(const catalog& streams) {
  // Half of a SHA-256 is enough to tell the states of one sync apart.
  constexpr size_t digits = 32;
  return std::make_shared<state_fingerprints>(
      streams,
      [](std::string_view text) { return sha256_hex(text).substr(0, digits); });
}

/// @returns the states' keys, for a person.
std::string names_of(const std::vector<saved_state>& states) {
  constexpr size_t most_names = 20;
  std::string out;
  for (size_t i = 0; i < states.size() && i < most_names; ++i) {
    const auto& key = states[i].key;
    out += (i > 0 ? ", " : "")
           + (key == global_state_key || key == legacy_state_key ? "all streams"
                                                                 : key);
  }
  if (states.size() > most_names)
    out += " and " + std::to_string(states.size() - most_names) + " more";
  return out;
}

/// Saves what was recovered.
/// @param remarks Gets a remark if the database refuses the state.
/// @returns whether the database took it.
result<bool> save(const sidecar_settings& settings,
                  const std::vector<saved_state>& states, database& db,
                  std::vector<std::string>& remarks) {
  std::vector<state_row> rows;
  rows.reserve(states.size());
  for (const auto& state : states)
    rows.push_back({state.key, state.json});
  const auto saved = call_patiently(recovery_patience, "the database", [&] {
    return db.put_states(settings.sync_id, rows);
  });
  if (saved)
    return true;
  if (saved.error().code != ec::database_rejected)
    return saved.error();
  remarks.push_back("an earlier run was killed before it had saved the state "
                    "of "
                    + names_of(states)
                    + ", and the database refuses that state, so their rows "
                      "come again: "
                    + saved.error().what);
  return false;
}

} // namespace

std::vector<upload_request> appended_streams(const read_plan& plan) {
  std::vector<upload_request> out;
  for (const auto& stream : plan.sessions)
    if (appends(stream))
      out.push_back(stream.request);
  return out;
}

state_chains make_chains(std::string_view given, const read_plan& plan,
                         const destination& where) {
  const auto streams = appended_streams(plan);
  if (streams.empty() || !where.notes_states())
    return {};
  const auto prints = make_fingerprints(plan.streams);
  const auto states = split_state(given);
  state_chains out{prints};
  for (const auto& stream : streams)
    out.keep(stream.stream, start_of(states, stream.stream, *prints));
  for (const auto key : {global_state_key, legacy_state_key})
    out.keep(std::string{key}, start_of(states, std::string{key}, *prints));
  return out;
}

result<bool> recover_state(const sidecar_settings& settings,
                           connector_files& files, bool can_be_given,
                           const read_plan& plan, destination& where,
                           database& db) {
  const auto streams = appended_streams(plan);
  if (streams.empty() || !where.notes_states())
    return false;
  const auto place = "the destination " + where.locate(streams.front());
  // No actor stores lines yet.
  const auto tell = [&](log_level level, const std::string& line) {
    const log_row row{make_uuid(), std::string{to_string(level)}, "sidecar",
                      mask_secrets(line), utc_now()};
    if (auto stored =
            db.put_logs(settings.sync_id, settings.task_id, {&row, 1});
        !stored)
      log::warn("this is missing in the task's log: {}", stored.error().what);
  };
  const auto notes = call_patiently(
      recovery_patience, place, [&] { return where.noted_states(streams); },
      tell);
  if (!notes)
    return notes.error();
  if (notes->empty())
    return false;
  // A read from the start goes on from nothing.
  auto newer = settings.full_sync
                   ? std::nullopt
                   : advance_state(files.state, plan.streams,
                                   *make_fingerprints(plan.streams), *notes);
  if (newer && !can_be_given) {
    files.remarks.push_back(
        "an earlier run was killed before it had saved the state of "
        + names_of(newer->newer)
        + ", and the connector cannot be given another state "
          "(STATE_OUT_FILE), so their rows come again");
    newer.reset();
  }
  if (newer) {
    auto saved = save(settings, newer->newer, db, files.remarks);
    if (!saved)
      return saved.error();
    if (!*saved)
      newer.reset();
  }
  // The notes are forgotten, as a state that a person sets later must not be
  // taken for one of that run.
  const auto forgotten = call_patiently(
      recovery_patience, place, [&] { return where.forget_states(streams); },
      tell);
  if (!forgotten)
    return forgotten.error();
  if (!newer)
    return false;
  files.remarks.push_back(
      "an earlier run was killed, or failed, after it had committed rows and "
      "before it had saved the state of "
      + names_of(newer->newer)
      + ": the state was kept beside the rows and is saved now, and this read "
        "goes on from it");
  files.state = std::move(newer->json);
  return true;
}

result<void> recover_state_of_run(const sidecar_settings& settings,
                                  connector_files& files) {
  auto plan = make_read_plan(settings, files);
  if (!plan || appended_streams(*plan).empty())
    return {};
  auto where = open_destination(to_destination(settings),
                                files.destination_config, settings.task_id);
  if (!where || !(*where)->notes_states())
    return {};
  auto db = make_database(settings.database_url);
  if (!db)
    return db.error();
  auto newer = recover_state(settings, files, true, *plan, **where, **db);
  if (!newer)
    return newer.error();
  files.state_is_recovered = true;
  return {};
}

} // namespace motorcade
