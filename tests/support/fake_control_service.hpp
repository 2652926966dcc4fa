#pragma once

#include "controller/api/controller_service.hpp"
#include "controller/api/task_listing.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace motorcade::test {

/// A controller that does nothing but write down what it is asked, and answers
/// what the test says. Its tasks and lines are in memory. Thread-safe.
class fake_control_service : public controller_service {
public:
  result<void> start(const task_request& task) override {
    std::lock_guard lock{mutex_};
    started_.push_back(task);
    if (!saving_.empty())
      return failure{ec::already_exists, "the sync runs already"};
    return outcome_;
  }

  result<void> cancel(const task_key& which) override {
    std::lock_guard lock{mutex_};
    cancelled_.push_back(which);
    return outcome_;
  }

  result<std::string> find_saving(const std::string&) override {
    std::lock_guard lock{mutex_};
    auto out = saving_;
    if (looks_ == 0 || --looks_ == 0)
      saving_.clear();
    return out;
  }

  result<void> health() override { return outcome(); }

  result<void> ready() override { return outcome(); }

  bool leads() const override { return leading; }

  result<std::vector<task_record>> list(const task_filter& filter) override {
    std::unique_lock lock{mutex_};
    ++held_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !holds_; });
    --held_;
    filters_.push_back(filter);
    if (!outcome_)
      return outcome_.error();
    std::vector<task_record> out;
    for (const auto& [id, task] : tasks_)
      if (fits(task, filter))
        out.push_back(task);
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
      return std::pair{a.started_at, a.task_id}
             > std::pair{b.started_at, b.task_id};
    });
    if (out.size() > filter.limit)
      out.resize(filter.limit);
    return out;
  }

  result<std::optional<task_record>> find(const std::string& task_id) override {
    ++found;
    std::lock_guard lock{mutex_};
    if (!outcome_)
      return outcome_.error();
    auto at = tasks_.find(task_id);
    return at == tasks_.end() ? std::optional<task_record>{} : at->second;
  }

  result<std::vector<log_row>> logs(const std::string& task_id,
                                    const log_position& after,
                                    size_t limit) override {
    std::lock_guard lock{mutex_};
    if (!outcome_)
      return outcome_.error();
    std::vector<log_row> out;
    for (const auto& row : lines_[task_id])
      if (std::pair{row.time, row.id} > std::pair{after.time, after.id}
          && out.size() < limit)
        out.push_back(row);
    return out;
  }

  /// Looks at no level and no words: what a database does is tried with one.
  result<found_lines> find_lines(const log_search& search) override {
    std::lock_guard lock{mutex_};
    searches_.push_back(search);
    if (!outcome_)
      return outcome_.error();
    found_lines out;
    auto lines = lines_[search.task_id];
    if (search.backward)
      std::reverse(lines.begin(), lines.end());
    for (const auto& row : lines) {
      const auto place = std::pair{row.time, row.id};
      const auto from =
          search.from ? std::pair{search.from->time, search.from->id} : place;
      const auto fits =
          !search.from || (search.backward ? place < from : place > from);
      if (fits && out.lines.size() < search.limit)
        out.lines.push_back(row);
    }
    out.reached = reached_;
    return out;
  }

  result<std::map<task_status, uint64_t>>
  count(const task_filter& filter) override {
    std::lock_guard lock{mutex_};
    if (!outcome_)
      return outcome_.error();
    auto of_all = filter;
    of_all.before.reset();
    std::map<task_status, uint64_t> out;
    for (const auto& [id, task] : tasks_)
      if (fits(task, of_all))
        ++out[task.status];
    return out;
  }

  result<inquiry_answer> answer(const inquiry_key& of, uint64_t most) override {
    std::lock_guard lock{mutex_};
    asked_.push_back(of);
    if (!outcome_)
      return outcome_.error();
    auto out = answer_;
    if (out.document_bytes > most)
      out.document.clear();
    return out;
  }

  result<std::vector<state_record>>
  states(const state_filter& filter) override {
    std::lock_guard lock{mutex_};
    if (!outcome_)
      return outcome_.error();
    std::vector<state_record> out;
    for (const auto& [stream, state] : states_[filter.sync_id])
      if (stream > filter.after && out.size() < filter.limit) {
        auto& one = out.emplace_back(state);
        one.omitted = one.state.size() > filter.longest;
        if (one.omitted)
          one.state.clear();
      }
    return out;
  }

  result<saved_whole> saved_states(const std::string& sync_id,
                                   uint64_t most) override {
    std::lock_guard lock{mutex_};
    if (!outcome_)
      return outcome_.error();
    saved_whole out;
    for (const auto& [stream, state] : states_[sync_id])
      out.bytes += stream.size() + state.state.size() + 128;
    if (out.bytes <= most)
      for (const auto& [stream, state] : states_[sync_id])
        out.states.push_back({stream, state.state});
    return out;
  }

  result<std::vector<connector_usage>>
  connectors(std::chrono::seconds) override {
    if (auto no = outcome(); !no)
      return no.error();
    return std::vector<connector_usage>{
        {"airbyte/source-x", "1", true, "X", 3, 1, wall_time{}}};
  }

  result<std::vector<listed_connector>> list_connectors() override {
    auto used = connectors({});
    if (!used)
      return used.error();
    return std::vector<listed_connector>{{used->front(), true}};
  }

  system_report report() override {
    system_report out;
    out.facts.version = "1";
    out.facts.host = "here";
    out.leads = leading;
    out.leader = leading ? "here" : "there";
    if (auto state = outcome(); !state)
      out.database_trouble = state.error().what;
    out.disks.push_back({"/data", 1, 2});
    out.tasks = 1;
    return out;
  }

  std::string metrics() override { return "up 1\n"; }

  /// What all calls answer from now on.
  void answer(result<void> outcome) {
    std::lock_guard lock{mutex_};
    outcome_ = std::move(outcome);
  }

  /// Lets a read keep others off until it was looked for so many times.
  void save(const std::string& task_id, size_t looks) {
    std::lock_guard lock{mutex_};
    saving_ = task_id;
    looks_ = looks;
  }

  /// What a spec, check or discover has answered.
  void put(const inquiry_answer& answer) {
    std::lock_guard lock{mutex_};
    answer_ = answer;
  }

  /// Where searches end from now on.
  void reach(const std::optional<log_position>& reached) {
    std::lock_guard lock{mutex_};
    reached_ = reached;
  }

  std::vector<log_search> searches() const {
    std::lock_guard lock{mutex_};
    return searches_;
  }

  std::vector<inquiry_key> asked() const {
    std::lock_guard lock{mutex_};
    return asked_;
  }

  /// Lets requests for tasks wait from now on.
  void hold() {
    std::lock_guard lock{mutex_};
    holds_ = true;
  }

  /// Blocks until so many requests wait.
  void await_held(size_t count) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return held_ >= count; });
  }

  void let_go() {
    std::lock_guard lock{mutex_};
    holds_ = false;
    changed_.notify_all();
  }

  void put(const task_record& task) {
    std::lock_guard lock{mutex_};
    tasks_[task.task_id] = task;
  }

  void put(const std::string& sync_id, const state_record& state) {
    std::lock_guard lock{mutex_};
    states_[sync_id][state.stream] = state;
  }

  void put(const std::string& task_id, const log_row& row) {
    std::lock_guard lock{mutex_};
    auto& lines = lines_[task_id];
    auto behind =
        std::find_if(lines.begin(), lines.end(), [&](const auto& old) {
          return std::pair{old.time, old.id} > std::pair{row.time, row.id};
        });
    lines.insert(behind, row);
  }

  std::vector<task_request> started() const {
    std::lock_guard lock{mutex_};
    return started_;
  }

  std::vector<task_key> cancelled() const {
    std::lock_guard lock{mutex_};
    return cancelled_;
  }

  std::vector<task_filter> filters() const {
    std::lock_guard lock{mutex_};
    return filters_;
  }

  std::atomic<bool> leading = true;
  /// How often a task was looked up.
  std::atomic<size_t> found = 0;

private:
  result<void> outcome() const {
    std::lock_guard lock{mutex_};
    return outcome_;
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool holds_ = false;
  size_t held_ = 0;
  result<void> outcome_;
  std::vector<task_request> started_;
  std::string saving_;
  size_t looks_ = 0;
  std::vector<task_key> cancelled_;
  std::vector<task_filter> filters_;
  std::vector<log_search> searches_;
  std::optional<log_position> reached_;
  std::vector<inquiry_key> asked_;
  inquiry_answer answer_{task_status::success, R"({"a":1})", 7, "fine",
                         wall_time{}};
  std::map<std::string, task_record> tasks_;
  /// By sync and stream.
  std::map<std::string, std::map<std::string, state_record>> states_;
  std::map<std::string, std::vector<log_row>> lines_;
};

} // namespace motorcade::test
