#include "schema/task/ended_task.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

TEST_CASE("streams of an ended task have the task's status") {
  struct rule {
    std::string before;
    std::string after;
  };

  auto r = GENERATE(
      rule{
          R"({"a":{"events":1,"bytes":2,"status":"RUNNING"}})",
          R"({"a":{"events":1,"bytes":2,"status":"CANCELLED","error":"why"}})"},
      rule{R"({"b":{"status":"PENDING"},"a":{"status":"SUCCESS"}})",
           R"({"b":{"status":"CANCELLED","error":"why"},)"
           R"("a":{"status":"SUCCESS"}})"},
      rule{R"({"a":{"status":"RUNNING","error":"its own"}})",
           R"({"a":{"status":"CANCELLED","error":"its own"}})"},
      rule{R"({"a":{"status":"PARTIAL","error":"x"},"b":{"status":"FAILED"}})",
           R"({"a":{"status":"PARTIAL","error":"x"},"b":{"status":"FAILED"}})"},
      // Rows that nobody here has written stay as they are.
      rule{"", ""}, rule{"some text", "some text"}, rule{"[1]", "[1]"},
      rule{R"({"a":1,"b":{"status":7}})", R"({"a":1,"b":{"status":7}})"});
  CAPTURE(r.before);
  CHECK(end_streams(r.before, task_status::cancelled, "why") == r.after);
}

TEST_CASE("streams get the status of the task by its name") {
  const auto* before = R"({"a":{"status":"PENDING"}})";
  CHECK(end_streams(before, task_status::failed, "")
        == R"({"a":{"status":"FAILED"}})");
  CHECK(end_streams(before, task_status::time_exceeded, "")
        == R"({"a":{"status":"TIME_EXCEEDED"}})");
}

TEST_CASE("rows that were under way when a task ended have failed") {
  struct rule {
    std::string before;
    std::string after;
  };

  auto r = GENERATE(
      rule{
          R"({"rows":10,"committed_rows":6,"rejected_rows":1,"failed_rows":0})",
          R"({"rows":10,"committed_rows":6,"rejected_rows":1,"failed_rows":3})"},
      rule{R"({"rows":5,"lines":9})",
           R"({"rows":5,"lines":9,"failed_rows":5})"},
      // Counts that do not fit are not made to.
      rule{R"({"rows":1,"committed_rows":2})",
           R"({"rows":1,"committed_rows":2,"failed_rows":0})"},
      rule{R"({"failure":{}})", R"({"failure":{}})"}, rule{"", ""},
      rule{"broken", "broken"});
  CAPTURE(r.before);
  CHECK(end_counts(r.before) == r.after);
}
