// The controller's API and its web page, with made up tasks behind them: a
// thousand, one of which runs, one of which has a million lines of log, and one
// whose every text tries to be HTML.

#include "controller/api/api.hpp"
#include "runtime/base/clock.hpp"
#include "support/fake_control_service.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <csignal>
#include <iostream>

namespace motorcade::test {

namespace {

using namespace std::chrono_literals;
using json = nlohmann::ordered_json;

constexpr size_t all_tasks = 1000;
constexpr size_t many_lines = 1'000'000;
constexpr auto many_lines_apart = 1ms;
constexpr auto live_lines_apart = 50ms;

const std::string hostile =
    R"(<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>)"
    R"(<svg onload=window.hacked=1>"'`&lt;b&gt;${alert(1)}javascript:1)";

json stream(size_t rows, const char* status) {
  return {{"events", rows}, {"bytes", rows * 321}, {"status", status}};
}

/// What the page is shown.
class page_service : public fake_control_service {
public:
  page_service() {
    constexpr task_status ends[] = {
        task_status::success,   task_status::success,
        task_status::failed,    task_status::partial,
        task_status::cancelled, task_status::time_exceeded};
    for (size_t i = 0; i < all_tasks - 3; ++i) {
      task_record row;
      auto number = std::to_string(i);
      row.task_id = "task-" + number;
      row.sync_id = "sync-" + std::to_string(i % 10);
      row.package =
          i % 3 == 0 ? "airbyte/source-postgres" : "airbyte/source-faker";
      row.version = "6.2.1";
      row.started_at = start_ - 1h - 1min * static_cast<int>(i);
      row.updated_at = row.started_at + 83s;
      row.status = ends[i % std::size(ends)];
      row.started_by = R"({"trigger":"scheduled"})";
      auto good = row.status == task_status::success;
      row.description =
          json{{"users", stream(100'000 + i, "SUCCESS")},
               {"public.orders", stream(30'000, good ? "SUCCESS" : "FAILED")}}
              .dump();
      row.metrics =
          json{{"committed_rows", 130'000 + i}, {"states_saved", 2}}.dump();
      if (!good)
        row.error = "the source broke: it \"could not\" go on";
      put(row);
      put(row.task_id, line_of(row, i));
    }
    put("sync-of-live",
        {"users", R"({"cursor":12345678901234567890123})", false, start_});
    put("sync-of-live",
        {"products", json(std::string(70'000, 'x')).dump(), false, start_});
    put(hostile, {hostile, json(hostile).dump(), false, start_});
    put_hostile();
    put_live(task_status::running);
    auto row = ended("million", 30min);
    row.updated_at = many_begin_ + many_lines_apart * many_lines;
    put(row);
  }

  result<void> start(const task_request& task) override {
    if (auto known = find(task.task_id); known && *known)
      return failure{ec::already_exists, "a task of that id has been there"};
    task_record row;
    row.task_id = task.task_id;
    row.sync_id = task.sync_id;
    row.package = task.package;
    row.version = task.version;
    row.started_at = row.updated_at = utc_now();
    put(row);
    return fake_control_service::start(task);
  }

  result<void> cancel(const task_key& which) override {
    auto row = find(which.task_id);
    if (!row || !*row || (*row)->sync_id != which.sync_id)
      return failure{ec::not_found, "there is no such task"};
    if (which.task_id == "live")
      put_live(task_status::cancelled);
    return fake_control_service::cancel(which);
  }

  result<std::optional<task_record>> find(const std::string& task_id) override {
    auto row = fake_control_service::find(task_id);
    if (task_id == "live" && row && *row
        && (*row)->status == task_status::running) {
      put_live(task_status::running);
      row = fake_control_service::find(task_id);
    }
    return row;
  }

  result<std::vector<log_row>> logs(const std::string& task_id,
                                    const log_position& after,
                                    size_t limit) override {
    const auto made = log_of(task_id);
    return made ? made->after(after, limit)
                : fake_control_service::logs(task_id, after, limit);
  }

  result<found_lines> find_lines(const log_search& search) override {
    const auto made = log_of(search.task_id);
    return made ? made->find(search) : fake_control_service::find_lines(search);
  }

private:
  task_record ended(const std::string& id, std::chrono::minutes ago) const {
    task_record row;
    row.task_id = id;
    row.sync_id = "sync-of-" + id;
    row.package = "airbyte/source-faker";
    row.version = "6.2.1";
    row.status = task_status::success;
    row.started_at = start_ - ago;
    row.updated_at = row.started_at + 10s;
    return row;
  }

  static log_row line_of(const task_record& row, size_t number) {
    return {"1", number % 2 == 0 ? "INFO" : "ERROR", "source",
            "the only line of " + row.task_id, row.started_at + 1s};
  }

  void put_hostile() {
    auto row = ended(hostile, 20min);
    row.sync_id = row.package = row.version = row.error = hostile;
    row.status = task_status::failed;
    row.started_by = json(hostile).dump();
    row.description = json{{hostile,
                            {{"events", hostile},
                             {"bytes", 1},
                             {"status", hostile},
                             {"error", hostile}}},
                           {"__proto__", stream(5, "SUCCESS")}}
                          .dump();
    row.metrics = json{{"rows", hostile},
                       {"faults", {{hostile, hostile}}},
                       {"estimated_rows", {{hostile, 10}}}}
                      .dump();
    put(row);
    for (int i = 0; i < 3; ++i)
      put(row.task_id, {hostile + std::to_string(i), hostile, hostile, hostile,
                        row.started_at + i * 1s});
  }

  /// Its rows become more as time goes by.
  void put_live(task_status status) {
    auto row = ended("live", 1min);
    row.started_at = start_;
    row.updated_at = utc_now();
    row.status = status;
    auto part = std::min(
        1.0,
        std::chrono::duration<double>(row.updated_at - row.started_at) / 10min);
    auto rows = static_cast<size_t>(part * 1'000'000);
    row.started_by = R"({"trigger":"manual","who":"somebody"})";
    row.description = json{{"users", stream(rows, "RUNNING")},
                           {"public.orders", stream(rows / 3, "RUNNING")},
                           {"products", stream(40'000, "SUCCESS")},
                           {"events", stream(0, "PENDING")}}
                          .dump();
    row.metrics = json{{"committed_rows", rows},
                       {"states_saved", rows / 10'000},
                       {"estimated_rows", {{"users", 1'000'000}}}}
                      .dump();
    put(row);
  }

  /// A log of lines that are made as they are asked for.
  struct made_up_log {
    wall_time begin;
    std::chrono::milliseconds apart;
    size_t count;

    static log_level level_of(size_t number) {
      return number % 100'000 == 99'999 ? log_level::error
             : number % 1000 == 999     ? log_level::warn
                                        : log_level::info;
    }

    log_row line(size_t number) const {
      const auto digits = std::to_string(number);
      const auto level = level_of(number);
      log_row row{std::string(10 - digits.size(), '0') + digits,
                  std::string{to_string(level)}, "source", "line " + digits,
                  begin + apart * number};
      if (level == log_level::error)
        row.message += " has a needle";
      return row;
    }

    /// @returns the first line behind a time.
    size_t behind(wall_time time) const {
      return time < begin ? 0 : static_cast<size_t>((time - begin) / apart) + 1;
    }

    std::vector<log_row> after(const log_position& place, size_t limit) const {
      std::vector<log_row> out;
      for (auto i = behind(place.time); i < count && out.size() < limit; ++i)
        out.push_back(line(i));
      return out;
    }

    /// Searches for one word.
    found_lines find(const log_search& search) const {
      found_lines out;
      const auto place = search.from ? search.from->time : wall_time{};
      // Lines from `low` up to `high`.
      const auto low = search.backward || !search.from ? 0 : behind(place);
      const auto high =
          search.backward && search.from ? behind(place) - 1 : count;
      for (size_t looked = 0; low + looked < high; ++looked) {
        const auto number = search.backward ? high - looked - 1 : low + looked;
        if (looked == lines_of_a_search) {
          // The line before this one was the last that was looked at.
          const auto last = line(search.backward ? number + 1 : number - 1);
          out.reached = log_position{last.time, last.id};
          return out;
        }
        if (search.least && level_of(number) < *search.least)
          continue;
        auto row = line(number);
        if (row.message.find(search.words) == std::string::npos)
          continue;
        out.lines.push_back(std::move(row));
        if (out.lines.size() == search.limit)
          return out;
      }
      return out;
    }
  };

  /// @returns nothing if the task's lines are kept.
  std::optional<made_up_log> log_of(const std::string& task_id) const {
    if (task_id == "million")
      return made_up_log{many_begin_, many_lines_apart, many_lines};
    if (task_id == "live")
      return made_up_log{
          start_, live_lines_apart,
          static_cast<size_t>((utc_now() - start_) / live_lines_apart)};
    return std::nullopt;
  }

  const wall_time start_ = utc_now();
  const wall_time many_begin_ = start_ - 30min;
};

} // namespace

} // namespace motorcade::test

int main(int argc, char** argv) {
  using namespace motorcade;
  http_server_settings settings;
  settings.host = "127.0.0.1";
  std::string tokens;
  CLI::App app{"The controller's web page, with made up tasks"};
  app.add_option("--port", settings.port, "Port; 0: any free one");
  app.add_option("--token", tokens, "The token that is wanted; none: none");
  CLI11_PARSE(app, argc, argv);
  // Before there are threads, so that all of them leave the signals to us.
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  test::page_service service;
  auto known = auth_tokens::read(tokens, {});
  if (!known) {
    std::cerr << "page-server: " << known.error().what << '\n';
    return 1;
  }
  controller_api api{service, nullptr, nullptr, std::move(*known),
                     exposure::machine};
  auto server = http_server::start(settings, api.handlers());
  if (!server) {
    std::cerr << "page-server: " << server.error().what << '\n';
    return 1;
  }
  std::cout << "http://127.0.0.1:" << (*server)->port() << std::endl;
  int signal = 0;
  ::sigwait(&signals, &signal);
  (*server)->stop(std::chrono::milliseconds{100});
}
