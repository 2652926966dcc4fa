// An answer of 200 counts only if all of it came, and none of it says no.

#include "runtime/destination/bulker/bulker_destination.hpp"
#include "support/upload_probe.hpp"
#include "support/wire_server.hpp"

#include <catch2/catch_all.hpp>

#include <atomic>

using namespace motorcade;
using namespace motorcade::support;
using namespace std::chrono_literals;

namespace {

/// Answers each request with the same bytes, and hangs up, or waits.
class fixed_answer {
public:
  explicit fixed_answer(std::string bytes, bool waits = false)
      : server_{[bytes = std::move(bytes), waits](http_wire& wire) {
          const auto head = wire.read_head();
          if (!head
              || !wire.read_body(*head, http_wire::clock::now() + 30s,
                                 [](std::string_view) { return true; }))
            return;
          wire.send(bytes);
          if (waits)
            wire.wait_for_end();
          else
            wire.linger();
        }} {}

  upload_outcome put(std::chrono::milliseconds stall = 60s) {
    destination_settings settings;
    settings.url = server_.url();
    settings.stall_timeout = stall;
    const auto to = *bulker_destination::make(settings);
    upload_probe upload{*to, request_for("t")};
    upload.write({"1"});
    return upload.finish();
  }

private:
  wire_server server_;
};

std::string with_length(size_t length, const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(length)
         + "\r\n\r\n" + body;
}

std::string whole(const std::string& body) {
  return with_length(body.size(), body);
}

} // namespace

TEST_CASE("an answer of 200 commits if it came whole and does not say no") {
  struct row {
    std::string name;
    std::string answer;
    ec code;
  };

  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string big(100'000, 'x');
  constexpr auto commits = ec::none;
  for (const auto& one : std::vector<row>{
           {"whole", whole(R"({"ok":true})"), commits},
           {"whole, in chunks", chunked + "b\r\n{\"ok\":true}\r\n0\r\n\r\n",
            commits},
           {"long", whole(R"({"row":")" + big + R"(","ok":true})"), commits},
           {"until the end of the connection",
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", commits},
           {"a page", whole("<html>login</html>"), commits},
           {"a long no", whole(R"({"ok":false,"error":")" + big + "\"}"),
            ec::destination_rejected},
           {"a no behind much else",
            whole(R"({"row":")" + big + R"(","ok":false})"),
            ec::destination_rejected},
           {"a no that nobody reads to its end",
            whole(R"({"error":")" + std::string(2 << 20, 'x') + "\"}"),
            ec::destination_rejected},
           {"an error that is an object",
            whole(R"({"error":{"message":"bad"}})"), ec::destination_rejected},
           {"a no until the end of the connection",
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"ok\":false,",
            ec::destination_rejected},
           {"cut", with_length(40, R"({"ok":false,"error":"warehouse )"),
            ec::destination_unavailable},
           {"cut before it says anything", with_length(40, ""),
            ec::destination_unavailable},
           {"cut within a chunk", chunked + "5\r\n{\"ok\"\r\n10\r\n:false,",
            ec::destination_unavailable},
           {"cut between chunks", chunked + "5\r\n{\"ok\"\r\n",
            ec::destination_unavailable},
       }) {
    CAPTURE(one.name);
    fixed_answer server{one.answer};
    const auto outcome = server.put();
    CHECK(code_of(outcome) == one.code);
    if (one.code == ec::destination_unavailable)
      CHECK(outcome.error->what.find("200, and then the answer was cut: ")
            != std::string::npos);
  }
}

TEST_CASE("an answer of 200 that stalls is no commit") {
  fixed_answer server{with_length(40, R"({"ok":)"), true};
  const auto outcome = server.put(200ms);
  REQUIRE(code_of(outcome) == ec::destination_unavailable);
  CHECK(outcome.error->what.find("200, and then the answer was cut: stalled")
        != std::string::npos);
}
