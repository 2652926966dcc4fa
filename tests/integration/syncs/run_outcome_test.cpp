// What is known of a run by the end of its task.

#include "controller/syncs/run_outcome.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

TEST_CASE("figures that a killed sidecar did not tell are not 0") {
  struct row {
    const char* what;
    task_status status;
    std::string metrics;
    std::optional<uint64_t> rows;
    std::optional<uint64_t> bytes;
  };

  const auto none = std::nullopt;
  const row rows[] = {
      {"it succeeded without rows", task_status::success,
       R"({"committed_rows":0,"bytes":7})", 0, 7},
      {"it was PARTIAL without rows", task_status::partial,
       R"({"committed_rows":0,"bytes":0})", 0, 0},
      {"its sidecar told why it failed", task_status::failed,
       R"({"committed_rows":0,"bytes":7,"failure":{"message":"x"}})", 0, 7},
      {"its sidecar was killed before it told of rows", task_status::failed,
       R"({"rows":0,"committed_rows":0,"bytes":0,"failed_rows":0})", none,
       none},
      {"its sidecar was killed later", task_status::failed,
       R"({"committed_rows":5,"bytes":9})", 5, 9},
      {"it was cancelled for its sidecar", task_status::cancelled,
       R"({"committed_rows":0,"bytes":9})", none, 9},
      {"it took too long", task_status::time_exceeded,
       R"({"committed_rows":0})", none, none},
      {"it never began", task_status::failed, "", none, none},
      {"its row is another program's", task_status::success, "[1]", none, none},
  };
  for (const auto& one : rows) {
    INFO(one.what);
    task_record task;
    task.status = one.status;
    task.metrics = one.metrics;
    const auto figures = figures_of(task);
    CHECK(figures.rows == one.rows);
    CHECK(figures.bytes == one.bytes);
  }
}
