#include "runtime/http/client/http_answer_reader.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

namespace {

http_answer read(const std::string& raw) {
  http_answer_reader reader;
  reader.take_raw(raw);
  return reader.release();
}

} // namespace

TEST_CASE("an interim answer is ignored") {
  for (const auto* interim :
       {"100 Continue", "102 Processing", "103 Early Hints"}) {
    http_answer_reader reader;
    reader.take_line("HTTP/1.1 " + std::string{interim} + "\r\n");
    reader.take_line("Location: /elsewhere\r\n");
    reader.take_line("\r\n");
    CHECK_FALSE(reader.answered());
    CHECK(reader.status() == 0);
    reader.take_line("HTTP/1.1 403 Forbidden\r\n");
    CHECK_FALSE(reader.answered());
    reader.take_line("\r\n");
    CHECK(reader.answered());
    CHECK_FALSE(reader.success());
    CHECK(reader.take_body("why"));
    auto answer = reader.release();
    CHECK(answer.status == 403);
    CHECK(answer.location.empty());
    CHECK(answer.body == "why");
  }
}

TEST_CASE("an answer is put together from what a connection held") {
  auto answer = read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\n"
                     "retry-after:  7 \r\n\r\nlater");
  CHECK(answer.status == 503);
  CHECK(answer.retry_after == "7");
  CHECK(answer.body == "later");
  // A head that is not whole is none, however good it looks.
  CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n").status == 0);
  CHECK(read("HTTP/1.1 100 Continue\r\n\r\n").status == 0);
  CHECK(read("SSH-2.0-OpenSSH\r\n\r\n").status == 0);
  CHECK(read("").status == 0);
}

TEST_CASE("trailers change nothing, and an endless body is refused") {
  http_answer_reader reader;
  reader.take_line("HTTP/1.1 200 OK\r\n");
  reader.take_line("\r\n");
  CHECK(reader.success());
  CHECK(reader.take_body(std::string(1 << 20, 'x')));
  CHECK_FALSE(reader.take_body("x"));
  reader.take_line("HTTP/1.1 500 No\r\n");
  reader.take_line("\r\n");
  auto answer = reader.release();
  CHECK(answer.status == 200);
  CHECK(answer.body.size() == 64 << 10);
}

TEST_CASE("of a success that is an object of JSON the whole body is kept") {
  struct row {
    std::string status;
    std::string begin;
    size_t kept;
  };

  for (const auto& one : std::vector<row>{
           {"200 OK", "{", 1 << 20},
           {"200 OK", "\r\n {", 1 << 20},
           {"200 OK", "<html>{", 64 << 10},
           {"503 Busy", "{", 64 << 10},
       }) {
    CAPTURE(one.status, one.begin);
    http_answer_reader reader;
    reader.take_line("HTTP/1.1 " + one.status + "\r\n");
    reader.take_line("\r\n");
    CHECK(reader.take_body(one.begin));
    while (reader.take_body(std::string(10'000, 'x')))
      CHECK_FALSE(reader.too_long());
    CHECK(reader.too_long());
    CHECK(reader.release().body.size() == one.kept);
  }
}
