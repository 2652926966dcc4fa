// The HTTP server and clients of every kind, over real sockets.

#include "runtime/api_client.hpp"
#include "runtime/http_server.hpp"
#include "support/log_capture.hpp"
#include "support/raw_client.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// Lets threads pass once it is open.
class gate {
public:
  void open() {
    {
      std::lock_guard lock{mutex_};
      open_ = true;
    }
    changed_.notify_all();
  }

  /// @returns false where a minute was not enough.
  bool pass() {
    std::unique_lock lock{mutex_};
    ++waiting_;
    changed_.notify_all();
    return changed_.wait_for(lock, 1min, [this] { return open_; });
  }

  bool await_waiting(size_t count) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, 1min, [&] { return waiting_ >= count; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  size_t waiting_ = 0;
};

/// A server with a path for everything a handler can do.
struct world {
  explicit world(http_server_settings wanted = {}) {
    wanted.host = "127.0.0.1";
    wanted.logged = {"shown"};
    http_handlers handlers;
    handlers.admit =
        [this](const http_request& request) -> std::optional<http_reply> {
      ++admitted;
      if (request.segments[0] == "refused")
        return http_error(401, "no");
      return {};
    };
    handlers.answer = [this](http_request& request) {
      return answer(request);
    };
    auto started = http_server::start(wanted, handlers);
    REQUIRE(started);
    server = std::move(*started);
  }

  ~world() {
    held.open();
    if (server)
      server->stop(1min);
  }

  http_reply answer(http_request& request) {
    ++answered;
    const auto& path = request.segments[0];
    http_reply out;
    out.content_type = "text/plain";
    if (path == "throw")
      throw std::runtime_error{"hush-hush"};
    if (path == "throw-int")
      throw 7;
    if (path == "held")
      held.pass();
    if (path == "big")
      out.body.assign(8 << 20, 'x');
    else if (path == "length")
      out.body = std::to_string(request.body.size());
    else
      out.body = request.body;
    if (path == "echo") {
      json all;
      all["segments"] = request.segments;
      all["query"] = request.query;
      out.body = all.dump(-1, ' ', false, json::error_handler_t::replace);
    }
    if (path == "stream")
      out.stream = [this](http_stream& to) {
        ++streams;
        for (int i = 0; to.write("line " + std::to_string(i) + '\n'); ++i)
          if (!to.pause(1ms))
            break;
        ++streams_ended;
        streams_ended.notify_all();
      };
    if (path == "short-stream")
      out.stream = [](http_stream& to) {
        to.write("a\n");
        to.write("");
        to.write("b\n");
      };
    if (path == "broken-stream")
      out.stream = [](http_stream& to) {
        to.write("a\n");
        throw std::runtime_error{"hush-hush"};
      };
    return out;
  }

  raw_client connect() const { return raw_client{server->port()}; }

  std::optional<raw_answer> ask(const std::string& text) const {
    return connect().ask(text);
  }

  log_capture log;
  gate held;
  std::atomic<int> admitted = 0;
  std::atomic<int> answered = 0;
  std::atomic<int> streams = 0;
  std::atomic<int> streams_ended = 0;
  std::unique_ptr<http_server> server;
};

/// @returns how many files the process has open.
std::ptrdiff_t open_files() {
  return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"},
                       {});
}

/// @returns the error of an answer that must be a JSON error.
std::string error_of(const std::optional<raw_answer>& answer) {
  REQUIRE(answer);
  CHECK(answer->whole);
  CHECK(answer->headers.at("content-type") == "application/json");
  auto body = json::parse(answer->body);
  CHECK(body.at("ok") == false);
  CHECK(body.size() == 2);
  return body.at("error");
}

} // namespace

TEST_CASE("a request is handed over decoded and answered") {
  world at;
  auto answer = at.ask(request_text(
      "GET", "/echo/a%2Fb/..%2f/%00/%F0%9F%9A%97//x?a=1&b=%26+c&a=2&flag&=&&"));
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->headers.at("connection") == "keep-alive");
  CHECK(json::parse(answer->body)
        == json{{"segments",
                 {"echo", "a/b", "../", std::string(1, '\0'), "\U0001F697", "",
                  "x"}},
                {"query", json::array({{"a", "1"},
                                       {"b", "& c"},
                                       {"a", "2"},
                                       {"flag", ""},
                                       {"", ""}})}});
}

TEST_CASE("what is no HTTP, or too much of it, is refused with a reason") {
  world at;

  struct {
    std::string text;
    int status;
  } const cases[] = {
      {"hello\r\n\r\n", 400},
      {"GET /\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\n\r\n", 505},
      {"GET / FTP/1.1\r\n\r\n", 400},
      {"GET  / HTTP/1.1\r\n\r\n", 400},
      {"GET http://x/ HTTP/1.1\r\n\r\n", 400},
      {"GET /a#b HTTP/1.1\r\n\r\n", 400},
      {"GET /\x01 HTTP/1.1\r\n\r\n", 400},
      {"GET /\xff HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\n\n", 400},
      {"G(T / HTTP/1.1\r\n\r\n", 400},
      {std::string("GET /\0 HTTP/1.1\r\n\r\n", 19), 400},
      {"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nA : b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nA: b\x02\r\n\r\n", 400},
      {std::string("GET / HTTP/1.1\r\nA: \0\r\n\r\n", 24), 400},
      {"GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", 400},
      {"GET /%zz HTTP/1.1\r\n\r\n", 400},
      {"GET /%2 HTTP/1.1\r\n\r\n", 400},
      {"GET /?a=%u0041 HTTP/1.1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
       400},
      {"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: "
       "1\r\n\r\na",
       415},
      {"POST / HTTP/1.1\r\nExpect: wonders\r\nContent-Length: 1\r\n\r\na", 417},
      {"POST / HTTP/1.1\r\nContent-Length: 10485761\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n", 413},
      {"GET /" + std::string(16 << 10, 'a') + " HTTP/1.1\r\n\r\n", 414},
      {"GET /" + std::string(1 << 20, 'a'), 414},
      {std::string(1 << 20, 'a'), 414},
      {"GET / HTTP/1.1\r\nA: " + std::string(8 << 10, 'a') + "\r\n\r\n", 431},
      {"GET / HTTP/1.1\r\nA: " + std::string(1 << 20, 'a') + "\r\n\r\n", 431},
      {request_text("GET", "/",
                    [] {
                      std::string out;
                      for (int i = 0; i < 200; ++i)
                        out += "A: b\r\n";
                      return out;
                    }()),
       431},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", 400},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\naXX\r\n",
       400},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\na\r\n", 400},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;"
           + std::string(1 << 20, 'a'),
       400},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff"
       "\r\n",
       413},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: "
       "chunked\r\n\r\nfffffffffffffffff\r\n",
       413},
  };

  for (const auto& one : cases) {
    INFO(one.text.substr(0, 120));
    auto client = at.connect();
    auto answer = client.ask(one.text);
    error_of(answer);
    CHECK(answer->status == one.status);
    CHECK(answer->headers.at("connection") == "close");
    CHECK(answer->headers.at("x-request-id").size() == 36);
    CHECK(client.read_to_end() == "");
  }
  CHECK(at.answered == 0);
  CHECK(at.ask(request_text("GET", "/"))->status == 200);
}

TEST_CASE("bodies of every size arrive as they were sent, up to the limit") {
  http_server_settings settings;
  settings.body = 100'000;
  world at{settings};
  for (size_t size : {1, 4095, 4096, 65'537, 100'000}) {
    std::string body(size, 'b');
    body[size / 2] = '\0';
    auto client = at.connect();
    CHECK(client.ask(request_text("POST", "/", {}, body))->body == body);
    // In chunks of odd sizes, on the same connection.
    std::string chunks;
    for (size_t from = 0, part = 1; from < size; from += part, part *= 3) {
      auto piece = body.substr(from, part);
      char head[20];
      std::snprintf(head, sizeof head, "%zX;x=y\r\n", piece.size());
      chunks += head + piece + "\r\n";
    }
    CHECK(client
              .ask("POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n"
                   + chunks + "0\r\nTrailer: x\r\n\r\n")
              ->body
          == body);
  }
  std::string body(100'001, 'b');
  auto answer = at.ask(request_text("POST", "/", {}, body));
  CHECK(answer->status == 413);
  CHECK(error_of(answer) == "the body is larger than 100000 bytes");
  answer = at.ask("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "186A0\r\n"
                  + body.substr(1) + "\r\n1\r\nb\r\n0\r\n\r\n");
  CHECK(answer->status == 413);
}

TEST_CASE("a client that uploads without end gets its answer all the same") {
  http_server_settings settings;
  settings.body = 1 << 20;
  world at{settings};
  api_client client;
  api_request request;
  request.method = "POST";
  request.url =
      "http://127.0.0.1:" + std::to_string(at.server->port()) + "/length";
  request.body.assign(10 << 20, 'x');
  auto answer = client.send(request);
  REQUIRE(answer);
  CHECK(answer->status == 413);
  // And as much as may be.
  request.body.assign(1 << 20, 'x');
  answer = client.send(request);
  REQUIRE(answer);
  CHECK(answer->body == "1048576");
  // Asked before it is sent.
  request.headers = {"Expect: 100-continue"};
  auto raw = at.connect();
  raw.send("POST /length HTTP/1.1\r\nExpect: 100-continue\r\n"
           "Content-Length: 3\r\n\r\n");
  auto interim = raw.read_head();
  REQUIRE(interim);
  CHECK(interim->status == 100);
  CHECK(raw.ask("abc")->body == "3");
  raw.send("POST /refused HTTP/1.1\r\nExpect: 100-continue\r\n"
           "Content-Length: 3\r\n\r\n");
  CHECK(raw.read_answer()->status == 401);
}

TEST_CASE("who is not admitted has his body left unread") {
  world at;
  auto client = at.connect();
  client.send("POST /refused HTTP/1.1\r\nContent-Length: 10000000\r\n\r\n");
  auto answer = client.read_answer();
  CHECK(answer->status == 401);
  CHECK(answer->headers.at("connection") == "close");
  CHECK(at.answered == 0);
}

TEST_CASE("slow clients are given up") {
  http_server_settings settings;
  settings.head_time = settings.body_patience = 500ms;
  settings.body_time = 800ms;
  settings.keep_alive = 100ms;
  settings.write_time = 200ms;
  world at{settings};
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
    client.send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
    auto answer = client.read_answer();
    CHECK(error_of(answer) == "the body came too slowly");
    CHECK(answer->status == 408);
    CHECK(at.answered == 0);
  }
  SECTION("byte by byte") {
    auto client = at.connect();
    client.send("POST / HTTP/1.1\r\nContent-Length: 10000000\r\n\r\n");
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
  world at{settings};
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

TEST_CASE("garbage behind a request does not spoil its answer") {
  world at;
  auto client = at.connect();
  client.send(request_text("POST", "/", {}, "fine") + "garbage\r\n\r\n"
              + request_text("GET", "/"));
  CHECK(client.read_answer()->body == "fine");
  auto answer = client.read_answer();
  CHECK(error_of(answer) == "not an HTTP request");
  // What came behind is not looked at.
  CHECK(client.read_to_end() == "");
}

TEST_CASE("HTTP/1.0 and HEAD are answered as they must be") {
  world at;
  auto old = at.ask("GET / HTTP/1.0\r\n\r\n");
  CHECK(old->headers.at("connection") == "close");
  auto client = at.connect();
  CHECK(client.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            ->headers.at("connection")
        == "keep-alive");
  CHECK(client.ask("GET /short-stream HTTP/1.0\r\n\r\n")->body == "a\nb\n");
  auto head = at.connect();
  head.send(request_text("HEAD", "/big"));
  CHECK(head.read_head()->headers.at("content-length") == "8388608");
  CHECK(head.ask(request_text("GET", "/"))->status == 200);
}

TEST_CASE("a handler that throws is no secret, and what it throws is") {
  world at;
  auto client = at.connect();
  for (auto path : {"/throw", "/throw-int"}) {
    auto answer =
        client.ask(request_text("GET", path, "Connection: close\r\n"));
    CHECK(answer->status == 500);
    CHECK(error_of(answer) == "internal error");
    client = at.connect();
  }
  auto answer = at.ask(request_text("GET", "/broken-stream"));
  CHECK(answer->status == 200);
  CHECK(answer->body == "a\n");
  CHECK_FALSE(answer->whole);
  CHECK_FALSE(at.log.has("hush-hush"));
  CHECK(at.log.has("an exception of the type"));
}

TEST_CASE("request ids are taken where they are fit, and told") {
  world at;
  auto id_for = [&at](const std::string& headers) {
    return at.ask(request_text("GET", "/", headers))
        ->headers.at("x-request-id");
  };
  CHECK(id_for("x-request-ID: a-B_9\r\n") == "a-B_9");
  CHECK(id_for("X-Request-Id: " + std::string(64, 'a') + "\r\n")
        == std::string(64, 'a'));
  for (const std::string& bad : std::vector<std::string>{
           std::string{}, std::string(65, 'a'), std::string{"a b"},
           std::string{"a%0ab"}, std::string{"\xc3\xa4"}}) {
    auto made = id_for("X-Request-Id: " + bad + "\r\n");
    CHECK(made.size() == 36);
    CHECK(made != bad);
  }
  CHECK(id_for("X-Request-Id: a\r\nX-Request-Id: b\r\n").size() == 36);
  CHECK(at.log.await(" a-B_9\n"));
}

TEST_CASE("the log has a line for each request, and no secrets") {
  world at;
  at.ask(request_text("POST", "/x%0aFAKE?shown=a%0db&hidden=t0psecret&t0p%0a=1",
                      "Authorization: Bearer t0psecret\r\nX-Request-Id: r1\r\n"
                      "Cookie: t0psecret\r\n",
                      "t0psecret"));
  CHECK(at.log.await(" r1\n"));
  CHECK(
      at.log.has("http POST /x%0aFAKE?shown=a%0Db&hidden=***&t0p%0A=*** 200 "));
  CHECK_FALSE(at.log.has("t0psecret"));
  CHECK_FALSE(at.log.has("\nFAKE"));
  at.ask("GET /t0psecret\x01 HTTP/1.1\r\n\r\n");
  CHECK(at.log.await("http - - 400 "));
  CHECK_FALSE(at.log.has("t0psecret"));
}

TEST_CASE("streams are bounded and leave room for others") {
  http_server_settings settings;
  settings.threads = 4;
  settings.streams = 2;
  world at{settings};
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
  // A place is free again where a client goes, in whatever way.
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

TEST_CASE("a stop lets requests end and ends streams") {
  world at;
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

TEST_CASE("a stop waits for nobody for ever") {
  http_server_settings settings;
  settings.write_time = 10min;
  settings.body_patience = settings.body_time = 10min;
  world at{settings};
  auto deaf = at.connect();
  deaf.send(request_text("GET", "/big"));
  auto mute = at.connect();
  mute.send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n");
  REQUIRE(deaf.read_head());
  while (at.admitted < 2)
    std::this_thread::yield();
  at.server->stop(1ms);
  CHECK(mute.read_to_end().value_or("nothing").empty());
}

TEST_CASE("a port that is taken is said, also by a server of ours") {
  world at;
  http_server_settings settings;
  settings.host = "127.0.0.1";
  settings.port = at.server->port();
  auto other = http_server::start(settings, {});
  REQUIRE_FALSE(other);
  CHECK(other.error().code == ec::system_failed);
  CHECK(other.error().what.find(std::to_string(settings.port))
        != std::string::npos);
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
  world at{settings};
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
  world at{settings};
  auto one = at.connect();
  auto two = at.connect();
  CHECK(one.ask(request_text("GET", "/"))->status == 200);
  CHECK(two.ask(request_text("GET", "/"))->status == 200);
  CHECK(at.ask(request_text("GET", "/"))->status == 200);
}

TEST_CASE("bodies together are bounded") {
  http_server_settings settings;
  settings.bodies = 100;
  world at{settings};
  auto slow = at.connect();
  slow.send("POST /held HTTP/1.1\r\nContent-Length: 90\r\n\r\n"
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

TEST_CASE("a listener that the system takes away is opened anew") {
  world at;
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

TEST_CASE("no thread of the server takes signals") {
  world at;
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
  // One accepts, one ends connections, one serves.
  CHECK(threads >= 3);
}

TEST_CASE("clients that vanish cost nothing") {
  auto before = open_files();
  http_server_settings settings;
  settings.threads = 4;
  settings.streams = 4;
  world at{settings};
  for (int i = 0; i < 100; ++i) {
    auto client = at.connect();
    client.send(i % 5 == 0   ? request_text("GET", "/stream")
                : i % 5 == 1 ? "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nab"
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

TEST_CASE("random bytes are survived") {
  auto seed = GENERATE(1u, 2u, 3u);
  INFO("seed " << seed);
  std::srand(seed);
  world at;
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
