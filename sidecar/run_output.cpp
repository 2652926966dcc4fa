#include "sidecar/run_output.hpp"

#include "actors/session/progress.hpp"
#include "runtime/database/database.hpp"
#include "runtime/database/database_url.hpp"
#include "runtime/log/repeated_traces.hpp"
#include "runtime/log/stderr_log.hpp"
#include "schema/json/json_tree.hpp"
#include "schema/log/log_text.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include <unistd.h>

#include <algorithm>

namespace motorcade {

namespace {

/// A stack trace stands in the log, on stderr and in the database.
std::string to_reason(const std::string& text) {
  return clean_log_text(without_stack_traces(mask_secrets(text)));
}

/// @returns how to look at the first table that got rows; nothing where a table
/// is no matter of SQL.
void print_query(const task_result& outcome) {
  for (size_t i = 0; i < outcome.locations.size(); ++i) {
    const std::string_view where = outcome.locations[i];
    const auto blank = where.find(' ');
    if (outcome.committed_rows[i] == 0 || blank == std::string_view::npos)
      continue;
    if (const auto file =
            parse_sqlite_url(std::string{where.substr(0, blank)})) {
      fmt::print("a query to try: sqlite3 '{}' 'SELECT * FROM \"{}\" LIMIT "
                 "10'\n",
                 *file, where.substr(blank + 1));
      return;
    }
    const auto dot = where.find('.', blank);
    if (!where.starts_with("postgres://") || dot == std::string_view::npos)
      continue;
    fmt::print("a query to try: psql {} -c 'TABLE \"{}\".\"{}\" LIMIT 10'\n",
               where.substr(0, blank), where.substr(blank + 1, dot - blank - 1),
               where.substr(dot + 1));
    return;
  }
}

} // namespace

void print_result(const task_result& outcome,
                  const sidecar_settings& settings) {
  size_t widest = 6;
  // A connector chooses the names of its streams: no escape sequence of theirs
  // reaches the terminal.
  std::vector<std::string> names;
  for (const auto& stream : outcome.streams) {
    names.push_back(clean_log_text(stream.key));
    widest = std::max(widest, names.back().size());
  }
  if (!outcome.streams.empty())
    fmt::print("{:<{}}  {:<9}  {:>12}  {:>10}  where\n", "stream", widest,
               "status", "rows", "size");
  for (size_t i = 0; i < outcome.streams.size(); ++i) {
    const auto& stream = outcome.streams[i];
    fmt::print("{:<{}}  {:<9}  {:>12}  {:>10}  {}\n", names[i], widest,
               to_string(stream.status), with_commas(outcome.committed_rows[i]),
               readable_bytes(stream.bytes),
               outcome.committed_rows[i] > 0 ? outcome.locations[i]
                                             : "nothing new");
    if (!stream.error.empty())
      fmt::print("{:<{}}  {}\n", "", widest, to_reason(stream.error));
  }
  print_query(outcome);
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

bool is_check_without_answer(const task_result& outcome) {
  if (outcome.status == task_status::success)
    return false;
  auto answer = nlohmann::json::parse(outcome.document, nullptr,
                                      /*exceptions*/ false);
  auto words = answer.is_object() ? answer.find("message") : answer.end();
  return words == answer.end() || !words->is_string()
         || words->get_ref<const std::string&>().empty();
}

void print_failed_check(const task_result& outcome) {
  print_document(write_json(nlohmann::ordered_json{
      {"status", "FAILED"}, {"message", mask_secrets(outcome.error())}}));
}

} // namespace motorcade
