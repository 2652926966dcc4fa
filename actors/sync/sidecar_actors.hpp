#pragma once

#include "actors/base/caf_port.hpp"
#include "actors/session/pipe_end.hpp"
#include "runtime/database/database.hpp"
#include "runtime/destination/destination.hpp"
#include "runtime/stream/block.hpp"
#include "runtime/stream/slab.hpp"
#include "runtime/stream/slab_parser.hpp"
#include "schema/base/result.hpp"
#include "schema/state/state_note.hpp"
#include "schema/task/failure_reason.hpp"

#include <cstdint>
#include <exception>
#include <memory>
#include <vector>

MOTORCADE_ERROR_CODES(motorcade::ec, "motorcade")

namespace motorcade {

/// @returns the failure as a CAF error.
caf::error to_error(const failure& reason);

/// @returns the failure of an error, also of CAF's own errors, e.g. of a dead
/// actor.
failure to_failure(const caf::error& reason);

/// @returns the failure of an exception.
failure to_failure(const std::exception_ptr& thrown);

/// Makes an exception that leaves a handler of an actor the reason of the
/// actor's end, in words. Without it CAF only prints the exception.
/// @param last_words Called with that reason as the last act of the actor: it
/// must give the answers that are still owed, since CAF drops a promise
/// silently.
template <class Self, class F>
void tell_exceptions(Self* self, F last_words) {
  self->set_exception_handler(
      [last_words](std::exception_ptr& thrown) -> caf::error {
        auto reason = to_failure(thrown);
        last_words(reason);
        return to_error(reason);
      });
}

using upload_request_ptr = std::shared_ptr<const upload_request>;
using upload_outcome_ptr = std::shared_ptr<const upload_outcome>;
using commit_terms_ptr = std::shared_ptr<const commit_terms>;
using failure_ptr = std::shared_ptr<const failure>;
using task_row_ptr = std::shared_ptr<const task_row>;
using result_row_ptr = std::shared_ptr<const result_row>;
using config_row_ptr = std::shared_ptr<const config_row>;
using state_rows_ptr = std::shared_ptr<const std::vector<state_row>>;
using log_rows_ptr = std::shared_ptr<const std::vector<log_row>>;

using pipe_end_ptr = std::shared_ptr<const pipe_end>;

/// The result of a task.
struct task_result {
  task_status status = task_status::failed;
  /// The reason if it is not SUCCESS.
  std::optional<failure_reason> reason;
  /// For the process: 0, 1, 2, or 75 if another run has the sync.
  int exit_code = 1;
  /// The connector's own, if it is known.
  std::optional<int> connector_exit_code;
  /// The answer to spec, check or discover; empty: none.
  std::string document;
  /// The connector changed its config.
  bool config_changed = false;
  uint64_t states_saved = 0;
  std::vector<stream_summary> streams;
  /// Rows of each stream that are committed.
  std::vector<uint64_t> committed_rows;
  /// The places of the rows of each stream.
  std::vector<std::string> locations;
  /// Commands that show some of them; empty: there is none.
  std::vector<std::string> queries;
  /// The columns that were added to each stream's table, and the values that
  /// fitted no column of it.
  std::vector<uint64_t> columns_added;
  std::vector<uint64_t> values_unmapped;

  /// @returns the reason for a person; empty: none.
  std::string error() const { return reason ? to_text(*reason) : ""; }
};

using task_result_ptr = std::shared_ptr<const task_result>;

} // namespace motorcade

CAF_BEGIN_TYPE_ID_BLOCK(motorcade, caf::first_custom_type_id)
CAF_ADD_TYPE_ID(motorcade, (motorcade::ec))
MOTORCADE_ADD_PAYLOAD(motorcade, motorcade::block_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade, motorcade::slab_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade, motorcade::parsed_slab_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade, motorcade::log_batch_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade, motorcade::upload_request_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade, motorcade::upload_outcome_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade, motorcade::failure_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade, motorcade::task_row_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade, motorcade::state_rows_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade, motorcade::log_rows_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade, motorcade::pipe_end_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade, motorcade::task_result_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade, motorcade::task_status)
MOTORCADE_ADD_PAYLOAD(motorcade, motorcade::result_row_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade, motorcade::config_row_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade, motorcade::commit_terms_ptr)
CAF_ADD_ATOM(motorcade, motorcade::atom, abort, "abort")
CAF_ADD_ATOM(motorcade, motorcade::atom, cancel, "cancel")
CAF_ADD_ATOM(motorcade, motorcade::atom, commit, "commit")
CAF_ADD_ATOM(motorcade, motorcade::atom, flush, "flush")
CAF_ADD_ATOM(motorcade, motorcade::atom, ok, "ok")
CAF_ADD_ATOM(motorcade, motorcade::atom, open, "open")
CAF_ADD_ATOM(motorcade, motorcade::atom, poll, "poll")
CAF_ADD_ATOM(motorcade, motorcade::atom, prepare, "prepare")
CAF_ADD_ATOM(motorcade, motorcade::atom, retry, "retry")
CAF_ADD_ATOM(motorcade, motorcade::atom, run, "run")
CAF_ADD_ATOM(motorcade, motorcade::atom, stop, "stop")
CAF_ADD_ATOM(motorcade, motorcade::atom, tick, "tick")
CAF_ADD_ATOM(motorcade, motorcade::atom, watch, "watch")
CAF_ADD_ATOM(motorcade, motorcade::atom, work, "work")
CAF_END_TYPE_ID_BLOCK(motorcade)

namespace motorcade {

/// The STORE actor interface: the only actor that writes to the database.
/// Writes are retried for as long as the database is unavailable, one after
/// another, and each is answered when it is done: with an error only if the
/// database refuses it for good.
using store_actor = caf::typed_actor<
    // Connects and creates missing tables.
    rt::on<atom::prepare>::gives<atom::ok>,
    // Writes the task's row; answers with the status that the row has now.
    rt::on<task_row_ptr>::gives<task_status>,
    // Writes the row of a command's result.
    rt::on<result_row_ptr>::gives<atom::ok>,
    // Keeps a config that the connector changed; the last one counts.
    rt::on<config_row_ptr>::gives<atom::ok>,
    // Saves states.
    rt::on<state_rows_ptr>::gives<atom::ok>,
    // Appends lines of log.
    rt::on<log_rows_ptr>::gives<atom::ok>,
    // INTERNAL: does the next write.
    rt::takes<atom::work>,
    // INTERNAL: the turn of states that wait has come.
    rt::takes<atom::tick>>;

/// The time limit of an answer of the store, which may be away for as long as
/// any outage: none, and so no timer for each question.
constexpr auto write_patience = caf::infinite;

/// The interface of an actor that is told the outcome of requests. The first
/// number is that of the BULKER's settings, the second that of the request.
using delivery_listener = caf::typed_actor<
    // A request is committed.
    rt::takes<atom::commit, uint64_t, uint64_t>,
    // Rows that are not committed are lost, and no more are taken.
    rt::takes<failure_ptr, uint64_t>,
    // The incomplete request was dropped, as asked; all others have their
    // answers.
    rt::takes<atom::abort, uint64_t>>;

/// The BULKER actor interface: brings the rows of one stream to the
/// destination, a request at a time, in order, and repeats requests that
/// failed.
using bulker_actor = caf::typed_actor<
    // The next rows begin a request with that number.
    rt::takes<atom::open, uint64_t, upload_request_ptr>,
    // Rows for the request that was opened last.
    rt::takes<block_ptr>,
    // The states that the commit of that request makes true, to be kept beside
    // its rows, and its part in a joint commit. Sent right before the request
    // is complete, if there are any.
    rt::takes<commit_terms_ptr>,
    // That request is complete.
    rt::takes<atom::commit>,
    // Drops the incomplete request, and takes no more rows. Complete requests
    // are still delivered: the destination may commit a body that has ended,
    // even if the connection is cut. Answered after the last of them.
    rt::takes<atom::abort>,
    // INTERNAL: an attempt ended; they are numbered.
    rt::takes<upload_outcome_ptr, uint64_t>,
    // INTERNAL: the time of that attempt has come.
    rt::takes<atom::retry, uint64_t>,
    // INTERNAL: the attempt may have sent its blocks from the disk.
    rt::takes<atom::tick>>;

/// The TASK LOG actor interface: gathers lines and stores them in batches.
using task_log_actor = caf::typed_actor<
    // Takes lines to store.
    rt::takes<log_batch_ptr>,
    // Answers once all earlier lines are stored, with the number of lost lines
    // and the reason.
    rt::on<atom::flush>::gives<uint64_t, std::string>,
    // INTERNAL: the oldest line has waited long enough.
    rt::takes<atom::tick>,
    // Answers of the BULKER, if logs go to the destination.
    rt::takes<atom::commit, uint64_t, uint64_t>,
    rt::takes<failure_ptr, uint64_t>, rt::takes<atom::abort, uint64_t>>;

/// The COORDINATOR actor interface: the other actors of a task report to it.
/// The INQUIRER has the same interface, without BULKERs.
using coordinator_actor = caf::typed_actor<
    // Starts the task; answers with its result at its end.
    rt::on<atom::run>::gives<task_result_ptr>,
    // A slab of stdout has been read; in any order.
    rt::takes<parsed_slab_ptr>,
    // Lines of stderr.
    rt::takes<log_batch_ptr>,
    // A pipe has ended.
    rt::takes<pipe_end_ptr>,
    // Reports of the BULKERs.
    rt::takes<atom::commit, uint64_t, uint64_t>,
    rt::takes<failure_ptr, uint64_t>, rt::takes<atom::abort, uint64_t>,
    // Ends the task as cancelled.
    rt::takes<atom::cancel>,
    // Ends the task for that reason: as cancelled if its code is `cancelled`.
    rt::takes<failure_ptr>,
    // INTERNAL: a second has passed.
    rt::takes<atom::tick>,
    // INTERNAL: looks for the connector's exit code.
    rt::takes<atom::watch>>;

/// The PARSER actor interface.
using parser_actor = caf::typed_actor<
    // Parses a slab of stdout and hands the outcome to the COORDINATOR.
    rt::takes<slab_ptr>>;

/// The PIPE READER actor interface; runs in a thread of its own.
using pipe_reader_actor = caf::typed_actor<
    // INTERNAL: reads the bytes that are there, after a short wait if there are
    // none.
    rt::takes<atom::poll>,
    // Reads what is in the pipe, closes it and reports its end.
    rt::takes<atom::stop>>;

} // namespace motorcade
