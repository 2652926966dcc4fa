// Everything that a server and a network can do to a request.

#include "runtime/destination/bulker/bulker_destination.hpp"
#include "support/bulker_stand_in.hpp"
#include "support/upload_probe.hpp"

#include <catch2/catch_all.hpp>

#include <ctime>

using namespace motorcade;
using namespace motorcade::support;
using namespace std::chrono_literals;

namespace {

using kind = fault::kind;

struct world {
  bulker_stand_in server;
  destination_ptr to;

  explicit world(std::chrono::milliseconds stall = 60s,
                 std::chrono::milliseconds response = 1200s,
                 stand_in_settings server_settings = {})
      : server{std::move(server_settings)} {
    destination_settings settings;
    settings.url = server.url();
    settings.auth_token = "s3cret-t0ken";
    settings.stall_timeout = stall;
    settings.response_timeout = response;
    to = *bulker_destination::make(settings);
  }

  upload_outcome put(const std::vector<std::string>& rows) {
    upload_probe upload{*to, request_for("t")};
    upload.write(rows);
    return upload.finish();
  }

  /// Sends more than the connection can hold, until it ends by itself.
  upload_outcome put_endlessly(size_t megabytes = 64) {
    upload_probe upload{*to, request_for("t")};
    for (size_t i = 0; i < megabytes; ++i)
      upload.write(std::vector<std::string>(1000, std::string(1000, '1')));
    return upload.finish();
  }
};

std::string text_of(const upload_outcome& outcome) {
  return outcome.error ? outcome.error->what : "committed";
}

bool says(const upload_outcome& outcome, std::string_view what) {
  UNSCOPED_INFO(text_of(outcome));
  return text_of(outcome).find(what) != std::string::npos;
}

} // namespace

TEST_CASE("the status decides which failures may pass later", "[status]") {
  world w;
  auto after = GENERATE(fault::whole_body, size_t{0}, size_t{100});
  auto check = [&](long status, ec expected) {
    CAPTURE(status, after);
    w.server.inject(
        {.status = status, .body = R"({"error":"no"})", .after_bytes = after});
    auto outcome = w.put({std::string(200, '1'), "2"});
    CHECK(code_of(outcome) == expected);
    CHECK(says(outcome, "POST " + w.server.url()
                            + "/bulk/sync-1: " + std::to_string(status)));
    CHECK_FALSE(says(outcome, "tableName"));
  };
  for (auto status : {408, 429, 500, 501, 502, 503, 504, 599})
    check(status, ec::destination_unavailable);
  for (auto status : {301, 307, 400, 401, 403, 404, 409, 413, 422})
    check(status, ec::destination_rejected);
  CHECK(w.put({"1"}).committed());
  CHECK(w.server.rows("t") == std::vector<std::string>{"1"});
}

TEST_CASE("a 2xx other than 200 is no commit") {
  world w;
  for (auto status : {201, 202, 204}) {
    w.server.inject(
        {.status = status, .body = "", .after_bytes = fault::whole_body});
    CHECK(code_of(w.put({"1"})) == ec::destination_rejected);
  }
}

TEST_CASE("a wrong token and an unknown destination are rejected") {
  bulker_stand_in server{{.token = "right", .destinations = {"sync-1"}}};
  auto bad = destination_at(server.url(), "wr0ng");
  upload_probe first{*bad, request_for("t")};
  first.write({"1"});
  auto outcome = first.finish();
  CHECK(code_of(outcome) == ec::destination_rejected);
  CHECK(says(outcome, "401"));
  CHECK_FALSE(says(outcome, "wr0ng"));
  auto good = destination_at(server.url(), "right");
  auto request = request_for("t");
  request.connection_id = "sync-2";
  upload_probe second{*good, request};
  // Nothing was written: the answer comes all the same.
  outcome = second.wait();
  CHECK(code_of(outcome) == ec::destination_rejected);
  CHECK(says(outcome, "404: {\"error\":\"destination not found: sync-2\"}"));
}

TEST_CASE("Retry-After is understood in seconds and as a date") {
  world w;
  auto ask = [&](const std::string& value) {
    w.server.inject({.status = 429,
                     .headers = {"retry-after: " + value},
                     .after_bytes = fault::whole_body});
    return w.put({"1"}).retry_after;
  };
  CHECK(ask("7") == 7000ms);
  CHECK(ask("0") == 0ms);
  CHECK(ask("99999999999") == 24h);
  CHECK_FALSE(ask("soon").has_value());
  CHECK_FALSE(ask("-1").has_value());
  CHECK(ask("Wed, 21 Oct 2015 07:28:00 GMT") == 0ms);
  char date[64];
  auto later = std::time(nullptr) + 100;
  tm parts = {};
  std::strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT",
                ::gmtime_r(&later, &parts));
  auto wait = ask(date);
  REQUIRE(wait.has_value());
  CHECK((*wait > 90s && *wait <= 100s));
}

TEST_CASE("a redirect is reported and not followed") {
  world w;
  w.server.inject(
      {.status = 308,
       .headers = {"Location: https://u:p4ss@other.example/x?token=abc#f"},
       .after_bytes = fault::whole_body});
  auto outcome = w.put({"1"});
  CHECK(code_of(outcome) == ec::destination_rejected);
  CHECK(says(outcome, "https://other.example/x,"));
  CHECK(says(outcome, "correct BULKER_URL"));
  CHECK_FALSE(says(outcome, "abc"));
  CHECK_FALSE(says(outcome, "p4ss"));
  w.server.inject({.status = 302,
                   .headers = {"Location: /login?next=abc"},
                   .after_bytes = fault::whole_body});
  outcome = w.put({"1"});
  CHECK(says(outcome, "/login,"));
  CHECK_FALSE(says(outcome, "abc"));
  CHECK(w.server.requests().size() == 2);
}

TEST_CASE("an answer before the end of the request commits nothing") {
  world w;
  w.server.inject({.what = kind::answer_early, .status = 200});
  auto outcome = w.put_endlessly();
  CHECK(code_of(outcome) == ec::destination_unavailable);
  CHECK(says(outcome, "answered before the end of the request"));
  // While there is nothing to send.
  w.server.inject({.what = kind::answer_early, .status = 200});
  upload_probe upload{*w.to, request_for("t")};
  CHECK(says(upload.wait(), "answered before the end of the request"));
}

TEST_CASE("an early error is understood in the middle of the rows") {
  world w;
  for (int i = 0; i < 10; ++i) {
    w.server.inject({.status = 403, .after_bytes = 3'000'000});
    CHECK(code_of(w.put_endlessly()) == ec::destination_rejected);
  }
}

TEST_CASE("an answer is heard though a reset comes with it") {
  world w;
  for (int i = 0; i < 40; ++i) {
    w.server.inject({.status = 403, .after_bytes = 1'000'000, .abrupt = true});
    auto outcome = w.put_endlessly(4);
    CHECK(code_of(outcome) == ec::destination_rejected);
    CHECK(says(outcome, "403: {}"));
  }
}

TEST_CASE("a reset may pass later") {
  world w;
  w.server.inject({.what = kind::reset, .after_bytes = 2'000'000});
  CHECK(code_of(w.put_endlessly()) == ec::destination_unavailable);
  w.server.inject({.what = kind::reset, .after_bytes = 1});
  upload_probe quiet{*w.to, request_for("t")};
  quiet.write({"1"});
  CHECK(code_of(quiet.wait()) == ec::destination_unavailable);
  CHECK(w.server.rows("t").empty());
  CHECK(w.put({"1"}).committed());
}

TEST_CASE("a lost answer is not a commit, though the rows are there") {
  world w;
  w.server.inject({.what = kind::lost_answer});
  CHECK(code_of(w.put({"1"})) == ec::destination_unavailable);
  CHECK(w.server.rows("t") == std::vector<std::string>{"1"});
}

TEST_CASE("a server that takes no more bytes has stalled") {
  world w{200ms};
  w.server.inject({.what = kind::stall, .after_bytes = 1'000'000});
  auto outcome = w.put_endlessly();
  CHECK(code_of(outcome) == ec::destination_unavailable);
  CHECK(says(outcome, "stalled: the server took no byte for 0.200 s"));
}

TEST_CASE("a server that never answers has stalled") {
  world w{60s, 200ms};
  w.server.inject({.what = kind::mute});
  auto outcome = w.put({"1"});
  CHECK(code_of(outcome) == ec::destination_unavailable);
  CHECK(says(outcome, "stalled: no answer 0.200 s after the end"));
}

TEST_CASE("a server that answers one byte at a time works") {
  world w{5s, 5s};
  w.server.inject({.what = kind::slow_answer});
  CHECK(w.put({"1"}).committed());
  CHECK(w.put({"2"}).committed());
}

TEST_CASE("a huge answer is cut, and its status counts") {
  world w;
  std::string huge(5 << 20, 'x');
  w.server.inject(
      {.status = 200, .body = huge, .after_bytes = fault::whole_body});
  CHECK(w.put({"1"}).committed());
  w.server.inject(
      {.status = 503, .body = huge, .after_bytes = fault::whole_body});
  auto outcome = w.put({"1"});
  CHECK(code_of(outcome) == ec::destination_unavailable);
  CHECK(text_of(outcome).size() < 700);
  CHECK(w.put({"1"}).committed());
}

TEST_CASE("an answer is shown on one line, without the token") {
  world w;
  w.server.inject({.status = 400,
                   .body = "no\r\n\tBearer s3cret-t0ken \x1b[31m\xff\xc3\xbc "
                           + std::string(600, 'z'),
                   .after_bytes = fault::whole_body});
  auto text = text_of(w.put({"1"}));
  CHECK(text.find("s3cret-t0ken") == std::string::npos);
  CHECK(text.find("400: no   Bearer ***  [31m\xef\xbf\xbd\xc3\xbc zzz")
        != std::string::npos);
  CHECK(text.find_first_of("\r\n\t\x1b") == std::string::npos);
  CHECK(text.size() < 600);
}

TEST_CASE("a refused connection may pass later, and then does") {
  world w;
  w.server.stop_listening();
  auto outcome = w.put({"1"});
  CHECK(code_of(outcome) == ec::destination_unavailable);
  w.server.start_listening();
  CHECK(w.put({"1"}).committed());
}

TEST_CASE("a name that does not resolve may pass later") {
  auto to = destination_at("http://nowhere.invalid");
  upload_probe upload{*to, request_for("t")};
  CHECK(code_of(upload.wait()) == ec::destination_unavailable);
}

TEST_CASE("an abort notifies the server and keeps the connection") {
  world w;
  upload_probe upload{*w.to, request_for("t")};
  upload.write({"1", "2"});
  REQUIRE(w.server.wait_for_bytes(4));
  upload->abort();
  CHECK(code_of(upload.wait()) == ec::cancelled);
  REQUIRE(w.server.wait_for_ended(1));
  auto request = w.server.requests().at(0);
  CHECK(request.status == 400);
  CHECK(request.rows == std::vector<std::string>{"1", "2"});
  CHECK_FALSE(request.committed);
}

TEST_CASE("an abort in the middle of a row never completes the request") {
  world w;
  upload_probe upload{*w.to, request_for("t")};
  // Longer than the connection's buffer, so some row is under way.
  for (int i = 0; i < 40; ++i)
    upload.write({std::string(1'000'000, '1')});
  REQUIRE(w.server.wait_for_bytes(2'000'000));
  upload->abort();
  CHECK(code_of(upload.wait()) == ec::cancelled);
  REQUIRE(w.server.wait_for_ended(1));
  auto request = w.server.requests().at(0);
  CHECK_FALSE(request.committed);
  for (const auto& row : request.rows)
    CHECK(row.size() == 1'000'000);
  CHECK(w.server.rows("t").empty());
}

TEST_CASE("an abort does not wait for a server that has stalled") {
  world w;
  w.server.inject({.what = kind::stall, .after_bytes = 1'000'000});
  upload_probe upload{*w.to, request_for("t")};
  for (int i = 0; i < 64; ++i)
    upload.write(std::vector<std::string>(1000, std::string(1000, '1')));
  REQUIRE(w.server.wait_for_bytes(1'000'000));
  auto before = std::chrono::steady_clock::now();
  upload->abort();
  CHECK(code_of(upload.wait()) == ec::cancelled);
  CHECK(std::chrono::steady_clock::now() - before < 8s);
}

TEST_CASE("an abort after the end of the body is not waited for") {
  world w;
  w.server.inject({.what = kind::mute});
  upload_probe upload{*w.to, request_for("t")};
  upload.write({"1"});
  upload->finish();
  REQUIRE(w.server.wait_for_bytes(2));
  upload->abort();
  CHECK(code_of(upload.wait()) == ec::cancelled);
}

TEST_CASE("the server's time limit ends a request") {
  stand_in_settings hasty;
  hasty.request_limit = 100ms;
  world w{60s, 1200s, hasty};
  upload_probe upload{*w.to, request_for("t")};
  upload.write({"1"});
  auto outcome = upload.wait();
  CHECK(code_of(outcome) == ec::destination_rejected);
  CHECK(says(outcome, "took too long"));
  CHECK(w.server.rows("t").empty());
}

TEST_CASE("faults of one upload leave the others alone") {
  // Long enough for a busy server that checks 30 MB of rows.
  world w{3s};
  w.server.inject({.what = kind::stall, .after_bytes = 1000, .table = "a"});
  w.server.inject({.what = kind::reset, .after_bytes = 1000, .table = "b"});
  w.server.inject({.status = 404, .table = "c"});
  std::vector<std::unique_ptr<upload_probe>> open;
  for (auto table : {"a", "b", "c", "d", "e"})
    open.push_back(std::make_unique<upload_probe>(*w.to, request_for(table)));
  std::vector<std::string> rows(1000, std::string(1000, '1'));
  for (int i = 0; i < 30; ++i)
    for (auto& upload : open)
      upload->write(rows);
  for (auto& upload : open)
    (*upload)->finish();
  CHECK(code_of(open[0]->wait()) == ec::destination_unavailable);
  CHECK(code_of(open[1]->wait()) == ec::destination_unavailable);
  CHECK(code_of(open[2]->wait()) == ec::destination_rejected);
  CHECK(open[3]->wait().committed());
  CHECK(open[4]->wait().committed());
  CHECK(w.server.row_count("d") == 30'000);
  CHECK(w.server.row_count("e") == 30'000);
}
