#include "runtime/http/server/http_intake.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <chrono>
#include <random>
#include <tuple>

using namespace motorcade;
using progress = http_intake::progress;

namespace {

const http_head_limits limits;

/// @returns what the intake has found: requests with their bodies, and what was
/// refused.
std::string found(http_intake& intake) {
  std::string out;
  for (;;) {
    switch (intake.advance()) {
    case progress::more:
      return out;
    case progress::head:
      out += intake.head().method + ' ' + intake.head().target + ' ';
      break;
    case progress::whole:
      out += '[' + intake.body() + "] ";
      intake.next();
      break;
    case progress::refused:
      return out + std::to_string(intake.refusal().status);
    }
  }
}

} // namespace

TEST_CASE("requests are read the same however their bytes were cut") {
  const std::string get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string post =
      "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
  const std::string chunks =
      "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2;a=\"b\"\r\nhe\r\n3\r\nllo\r\n0\r\nA: b\r\n\r\n";

  struct {
    std::string text;
    std::string wanted;
  } const cases[] = {
      {get + post + chunks + get,
       "GET /a [] POST /b [hello] POST /c [hello] GET /a [] "},
      {"\r\n" + get + "\r\n" + get, "GET /a [] GET /a [] "},
      {"\r\n\r\n" + get, "400"},
      {post + "x\r\n\r\n", "POST /b [hello] 400"},
      {chunks + chunks.substr(0, chunks.size() - 2) + "\n" + get,
       "POST /c [hello] POST /c 400"},
      {"POST /d HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n",
       "POST /d 413"},
  };

  auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  for (const auto& one : cases)
    for (int i = 0; i < 50; ++i) {
      http_intake intake{limits, 10};
      std::string out;
      for (size_t at = 0; at < one.text.size();) {
        auto most = i == 0 ? one.text.size() : i == 1 ? 1 : 1 + random() % 20;
        auto part = one.text.substr(at, most);
        at += part.size();
        intake.add(part);
        out += found(intake);
        if (out.ends_with("400") || out.ends_with("413"))
          break;
      }
      CHECK(out == one.wanted);
    }
}

TEST_CASE("a body of the tiniest chunks costs no more than its bytes") {
  constexpr size_t size = size_t{2} << 20;
  http_intake intake{limits, size};
  intake.add(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  REQUIRE(intake.advance() == progress::head);
  std::string piece;
  for (int i = 0; i < 2048; ++i)
    piece += "1\r\nx\r\n";
  auto begin = std::chrono::steady_clock::now();
  for (size_t sent = 0; sent < size; sent += 2048) {
    intake.add(piece);
    REQUIRE(intake.advance() == progress::more);
    // Nothing but the body is kept.
    REQUIRE(intake.held() <= sent + 2048);
  }
  intake.add("0\r\n\r\n");
  REQUIRE(intake.advance() == progress::whole);
  CHECK(intake.body().size() == size);
  // Some 50 ms of an idle machine; cutting the front off for each chunk took
  // minutes.
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{20});
}

TEST_CASE("a head without an end is refused before it is large") {
  for (const auto& [begin, word, status] :
       {std::tuple{"", "a", 414}, std::tuple{"GET /", "a", 414},
        std::tuple{"GET / HTTP/1.1\r\nA: ", "a", 431},
        std::tuple{"GET / HTTP/1.1\r\n", "A: b\r\n", 431}}) {
    http_intake intake{limits, 10};
    intake.add(begin);
    size_t most = 0;
    while (intake.advance() == progress::more) {
      for (int i = 0; i < 100; ++i)
        intake.add(word);
      most = std::max(most, intake.held());
      REQUIRE(most < (64 << 10));
    }
    CHECK(intake.refusal().status == status);
    CHECK(intake.held() == 0);
  }
}
