#include "sidecar/run_output.hpp"

#include "actors/session/progress.hpp"
#include "runtime/base/standard_files.hpp"
#include "runtime/database/database.hpp"
#include "runtime/log/repeated_traces.hpp"
#include "runtime/log/stderr_log.hpp"
#include "schema/base/counted.hpp"
#include "schema/json/json_tree.hpp"
#include "schema/log/log_text.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace motorcade {

namespace {

/// @returns the text without stack traces, which are in the log, on stderr and
/// in the database.
std::string to_reason(const std::string& text) {
  return without_stack_traces(clean_and_mask(text));
}

/// Prints a command that shows the first table that got rows.
void print_query(const task_result& outcome) {
  for (size_t i = 0; i < outcome.queries.size(); ++i) {
    if (outcome.committed_rows[i] == 0 || outcome.queries[i].empty())
      continue;
    fmt::print("a query to try: {}\n", outcome.queries[i]);
    return;
  }
}

/// @returns the changes of a stream's table besides its rows; empty: none is
/// worth a line.
std::string to_remark(uint64_t columns_added, uint64_t values_unmapped) {
  std::string out;
  if (columns_added > 0)
    out = counted(columns_added, "column") + " added";
  if (values_unmapped > 0)
    out += (out.empty() ? "" : ", ") + counted(values_unmapped, "value")
           + " in _unmapped_data";
  return out;
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
    if (const auto remark =
            to_remark(outcome.columns_added[i], outcome.values_unmapped[i]);
        !remark.empty())
      fmt::print("{:<{}}  {}\n", "", widest, remark);
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

result<void> print_document(const std::string& document) {
  auto text = document;
  if (::isatty(STDOUT_FILENO) != 0)
    if (auto tree = nlohmann::ordered_json::parse(document, nullptr,
                                                  /*exceptions*/ false);
        !tree.is_discarded())
      text = tree.dump(2);
  std::puts(text.c_str());
  return flush_stdout();
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

result<void> print_failed_check(const task_result& outcome) {
  return print_document(write_json(nlohmann::ordered_json{
      {"status", "FAILED"}, {"message", mask_secrets(outcome.error())}}));
}

} // namespace motorcade
