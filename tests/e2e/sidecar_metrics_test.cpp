// The sidecar's metrics, on their way to the receivers.

#include "runtime/http/client/api_client.hpp"
#include "support/api_stand_in.hpp"
#include "support/bound_socket.hpp"
#include "support/holds.hpp"
#include "support/sidecar_world.hpp"

#include <catch2/catch_all.hpp>

#include <poll.h>
#include <sys/socket.h>

using namespace motorcade::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

/// @returns the next datagram; empty: none came for a minute.
std::string receive(const bound_socket& from) {
  pollfd waited{from.fd(), POLLIN, 0};
  if (::poll(&waited, 1, 60'000) != 1)
    return {};
  std::string out(65'536, ' ');
  auto n = ::recv(from.fd(), out.data(), out.size(), 0);
  out.resize(n > 0 ? static_cast<size_t>(n) : 0);
  return out;
}

/// @returns the value of an OTLP metric's first point, or an empty text.
std::string otlp_value(const std::string& body, const std::string& name) {
  auto document = json::parse(body);
  for (const auto& metric :
       document["resourceMetrics"][0]["scopeMetrics"][0]["metrics"])
    if (metric["name"] == name)
      return metric["sum"]["dataPoints"][0]["asInt"];
  return {};
}

} // namespace

TEST_CASE("MICROMETER_METRICS_STATSD_ENABLED sends datagrams with tags") {
  sidecar_world world;
  const bound_socket receiver{SOCK_DGRAM};
  world.env["MICROMETER_METRICS_STATSD_ENABLED"] = "true";
  world.env["STATSD_HOST"] = "127.0.0.1";
  world.env["STATSD_PORT"] = receiver.port();
  world.env["METRICS_INTERVAL_SECONDS"] = "0.05";
  world.start();
  auto connector = world.connect();
  connector.out(record_line("users", "{}") + record_line("users", "{}")
                + "no json\n{\"type\":\n");
  // While it runs, what grew; what a second brought is one datagram or two.
  std::string live;
  while (!holds(live, "motorcade.rows:2|c|#command:read")) {
    live = receive(receiver);
    REQUIRE_FALSE(live.empty());
  }
  CHECK(holds(live, "stream:users"));
  CHECK(holds(live, "motorcade.rejected.lines:1|c|#"));
  CHECK(holds(live, "reason:malformed_json"));
  CHECK(holds(live, "package:" + world.env["PACKAGE"]));
  connector.close();
  CHECK(world.finish().exit_code == 0);
  // And the rest with its end.
  std::string rest;
  while (!holds(rest, "motorcade.tasks:1|c")) {
    auto more = receive(receiver);
    REQUIRE_FALSE(more.empty());
    rest += more + "\n";
  }
  CHECK(holds(rest, "motorcade.committed.rows:2|c"));
  CHECK(holds(rest, "motorcade.commit.time.count:1|c"));
}

TEST_CASE("MICROMETER_METRICS_OTLP_ENABLED posts documents to a collector") {
  sidecar_world world;
  api_stand_in collector{[](const api_call&) {
    return 200;
  }};
  world.env["MICROMETER_METRICS_OTLP_ENABLED"] = "true";
  world.env["OTEL_COLLECTOR_ENDPOINT"] =
      collector.url() + GENERATE(as<std::string>{}, "", "/", "/v1/metrics");
  CHECK(world.play(record_line("users", "{}")).exit_code == 0);
  auto calls = collector.calls();
  REQUIRE_FALSE(calls.empty());
  CHECK(calls.back().line() == "POST /v1/metrics");
  CHECK(calls.back().headers["content-type"] == "application/json");
  CHECK(otlp_value(calls.back().body, "motorcade.rows") == "1");
  CHECK(otlp_value(calls.back().body, "motorcade.committed.rows") == "1");
  CHECK(otlp_value(calls.back().body, "motorcade.tasks") == "1");
}

TEST_CASE("METRICS_PORT lets Prometheus fetch metrics while the task runs") {
  sidecar_world world;
  world.env["METRICS_PORT"] = free_port();
  world.start();
  auto connector = world.connect();
  connector.out(record_line("users", "{}"));
  motorcade::api_client client;
  motorcade::api_request request;
  request.url = "http://127.0.0.1:" + world.env["METRICS_PORT"] + "/metrics";
  std::string text;
  // Figures come one after another, and may be fetched in between.
  while (!holds(text, "motorcade_rows_total{")
         || !holds(text, "# TYPE motorcade_queue_bytes gauge\n")) {
    auto answer = client.send(request);
    REQUIRE(answer);
    REQUIRE(answer->status == 200);
    text = answer->body;
  }
  CHECK(holds(text, "stream=\"users\"} 1\n"));
  request.url += "x";
  CHECK(client.send(request)->status == 404);
  connector.close();
  CHECK(world.finish().exit_code == 0);
}

TEST_CASE("a receiver that is away costs nothing") {
  sidecar_world world;
  api_stand_in silent{[](const api_call&) {
    return api_stand_in::nothing;
  }};
  const bound_socket taken;
  world.env["METRICS_INTERVAL_SECONDS"] = "0.01";
  SECTION("nobody listens") {
    world.env["MICROMETER_METRICS_OTLP_ENABLED"] = "1";
    world.env["OTEL_COLLECTOR_ENDPOINT"] = "http://127.0.0.1:1/v1/metrics";
    world.env["MICROMETER_METRICS_STATSD_ENABLED"] = "1";
    world.env["STATSD_PORT"] = "1";
  }
  SECTION("nobody answers") {
    world.env["MICROMETER_METRICS_OTLP_ENABLED"] = "1";
    world.env["OTEL_COLLECTOR_ENDPOINT"] = silent.url();
  }
  SECTION("nobody has that name") {
    world.env["MICROMETER_METRICS_STATSD_ENABLED"] = "1";
    world.env["STATSD_HOST"] = "nobody.invalid";
  }
  SECTION("the port is taken") {
    world.env["METRICS_PORT"] = taken.port();
  }
  auto ended = world.play(record_line("users", "{}"));
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
  auto said = ended.err.find("metrics are not taken");
  CHECK((said == std::string::npos
         || ended.err.find("metrics are not taken", said + 1)
                == std::string::npos));
}

TEST_CASE("wrong settings of metrics are named before the start") {
  sidecar_world world;
  world.env["METRICS_PORT"] = "70000";
  world.env["STATSD_PORT"] = "none";
  world.env["OTEL_COLLECTOR_ENDPOINT"] = "collector";
  world.env["METRICS_INTERVAL_SECONDS"] = "0";
  world.start();
  auto ended = world.finish();
  CHECK(ended.exit_code == 2);
  for (const auto* name :
       {"METRICS_PORT: ", "STATSD_PORT: ", "OTEL_COLLECTOR_ENDPOINT: ",
        "METRICS_INTERVAL_SECONDS: "})
    CHECK(holds(ended.err, name));
}
