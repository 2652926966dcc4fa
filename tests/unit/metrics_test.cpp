#include "runtime/metrics/metric_formats.hpp"
#include "support/holds.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <set>

using namespace motorcade;
using motorcade::test::holds;
using nlohmann::json;

namespace {

const metric_tags tags = {{"package", "airbyte/source-x"}};

} // namespace

TEST_CASE("every metric has a name, a unit and a word of help") {
  std::set<std::string_view> names;
  for (size_t i = 0; i < metric_count; ++i) {
    const auto& definition = definition_of(static_cast<metric>(i));
    CHECK(names.insert(definition.name).second);
    CHECK(definition.name.starts_with("motorcade."));
    CHECK_FALSE(definition.unit.empty());
    CHECK(definition.help.ends_with('.'));
  }
}

TEST_CASE("labels beyond a number are added up under one") {
  metric_board board{{}};
  for (int i = 0; i < 200; ++i)
    board.add(metric::retries, 1, "stream-" + std::to_string(i));
  board.add(metric::retries, 1, "stream-7");
  auto samples = board.read();
  CHECK(samples.size() == metric_board::most_label_values + 1);
  double sum = 0;
  for (const auto& sample : samples) {
    sum += sample.value;
    if (sample.label_value == metric_board::other_label)
      CHECK(sample.value == 150);
    if (sample.label_value == "stream-7")
      CHECK(sample.value == 2);
  }
  CHECK(sum == 201);
}

TEST_CASE("values are written for Prometheus") {
  metric_board board{tags};
  board.set(metric::rows, 18'000'000'000'000, "a \"b\"\\\n");
  board.set(metric::rows, 2, "z");
  board.set(metric::queue_bytes, 5);
  board.observe(metric::commit_time, 0.02);
  board.observe(metric::commit_time, 0.03);
  board.observe(metric::commit_time, 1000);
  auto text = to_prometheus(board.read(), board.tags());
  const std::string package = R"({package="airbyte/source-x")";
  CHECK(holds(text, "# TYPE motorcade_rows_total counter\n"
                    "motorcade_rows_total"
                        + package + R"(,stream="a \"b\"\\\n"} 18000000000000)"
                        + "\n" + "motorcade_rows_total" + package
                        + R"(,stream="z"} 2)" + "\n"));
  CHECK(holds(text, "# TYPE motorcade_queue_bytes gauge\nmotorcade_queue_bytes"
                        + package + "} 5\n"));
  const std::string time = "motorcade_commit_time_seconds";
  CHECK(holds(text, "# TYPE " + time + " histogram\n"));
  CHECK(holds(text, time + "_bucket" + package + ",le=\"0.01\"} 0\n"));
  CHECK(holds(text, time + "_bucket" + package + ",le=\"0.025\"} 1\n"));
  CHECK(holds(text, time + "_bucket" + package + ",le=\"600\"} 2\n"));
  CHECK(holds(text, time + "_bucket" + package + ",le=\"+Inf\"} 3\n"));
  CHECK(holds(text, time + "_sum" + package + "} 1000.05\n"));
  CHECK(holds(text, time + "_count" + package + "} 3\n"));
  // One head for all values of a metric.
  CHECK(text.find("# HELP motorcade_rows_total")
        == text.rfind("# HELP motorcade_rows_total"));
}

TEST_CASE("datagrams of StatsD hold the growth") {
  metric_board board{tags};
  board.set(metric::rows, 10, "a,b|c");
  board.set(metric::queue_bytes, 5);
  board.observe(metric::commit_time, 0.5);
  auto first = board.read();
  const std::string package = "package:airbyte/source-x";
  auto sent = to_statsd(first, {}, tags);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0]
        == "motorcade.rows:10|c|#" + package
               + ",stream:a_b_c\n"
                 "motorcade.commit.time.count:1|c|#"
               + package + "\nmotorcade.commit.time.sum:500|c|#" + package
               + "\nmotorcade.commit.time.max:500|g|#" + package
               + "\nmotorcade.queue.bytes:5|g|#" + package);
  board.set(metric::rows, 13, "a,b|c");
  board.observe(metric::commit_time, 0.25);
  auto more = to_statsd(board.read(), first, tags);
  REQUIRE(more.size() == 1);
  CHECK(holds(more[0], "motorcade.rows:3|c"));
  CHECK(holds(more[0], "motorcade.commit.time.count:1|c"));
  CHECK(holds(more[0], "motorcade.commit.time.sum:250|c"));
  // Nothing grew: only gauges.
  auto still = to_statsd(board.read(), board.read(), tags);
  CHECK(still
        == std::vector<std::string>{"motorcade.queue.bytes:5|g|#" + package});
  // None is longer than a network takes in one piece.
  for (int i = 0; i < 50; ++i)
    board.set(metric::rows, 1, "stream-" + std::to_string(i));
  auto many = to_statsd(board.read(), {}, tags);
  CHECK(many.size() > 1);
  for (const auto& datagram : many)
    CHECK(datagram.size() <= 1432);
}

TEST_CASE("values are written as a document of OTLP") {
  metric_board board{tags};
  board.set(metric::rows, 3, "a");
  board.set(metric::rows, 4, "b");
  board.set(metric::kept_bytes, 9);
  board.observe(metric::commit_time, 0.02);
  wall_time start{std::chrono::seconds{1'700'000'000}};
  auto document = json::parse(
      to_otlp(board.read(), tags, start, start + std::chrono::seconds{30}));
  const auto& resource = document["resourceMetrics"][0];
  CHECK(resource["resource"]["attributes"][0]["value"]["stringValue"]
        == "motorcade-sidecar");
  CHECK(resource["resource"]["attributes"][1]
        == json::parse(R"({"key":"package",
                           "value":{"stringValue":"airbyte/source-x"}})"));
  const auto& metrics = resource["scopeMetrics"][0]["metrics"];
  REQUIRE(metrics.size() == 3);
  CHECK(metrics[0]["name"] == "motorcade.rows");
  CHECK(metrics[0]["sum"]["isMonotonic"] == true);
  CHECK(metrics[0]["sum"]["aggregationTemporality"] == 2);
  REQUIRE(metrics[0]["sum"]["dataPoints"].size() == 2);
  CHECK(metrics[0]["sum"]["dataPoints"][1] == json::parse(R"({
    "startTimeUnixNano": "1700000000000000000",
    "timeUnixNano": "1700000030000000000",
    "attributes": [{"key": "stream", "value": {"stringValue": "b"}}],
    "asInt": "4"})"));
  const auto& time = metrics[1]["histogram"]["dataPoints"][0];
  CHECK(time["count"] == "1");
  CHECK(time["bucketCounts"].size() == time["explicitBounds"].size() + 1);
  CHECK(time["bucketCounts"][2] == "1");
  CHECK(metrics[2]["gauge"]["dataPoints"][0]["asInt"] == "9");
}
