// The HTTP server and crowds of clients that cost more than they should: none
// of them may keep others out.

#include "support/http_world.hpp"

#include <catch2/catch_all.hpp>

#include <thread>
#include <vector>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

http_server_settings two_threads() {
  http_server_settings out;
  out.threads = 2;
  out.head_time = out.body_patience = out.body_time = out.keep_alive =
      out.write_time = 10min;
  return out;
}

void check_that_it_answers(const http_world& at) {
  for (int i = 0; i < 5; ++i)
    CHECK(at.ask(request_text("POST", "/", {}, "fine"))->body == "fine");
}

} // namespace

TEST_CASE("a client that has sent no request holds no thread") {
  http_world at{two_threads()};
  std::vector<raw_client> crowd;
  for (const std::string& text :
       {std::string{}, std::string{"GET"}, std::string{"GET / HTTP/1.1\r\nA: "},
        std::string{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx"},
        std::string{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked"
                    "\r\n\r\n1\r\nx\r\n"},
        request_text("GET", "/x")})
    for (int i = 0; i < 50; ++i) {
      crowd.push_back(at.connect());
      crowd.back().send(text);
    }
  check_that_it_answers(at);
}

TEST_CASE("a client that does not read its answer holds no thread") {
  http_world at{two_threads()};
  std::vector<raw_client> crowd;
  for (int i = 0; i < 20; ++i) {
    crowd.push_back(at.connect());
    crowd.back().send(request_text("GET", "/big"));
  }
  check_that_it_answers(at);
}

TEST_CASE("unread answers are cut if they take too much memory") {
  auto settings = two_threads();
  settings.answers = 20 << 20;
  http_world at{settings};
  std::vector<raw_client> crowd;
  for (int i = 0; i < 20; ++i) {
    crowd.push_back(at.connect());
    crowd.back().send(request_text("GET", "/big"));
  }
  CHECK(at.log.await("GET /big 200 (cut)"));
  check_that_it_answers(at);
}

TEST_CASE("if there are too many connections, silent ones are closed first") {
  auto settings = two_threads();
  settings.connections = 10;
  http_world at{settings};
  auto busy = at.connect();
  busy.send(request_text("GET", "/held"));
  REQUIRE(at.held.await_waiting(1));
  auto sending = at.connect();
  sending.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na");
  while (at.admitted < 2)
    std::this_thread::yield();
  auto first = at.connect();
  std::vector<raw_client> crowd;
  crowd.reserve(30);
  for (int i = 0; i < 30; ++i)
    crowd.push_back(at.connect());
  // The oldest is gone, and newcomers are served.
  CHECK(first.read_to_end() == "");
  check_that_it_answers(at);
  // Those who had said something are not.
  sending.send("b");
  CHECK(sending.read_answer()->body == "ab");
  at.held.open();
  CHECK(busy.read_answer()->status == 200);
}

TEST_CASE("if all connections are busy, the next reader is refused") {
  auto settings = two_threads();
  settings.connections = 2;
  http_world at{settings};
  std::vector<raw_client> crowd;
  for (int i = 1; i <= 2; ++i) {
    crowd.push_back(at.connect());
    crowd.back().send(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na");
    while (at.admitted < i)
      std::this_thread::yield();
  }
  auto answer = at.connect().read_answer();
  REQUIRE(answer);
  CHECK(answer->status == 503);
  CHECK(answer->headers.at("retry-after") == "5");
  CHECK(error_of(answer) == "too many connections");
}

TEST_CASE("bodies in chunks count by the received bytes") {
  auto settings = two_threads();
  settings.body = 1000;
  settings.bodies = 1500;
  http_world at{settings};
  std::vector<raw_client> crowd;
  for (int i = 0; i < 50; ++i) {
    crowd.push_back(at.connect());
    crowd.back().send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked"
                      "\r\n\r\n1\r\nx\r\n");
  }
  check_that_it_answers(at);
  auto one = at.connect();
  one.send("POST /held HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n"
           + std::string(900, 'x'));
  REQUIRE(at.held.await_waiting(1));
  auto answer =
      at.ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked"
             "\r\n\r\n3e8\r\n"
             + std::string(1000, 'x') + "\r\n0\r\n\r\n");
  CHECK(answer->status == 503);
  CHECK(error_of(answer) == "too many bodies are under way");
  at.held.open();
  CHECK(one.read_answer()->status == 200);
}

TEST_CASE("waiting requests are bounded, and the next is refused") {
  auto settings = two_threads();
  settings.waiting = 3;
  http_world at{settings};
  std::vector<raw_client> crowd;
  for (int i = 1; i <= 5; ++i) {
    crowd.push_back(at.connect());
    crowd.back().send(request_text("GET", "/held"));
    while (at.admitted < i)
      std::this_thread::yield();
  }
  REQUIRE(at.held.await_waiting(2));
  auto answer = at.ask(request_text("GET", "/"));
  CHECK(answer->status == 503);
  CHECK(error_of(answer) == "too many requests are under way");
  at.held.open();
  for (auto& one : crowd)
    CHECK(one.read_answer()->status == 200);
}
