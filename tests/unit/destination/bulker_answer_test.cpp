#include "runtime/destination/bulker/bulker_destination.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

namespace {

const std::string token = "s3cret-t0ken-0f-zebras";

/// @returns whether the text shows the token, or enough of it to guess by.
bool shows_token(const std::string& text) {
  constexpr size_t part = 6;
  for (size_t i = 0; i + part <= token.size(); ++i)
    if (text.find(token.substr(i, part)) != std::string::npos)
      return true;
  return false;
}

std::string reason_of(const http_answer& answer) {
  auto outcome = judge(answer, "http://bulker/bulk/x", token);
  REQUIRE(outcome.error);
  return outcome.error->what;
}

} // namespace

TEST_CASE("no part of a token is shown, wherever an answer is cut") {
  // The cut is at 500 bytes or so.
  for (size_t before = 440; before <= 520; ++before) {
    http_answer answer;
    answer.end = http_end::answered;
    answer.status = 401;
    answer.body = std::string(before, 'x') + token + std::string(100, 'y');
    auto text = reason_of(answer);
    CAPTURE(before, text);
    CHECK_FALSE(shows_token(text));
    answer.status = 302;
    answer.location = "/" + answer.body;
    CHECK_FALSE(shows_token(reason_of(answer)));
  }
}

TEST_CASE("a token is shown in no reason of any end") {
  for (auto end : {http_end::unreachable, http_end::refused,
                   http_end::cancelled, http_end::answered_early}) {
    http_answer answer;
    answer.end = end;
    answer.reason = "header Authorization: Bearer " + token + " is wrong";
    CHECK_FALSE(shows_token(reason_of(answer)));
  }
}

TEST_CASE("a status 200 whose body says no is no commit") {
  struct row {
    std::string body;
    bool committed;
  };

  for (const auto& one : std::vector<row>{
           {"", true},
           {R"({"message":"ok"})", true},
           {R"({"ok":true})", true},
           {R"({"message":"ok","state":{"error":null,"lastError":"x"}})", true},
           {R"({"error":""})", true},
           {R"({"error":null})", true},
           {R"({"error":false})", true},
           {R"([{"ok":false}])", true},
           {R"({"state":{"ok":false,"error":{"code":7}},"ok":true})", true},
           {R"({"message":"ok","rows":[1,false,")" + std::string(9, 'x'), true},
           {"fine", true},
           {R"({"ok":false})", false},
           {R"({"ok":false,"error":"no such table"})", false},
           {R"({"error":"no such table"})", false},
           {" \n"
            R"({"ok":false})",
            false},
           {R"({"error":{"message":"bad"}})", false},
           {R"({"error":{}})", false},
           {R"({"error":["bad"]})", false},
           {R"({"error":7})", false},
           {R"({"error":true})", false},
           {R"({"state":{"ok":true},"ok":false})", false},
           {R"({"ok":true,"error":"bad"})", false},
           // Of a long body only the beginning is there.
           {R"({"ok":false,"error":")" + std::string(100, 'x'), false},
           {R"({"error":")" + std::string(100, 'x'), false},
           {R"({"ok":true,"error":)", false},
           {R"({"ok":false,)", false},
       }) {
    CAPTURE(one.body);
    http_answer answer;
    answer.end = http_end::answered;
    answer.status = 200;
    answer.body = one.body;
    const auto outcome = judge(answer, "http://bulker/bulk/x", token);
    CHECK(outcome.committed() == one.committed);
    if (outcome.error)
      CHECK(outcome.error->code == ec::destination_rejected);
  }
}

TEST_CASE("a status 200 of an answer that was cut is no commit") {
  http_answer answer;
  answer.end = http_end::answered;
  answer.is_cut = true;
  answer.reason = "and then it was cut";
  for (const auto* body : {"", "fine", R"({"ok":true})", R"({"ok":fal)"}) {
    CAPTURE(body);
    answer.status = 200;
    answer.body = body;
    const auto outcome = judge(answer, "http://bulker/bulk/x", token);
    REQUIRE(outcome.error);
    CHECK(outcome.error->code == ec::destination_unavailable);
    CHECK(outcome.error->what
          == "http://bulker/bulk/x: 200, and then it was cut");
  }
  // Any other status says enough by itself.
  answer.status = 404;
  answer.body = "no such";
  CHECK(reason_of(answer) == "http://bulker/bulk/x: 404: no such");
}
