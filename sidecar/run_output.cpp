#include "sidecar/run_output.hpp"

#include "actors/progress.hpp"
#include "runtime/console.hpp"
#include "runtime/database.hpp"
#include "runtime/repeated_traces.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include <unistd.h>

#include <algorithm>

namespace motorcade {

namespace {

/// A stack trace stands in the log, on stderr and in the database.
std::string to_reason(const std::string& text) {
  return without_stack_traces(mask_secrets(text));
}

} // namespace

void print_result(const task_result& outcome,
                  const sidecar_settings& settings) {
  size_t widest = 6;
  for (const auto& stream : outcome.streams)
    widest = std::max(widest, stream.key.size());
  if (!outcome.streams.empty())
    fmt::print("{:<{}}  {:<9}  {:>12}  {:>10}  where\n", "stream", widest,
               "status", "rows", "size");
  for (size_t i = 0; i < outcome.streams.size(); ++i) {
    const auto& stream = outcome.streams[i];
    fmt::print("{:<{}}  {:<9}  {:>12}  {:>10}  {}\n", stream.key, widest,
               to_string(stream.status), with_commas(outcome.committed_rows[i]),
               readable_bytes(stream.bytes),
               outcome.committed_rows[i] > 0 ? outcome.locations[i]
                                             : "nothing new");
    if (!stream.error.empty())
      fmt::print("{:<{}}  {}\n", "", widest, to_reason(stream.error));
  }
  auto db = make_database(settings.database_url);
  fmt::print("states saved: {}; states, status and log: {}\n",
             outcome.states_saved, db ? (*db)->locate() : "nowhere");
  fmt::print("task {}: {}{}{}\n", settings.task_id, to_string(outcome.status),
             outcome.reason ? ": " : "", to_reason(outcome.error()));
}

void print_document(const std::string& document) {
  if (::isatty(STDOUT_FILENO) == 0) {
    fmt::print("{}\n", document);
    return;
  }
  auto tree =
      nlohmann::ordered_json::parse(document, nullptr, /*exceptions*/ false);
  fmt::print("{}\n", tree.is_discarded() ? document : tree.dump(2));
}

void print_failed_check(const task_result& outcome) {
  print_document(
      nlohmann::ordered_json{{"status", "FAILED"},
                             {"message", mask_secrets(outcome.error())}}
          .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

} // namespace motorcade
