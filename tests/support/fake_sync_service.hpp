#pragma once

#include "controller/syncs/sync_service.hpp"
#include "schema/sync/sync_definition.hpp"

#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace motorcade::test {

/// Syncs of which one, `known`, is always there, and every run of it is over.
/// Answers what the test says. Thread-safe.
class fake_sync_service : public sync_service {
public:
  result<sync_list> list(const sync_filter&, size_t, bool counted) override {
    if (auto no = outcome(); !no)
      return no.error();
    sync_list out{{known()}, {}};
    if (counted)
      out.counts = sync_counts{1, 0, 0, 0};
    return out;
  }

  result<shown_sync> find(const std::string&) override {
    if (auto no = outcome(); !no)
      return no.error();
    return known();
  }

  result<bool> has(const std::string& id) override {
    if (auto no = outcome(); !no)
      return no.error();
    return id == known().row.id;
  }

  result<put_outcome> put(const std::string& id, const std::string& body,
                          const sync_precondition&) override {
    // As the real one: what is wrong is told before anything is looked up.
    if (auto read = parse_sync(body, id); !read)
      return read.error();
    if (auto no = outcome(); !no)
      return no.error();
    return put_outcome{};
  }

  result<sync_change> erase(const std::string&,
                            const sync_precondition&) override {
    if (auto no = outcome(); !no)
      return no.error();
    return sync_change::deleted;
  }

  result<std::string> run(const std::string&) override { return id(); }

  result<sync_run> find_run(const std::string& run_id) override {
    if (auto no = outcome(); !no)
      return no.error();
    if (run_id != ended().id)
      return failure{ec::not_found, "the run is gone"};
    return ended();
  }

  result<std::string> cancel(const std::string&) override { return id(); }

  result<void> pause(const std::string&, const std::string&) override {
    return outcome();
  }

  result<void> resume(const std::string&) override { return outcome(); }

  result<std::vector<std::string>> reset(const std::string&,
                                         const std::string&) override {
    if (auto no = outcome(); !no)
      return no.error();
    return std::vector<std::string>{"users"};
  }

  result<std::vector<sync_run>> runs(const run_filter&) override {
    if (auto no = outcome(); !no)
      return no.error();
    return std::vector<sync_run>{ended()};
  }

  result<std::vector<change_row>> changes(const std::string&, size_t) override {
    if (auto no = outcome(); !no)
      return no.error();
    change_row out;
    out.id = "change";
    out.sync_id = "known";
    out.changes = R"({"newStreams":["pets"]})";
    out.action = "follow_columns";
    return std::vector<change_row>{out};
  }

  result<std::vector<result<void>>>
  test_notifications(const std::string&) override {
    if (auto no = outcome(); !no)
      return no.error();
    return std::vector<result<void>>{
        result<void>{}, failure{ec::service_unavailable, "no answer"}};
  }

  std::vector<file_fault> file_faults() const override { return {}; }

  const run_counts& counts() const override { return counts_; }

  /// What all calls answer from now on.
  void answer(result<void> outcome) {
    std::lock_guard lock{mutex_};
    outcome_ = std::move(outcome);
  }

private:
  result<void> outcome() {
    std::lock_guard lock{mutex_};
    return outcome_;
  }

  result<std::string> id() {
    if (auto no = outcome(); !no)
      return no.error();
    return ended().id;
  }

  static sync_run ended() {
    sync_run out;
    out.id = "run";
    out.sync_id = "known";
    out.trigger = "manual";
    out.stage = run_stage::success;
    return out;
  }

  static shown_sync known() {
    shown_sync out;
    out.row.id = "known";
    out.row.version = "1";
    out.definition = R"({"source":{"package":"p","version":"1"}})";
    out.runs.push_back(ended());
    out.last_ended = ended();
    return out;
  }

  run_counts counts_;
  std::mutex mutex_;
  result<void> outcome_;
};

} // namespace motorcade::test
