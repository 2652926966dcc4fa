// The HTTP server and clients that are slow, many, or up to no good.

#include "support/http_world.hpp"

#include <catch2/catch_all.hpp>

#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <future>
#include <thread>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

/// @returns how many files the process has open.
std::ptrdiff_t open_files() {
  return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"},
                       {});
}

} // namespace

TEST_CASE("slow clients are given up") {
  http_server_settings settings;
  settings.head_time = settings.body_patience = 500ms;
  settings.body_time = 800ms;
  settings.keep_alive = 100ms;
  settings.write_time = 200ms;
  http_world at{settings};
  SECTION("before they say anything") {
    CHECK(at.connect().read_to_end() == "");
  }
  SECTION("in the head") {
    auto client = at.connect();
    client.send("GET / HTTP/1.1\r\nHost:");
    auto answer = client.read_answer();
    CHECK(error_of(answer) == "the request came too slowly");
    CHECK(answer->status == 408);
    CHECK(client.read_to_end() == "");
  }
  SECTION("in the body") {
    auto client = at.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    auto answer = client.read_answer();
    CHECK(error_of(answer) == "the body came too slowly");
    CHECK(answer->status == 408);
    CHECK(at.answered == 0);
  }
  SECTION("byte by byte") {
    auto client = at.connect();
    client.send(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
    pollfd set{client.fd(), POLLIN, 0};
    // Waits for the answer; each byte alone comes in time.
    while (client.send("x") && ::poll(&set, 1, 10) == 0) {}
    CHECK(client.read_answer()->status == 408);
  }
  SECTION("between requests") {
    auto client = at.connect();
    CHECK(client.ask(request_text("GET", "/"))->status == 200);
    CHECK(client.read_to_end() == "");
  }
  SECTION("that do not read") {
    auto client = at.connect();
    client.send(request_text("GET", "/big"));
    CHECK(at.log.await("GET /big 200 (cut)"));
  }
}

TEST_CASE("a connection serves many requests, but not for ever") {
  http_server_settings settings;
  settings.requests = 3;
  http_world at{settings};
  auto client = at.connect();
  CHECK(client.ask(request_text("GET", "/"))->status == 200);
  // Two at once, a blank line before them.
  client.send("\r\n" + request_text("POST", "/", {}, "one")
              + request_text("POST", "/", {}, "two"));
  CHECK(client.read_answer()->body == "one");
  auto last = client.read_answer();
  CHECK(last->body == "two");
  CHECK(last->headers.at("connection") == "close");
  CHECK(client.read_to_end() == "");
  CHECK(at.ask(request_text("GET", "/", "Connection: Close\r\n"))
            ->headers.at("connection")
        == "close");
}

TEST_CASE("streams are bounded and leave room for others") {
  http_server_settings settings;
  settings.threads = 4;
  settings.streams = 2;
  http_world at{settings};
  auto one = at.connect();
  auto two = at.connect();
  auto follow = request_text("GET", "/stream");
  one.send(follow);
  two.send(follow);
  CHECK(one.read_head()->status == 200);
  CHECK(two.read_head()->headers.at("transfer-encoding") == "chunked");
  auto refused = at.ask(follow);
  CHECK(refused->status == 429);
  CHECK(refused->headers.at("retry-after") == "5");
  error_of(refused);
  for (int i = 0; i < 10; ++i)
    CHECK(at.ask(request_text("GET", "/"))->status == 200);
  // A place is free again as soon as a client is gone, in any way.
  SECTION("with a word") {
    one = raw_client{at.server->port()};
  }
  SECTION("with a reset") {
    one.reset();
  }
  SECTION("by ending its side") {
    one.end_sending();
  }
  at.streams_ended.wait(0);
  // It is given back just after the stream's end.
  CHECK(at.log.await("GET /stream 200 "));
  auto three = at.connect();
  three.send(follow);
  CHECK(three.read_head()->status == 200);
}

TEST_CASE("a stop lets requests end, and ends streams") {
  http_world at;
  auto busy = at.connect();
  busy.send(request_text("GET", "/held"));
  auto stream = at.connect();
  stream.send(request_text("GET", "/stream"));
  auto idle = at.connect();
  CHECK(idle.ask(request_text("GET", "/"))->status == 200);
  REQUIRE(at.held.await_waiting(1));
  REQUIRE(stream.read_head());
  auto stopping =
      std::async(std::launch::async, [&at] { at.server->stop(1min); });
  CHECK(idle.read_to_end() == "");
  // All chunks, the last one included.
  auto rest = stream.read_to_end();
  CHECK(rest->ends_with("0\r\n\r\n"));
  at.held.open();
  auto answer = busy.read_answer();
  CHECK(answer->status == 200);
  CHECK(answer->headers.at("connection") == "close");
  stopping.get();
  CHECK_THROWS(at.connect());
  CHECK_NOTHROW(at.server->stop());
}

TEST_CASE("every wait of a stop is bounded") {
  http_server_settings settings;
  settings.write_time = 10min;
  settings.body_patience = settings.body_time = 10min;
  http_world at{settings};
  auto deaf = at.connect();
  deaf.send(request_text("GET", "/big"));
  auto mute = at.connect();
  mute.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
  REQUIRE(deaf.read_head());
  while (at.admitted < 2)
    std::this_thread::yield();
  at.server->stop(1ms);
  CHECK(mute.read_to_end().value_or("nothing").empty());
}

TEST_CASE(
    "a port that is in use is reported, even if another syncctl uses it") {
  http_world at;
  http_server_settings settings;
  settings.host = "127.0.0.1";
  settings.port = at.server->port();
  auto other = http_server::start(settings, {});
  REQUIRE_FALSE(other);
  CHECK(other.error().code == ec::system_failed);
  CHECK(other.error().what
        == "cannot listen on 127.0.0.1:" + std::to_string(settings.port)
               + ": Address already in use");
  auto elsewhere = settings;
  elsewhere.host = "192.0.2.1";
  other = http_server::start(elsewhere, {});
  REQUIRE_FALSE(other);
  CHECK(other.error().what.find("Cannot assign requested address")
        != std::string::npos);
  elsewhere.host = "here";
  other = http_server::start(elsewhere, {});
  REQUIRE_FALSE(other);
  CHECK(other.error().what.find("no IP address") != std::string::npos);
  // It can be had at once when the first has gone, connections or not.
  auto client = at.connect();
  CHECK(client.ask(request_text("GET", "/"))->status == 200);
  at.server->stop();
  CHECK(http_server::start(settings, {}));
}

TEST_CASE("a thousand clients at once are all answered") {
  rlimit files{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
  files.rlim_cur = files.rlim_max;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &files) == 0);
  http_server_settings settings;
  constexpr size_t count = 1000;
  auto held = GENERATE(false, true);
  if (held) {
    settings.threads = 4;
    settings.waiting = 8;
  }
  http_world at{settings};
  std::vector<raw_client> clients;
  for (size_t i = 0; i < count; ++i) {
    clients.push_back(at.connect());
    clients.back().send(request_text("GET", held ? "/held" : "/x"));
  }
  size_t fine = 0;
  size_t refused = 0;
  std::vector<bool> done(count);
  auto look_at = [&](size_t i) {
    auto answer = clients[i].read_answer();
    REQUIRE(answer);
    REQUIRE(answer->whole);
    if (answer->status == 200) {
      ++fine;
    } else {
      REQUIRE(answer->status == 503);
      REQUIRE(answer->headers.at("retry-after") == "5");
      error_of(answer);
      ++refused;
    }
    done[i] = true;
  };
  if (held) {
    // Nothing is answered but what is refused.
    while (refused < count - 12) {
      std::vector<pollfd> set;
      for (size_t i = 0; i < count; ++i)
        set.push_back({done[i] ? -1 : clients[i].fd(), POLLIN, 0});
      REQUIRE(::poll(set.data(), set.size(), 60'000) > 0);
      for (size_t i = 0; i < count; ++i)
        if (set[i].revents != 0)
          look_at(i);
    }
    CHECK(fine == 0);
    at.held.open();
  }
  for (size_t i = 0; i < count; ++i)
    if (!done[i])
      look_at(i);
  CHECK(fine + refused == count);
  CHECK(fine >= 12);
  if (held)
    CHECK(fine == 12);
}

TEST_CASE("connections that idle make room for those that wait") {
  http_server_settings settings;
  settings.threads = 2;
  settings.keep_alive = 10min;
  http_world at{settings};
  auto one = at.connect();
  auto two = at.connect();
  CHECK(one.ask(request_text("GET", "/"))->status == 200);
  CHECK(two.ask(request_text("GET", "/"))->status == 200);
  CHECK(at.ask(request_text("GET", "/"))->status == 200);
}

TEST_CASE("the bytes of all bodies together are bounded") {
  http_server_settings settings;
  settings.bodies = 100;
  http_world at{settings};
  auto slow = at.connect();
  slow.send("POST /held HTTP/1.1\r\nHost: a\r\nContent-Length: 90\r\n\r\n"
            + std::string(90, 'a'));
  REQUIRE(at.held.await_waiting(1));
  auto small = request_text("POST", "/", {}, "0123456789");
  auto large = request_text("POST", "/", {}, "0123456789X");
  CHECK(at.ask(small)->status == 200);
  auto answer = at.ask(large);
  CHECK(answer->status == 503);
  CHECK(error_of(answer) == "too many bodies are under way");
  at.held.open();
  CHECK(slow.read_answer()->status == 200);
  // The share is given back before the answer is sent.
  CHECK(at.ask(large)->status == 200);
}

TEST_CASE("a listener that the system closes is opened anew") {
  http_world at;
  for (int fd = 3; fd < 256; ++fd) {
    int listens = 0;
    socklen_t size = sizeof listens;
    sockaddr_in address{};
    socklen_t length = sizeof address;
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0
        && listens == 1
        && ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length)
               == 0
        && ntohs(address.sin_port) == at.server->port())
      REQUIRE(::shutdown(fd, SHUT_RDWR) == 0);
  }
  REQUIRE(at.log.await("was opened anew"));
  CHECK(at.ask(request_text("GET", "/"))->status == 200);
}

TEST_CASE("no thread of the server gets signals") {
  http_world at;
  auto busy = at.connect();
  busy.send(request_text("GET", "/held"));
  REQUIRE(at.held.await_waiting(1));
  size_t threads = 0;
  for (const auto& task :
       std::filesystem::directory_iterator{"/proc/self/task"}) {
    if (task.path().filename() == std::to_string(::getpid()))
      continue;
    std::ifstream status{task.path() / "status"};
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("SigBlk:")) {
        auto blocked = std::stoull(line.substr(7), nullptr, 16);
        for (auto signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGCHLD})
          CHECK((blocked >> (signal - 1) & 1) == 1);
        ++threads;
      }
  }
  // One has the connections, one makes answers.
  CHECK(threads >= 2);
}

TEST_CASE("clients that vanish leave nothing behind") {
  auto before = open_files();
  http_server_settings settings;
  settings.threads = 4;
  settings.streams = 4;
  http_world at{settings};
  for (int i = 0; i < 100; ++i) {
    auto client = at.connect();
    client.send(
        i % 5 == 0 ? request_text("GET", "/stream")
        : i % 5 == 1
            ? "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab"
        : i % 5 == 2 ? request_text("GET", "/big")
        : i % 5 == 3 ? std::string{"GET / HT"}
                     : request_text("GET", "/"));
    if (i % 2 == 0)
      client.reset();
  }
  CHECK(at.ask(request_text("GET", "/"))->status == 200);
  at.held.open();
  at.server->stop(1min);
  at.server.reset();
  CHECK(open_files() == before);
}

TEST_CASE("the server survives random bytes") {
  auto seed = GENERATE(1u, 2u, 3u);
  INFO("seed " << seed);
  std::srand(seed);
  http_world at;
  const std::string pieces[] = {"GET ",
                                "POST ",
                                "/",
                                " HTTP/1.1",
                                "\r\n",
                                "\n",
                                "\r\n\r\n",
                                "Content-Length: ",
                                "3",
                                "abc",
                                ": ",
                                "Transfer-Encoding",
                                "chunked",
                                "0",
                                std::string(1, '\0'),
                                "\xff",
                                "%",
                                "?",
                                "&",
                                "Connection: close"};
  for (int i = 0; i < 300; ++i) {
    std::string text;
    for (int parts = std::rand() % 40; parts > 0; --parts)
      text += pieces[static_cast<size_t>(std::rand()) % std::size(pieces)];
    auto client = at.connect();
    client.send(text);
    client.end_sending();
    CHECK(client.read_to_end());
  }
  CHECK(at.ask(request_text("GET", "/"))->status == 200);
}
