// The HTTP server and clients of every kind, over real sockets.

#include "runtime/http/client/api_client.hpp"
#include "support/http_world.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using nlohmann::json;

TEST_CASE("a request is handed over decoded and answered") {
  http_world at;
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

TEST_CASE("malformed and oversized requests are refused with a reason") {
  http_world at;

  struct {
    std::string text;
    int status;
  } const cases[] = {
      {"hello\r\n\r\n", 400},
      {"GET /\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\n\r\n", 505},
      {"GET / FTP/1.1\r\n\r\n", 400},
      {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET http://x/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/1.1\n\n", 400},
      {"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {std::string("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 28), 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nA: b\x02\r\n\r\n", 400},
      {std::string("GET / HTTP/1.1\r\nHost: a\r\nA: \0\r\n\r\n", 33), 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nA: b\rc\r\n\r\n", 400},
      {"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /%2 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /?a=%u0041 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1x\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: "
       "1\r\n\r\na",
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
       501},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: "
       "gzip\r\nContent-Length: "
       "1\r\n\r\na",
       415},
      {"POST / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\nContent-Length: "
       "1\r\n\r\na",
       417},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10485761\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: "
       "99999999999999999999\r\n\r\n",
       413},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: "
       "18446744073709551615\r\n\r\n",
       413},
      {"GET /" + std::string(16 << 10, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n",
       414},
      {"GET /" + std::string(1 << 20, 'a'), 414},
      {std::string(1 << 20, 'a'), 414},
      {"GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(8 << 10, 'a')
           + "\r\n\r\n",
       431},
      {"GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(1 << 20, 'a')
           + "\r\n\r\n",
       431},
      {request_text("GET", "/",
                    [] {
                      std::string out;
                      for (int i = 0; i < 200; ++i)
                        out += "A: b\r\n";
                      return out;
                    }()),
       431},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
       "chunked\r\n\r\n1\r\naXX\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
       "chunked\r\n\r\n1\na\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;"
           + std::string(1 << 20, 'a'),
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
       "chunked\r\n\r\nffffffffffffffff"
       "\r\n",
       413},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
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
  http_world at{settings};
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
              .ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                   "Chunked\r\n\r\n"
                   + chunks + "0\r\nTrailer: x\r\n\r\n")
              ->body
          == body);
  }
  std::string body(100'001, 'b');
  auto answer = at.ask(request_text("POST", "/", {}, body));
  CHECK(answer->status == 413);
  CHECK(error_of(answer) == "the body is larger than 100000 bytes");
  answer =
      at.ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
             "186A0\r\n"
             + body.substr(1) + "\r\n1\r\nb\r\n0\r\n\r\n");
  CHECK(answer->status == 413);
}

TEST_CASE("a client that uploads without end gets its answer all the same") {
  http_server_settings settings;
  settings.body = 1 << 20;
  http_world at{settings};
  api_client client;
  api_request request;
  request.method = "POST";
  request.url =
      "http://127.0.0.1:" + std::to_string(at.server->port()) + "/length";
  request.body.assign(10 << 20, 'x');
  auto answer = client.send(request);
  REQUIRE(answer);
  CHECK(answer->status == 413);
  // A body of exactly the limit is taken.
  request.body.assign(1 << 20, 'x');
  answer = client.send(request);
  REQUIRE(answer);
  CHECK(answer->body == "1048576");
  // With Expect: 100-continue the client asks before it sends the body.
  request.headers = {"Expect: 100-continue"};
  auto raw = at.connect();
  raw.send("POST /length HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
           "Content-Length: 3\r\n\r\n");
  auto interim = raw.read_head();
  REQUIRE(interim);
  CHECK(interim->status == 100);
  CHECK(raw.ask("abc")->body == "3");
  raw.send("POST /refused HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
           "Content-Length: 3\r\n\r\n");
  CHECK(raw.read_answer()->status == 401);
}

TEST_CASE(
    "the server does not read the body of a request that is not admitted") {
  http_world at;
  auto client = at.connect();
  client.send(
      "POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
  auto answer = client.read_answer();
  CHECK(answer->status == 401);
  CHECK(answer->headers.at("connection") == "close");
  CHECK(at.answered == 0);
}

TEST_CASE("garbage behind a request does not spoil its answer") {
  http_world at;
  auto client = at.connect();
  client.send(request_text("POST", "/", {}, "fine") + "garbage\r\n\r\n"
              + request_text("GET", "/"));
  CHECK(client.read_answer()->body == "fine");
  auto answer = client.read_answer();
  CHECK(error_of(answer) == "not an HTTP request");
  // Bytes behind it are ignored.
  CHECK(client.read_to_end() == "");
}

TEST_CASE("HTTP/1.0 and HEAD are answered as they must be") {
  http_world at;
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

TEST_CASE("the type of a handler's exception is logged, its text is not") {
  http_world at;
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

TEST_CASE("a valid X-Request-Id is used and returned") {
  http_world at;
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
  http_world at;
  at.ask(request_text("POST", "/x%0aFAKE?shown=a%0db&hidden=t0psecret&t0p%0a=1",
                      "Authorization: Bearer t0psecret\r\nX-Request-Id: r1\r\n"
                      "Cookie: t0psecret\r\n",
                      "t0psecret"));
  CHECK(at.log.await(" r1\n"));
  CHECK(
      at.log.has("http POST /x%0aFAKE?shown=a%0Db&hidden=***&t0p%0A=*** 200 "));
  CHECK_FALSE(at.log.has("t0psecret"));
  CHECK_FALSE(at.log.has("\nFAKE"));
  at.ask("GET /t0psecret\x01 HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(at.log.await("http - - 400 "));
  CHECK_FALSE(at.log.has("t0psecret"));
}
