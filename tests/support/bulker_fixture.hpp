#pragma once

#include "actors/sync/bulker.hpp"
#include "support/actor_fixture.hpp"
#include "support/scripted_destination.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade::test {

/// Writes down the reports of a bulker.
inline delivery_listener::behavior_type
listen(const std::shared_ptr<std::vector<std::string>>& heard) {
  return {
      [heard](atom::commit, uint64_t stream, uint64_t number) {
        heard->push_back("commit " + std::to_string(stream) + "."
                         + std::to_string(number));
      },
      [heard](const failure_ptr& reason, uint64_t number) {
        heard->push_back("failure " + std::to_string(number) + " "
                         + std::string{to_string(reason->code)} + " "
                         + reason->what);
      },
      [heard](atom::abort, uint64_t number) {
        heard->push_back("abort " + std::to_string(number));
      },
  };
}

/// Writes down the lines of a task's log.
inline task_log_actor::behavior_type
write_down(const std::shared_ptr<std::vector<std::string>>& lines) {
  return {
      [lines](const log_batch_ptr& batch) {
        for (size_t i = 0; i < batch->size(); ++i)
          lines->push_back(std::string{to_string((*batch)[i].level)} + ' '
                           + std::string{(*batch)[i].text});
      },
      [](atom::flush) -> caf::result<uint64_t, std::string> {
        return {0, std::string{}};
      },
      [](atom::tick) {},
      [](atom::commit, uint64_t, uint64_t) {},
      [](const failure_ptr&, uint64_t) {},
      [](atom::abort, uint64_t) {},
  };
}

/// A bulker whose destination and listener are the test's.
struct bulker_fixture : actor_fixture {
  bulker_fixture() {
    listener = spawn([heard = heard] { return listen(heard); });
    log = spawn([lines = lines] { return write_down(lines); });
    subject = make();
  }

  bulker_actor make() {
    return spawn(bulker, listener,
                 bulker_settings{7, "a", where, budget, request_backoff{},
                                 spool_dir, metrics, totals, log});
  }

  void open(uint64_t number) {
    upload_request request;
    request.table = "t" + std::to_string(number);
    tell(subject, atom::open_v, number,
         std::make_shared<const upload_request>(std::move(request)));
  }

  void write(std::string_view rows) { tell(subject, make_block(rows, 1)); }

  void commit() { tell(subject, atom::commit_v); }

  void abort() { tell(subject, atom::abort_v); }

  void answer() {
    where->last().commit();
    run();
  }

  void refuse(ec code = ec::destination_unavailable,
              std::optional<std::chrono::milliseconds> retry_after = {}) {
    where->last().fail(code, "503 busy", retry_after);
    run();
  }

  std::string spool_dir;
  metric_board_ptr metrics =
      std::make_shared<metric_board>(metric_tags{{"command", "read"}});
  std::shared_ptr<load_totals> totals = std::make_shared<load_totals>();
  std::shared_ptr<std::vector<std::string>> heard =
      std::make_shared<std::vector<std::string>>();
  std::shared_ptr<scripted_destination> where =
      std::make_shared<scripted_destination>();
  retry_budget_ptr budget = std::make_shared<retry_budget>(100);
  std::shared_ptr<std::vector<std::string>> lines =
      std::make_shared<std::vector<std::string>>();
  delivery_listener listener;
  task_log_actor log;
  bulker_actor subject;
};

} // namespace motorcade::test
