#include "schema/task/inquiry_session.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

namespace {

message message_of(const std::string& type, const std::string& document) {
  return document_message{type, document};
}

message error(const std::string& text) {
  return error_trace{text, "inside: " + text, "at line 1", "config_error",
                     std::nullopt};
}

const std::string good_spec =
    R"({"connectionSpecification":{"type":"object"}})";
const std::string good_check = R"({"status":"SUCCEEDED"})";
const std::string bad_check = R"({"status":"FAILED","message":"no such host"})";
const std::string good_catalog = R"({"streams":[{"name":"users"}]})";

/// What may happen to the result of a check.
enum class answer { none, good, failed, wrong_type, flawed, good_then_failed };

constexpr answer answers[] = {answer::none,   answer::good,
                              answer::failed, answer::wrong_type,
                              answer::flawed, answer::good_then_failed};

void feed(inquiry_session& session, answer what) {
  const std::string type = "CONNECTION_STATUS";
  switch (what) {
  case answer::none:
    break;
  case answer::good:
    CHECK_FALSE(session.on_message(message_of(type, good_check)));
    break;
  case answer::failed:
    CHECK_FALSE(session.on_message(message_of(type, bad_check)));
    break;
  case answer::wrong_type:
    CHECK(session.on_message(message_of("SPEC", good_spec))
          == "it answered SPEC where CONNECTION_STATUS was asked for");
    break;
  case answer::flawed:
    CHECK(session.on_message(message_of(type, R"({"status":"MAYBE"})"))
          == "its CONNECTION_STATUS cannot be used: its status is \"MAYBE\", "
             "neither SUCCEEDED nor FAILED");
    break;
  case answer::good_then_failed:
    CHECK_FALSE(session.on_message(message_of(type, good_check)));
    CHECK(session.on_message(message_of(type, bad_check))
          == "a second CONNECTION_STATUS came; the first one counts");
    break;
  }
}

} // namespace

TEST_CASE("a result outranks all errors, and nothing replaces it") {
  for (auto what : answers)
    for (auto error_at : {0, 1, 2})
      for (auto exit_code : {std::optional<int>{}, std::optional{0},
                             std::optional{1}, std::optional{137}})
        for (auto why : {inquiry_end::source_ended, inquiry_end::timed_out,
                         inquiry_end::cancelled, inquiry_end::broken}) {
          CAPTURE(what, error_at, exit_code.value_or(-1), why);
          inquiry_session session{inquiry::check};
          if (error_at == 1)
            session.on_message(error("first"));
          feed(session, what);
          if (error_at == 2)
            session.on_message(error("first"));
          if (error_at != 0)
            session.on_message(error("second"));
          auto out = session.end(why, exit_code, "the detail");
          auto good = what == answer::good || what == answer::good_then_failed;
          REQUIRE(out.answered == (good || what == answer::failed));
          REQUIRE(out.success == good);
          REQUIRE(out.document.empty() != out.answered);
          REQUIRE(out.reason.has_value() != good);
          if (good)
            continue;
          const auto& reason = *out.reason;
          REQUIRE_FALSE(reason.message.empty());
          if (what == answer::failed) {
            REQUIRE(reason.message == "no such host");
            continue;
          }
          switch (why) {
          case inquiry_end::cancelled:
            REQUIRE(reason.type == failure_type::cancelled);
            break;
          case inquiry_end::timed_out:
            REQUIRE(reason.type == failure_type::timeout);
            REQUIRE(reason.message
                    == "no CONNECTION_STATUS came in time: the detail");
            break;
          case inquiry_end::broken:
            REQUIRE(reason.origin == failure_origin::platform);
            REQUIRE(reason.message == "the detail");
            break;
          case inquiry_end::source_ended:
            REQUIRE(reason.exit_code
                    == (exit_code.value_or(0) != 0 ? exit_code : std::nullopt));
            if (error_at != 0) {
              REQUIRE(reason.message == "first");
              REQUIRE(reason.internal_message == "inside: first");
              REQUIRE(reason.stack_trace == "at line 1");
              REQUIRE(reason.type == failure_type::config_error);
            } else {
              REQUIRE(reason.type == failure_type::system_error);
              REQUIRE(reason.message.find("without an answer")
                      != std::string::npos);
            }
            if (error_at == 0 && exit_code == 137)
              REQUIRE(to_text(reason).find("want of memory")
                      != std::string::npos);
          }
        }
}

TEST_CASE("each command takes its own result only, and refuses a useless one") {
  struct useless {
    inquiry command;
    const char* document;
    const char* flaw;
  };

  for (const auto& [command, document, flaw] : {
           useless{inquiry::spec, "{}", "no object connectionSpecification"},
           {inquiry::spec, R"({"connectionSpecification":[]})", "no object"},
           {inquiry::check, "{}", "no status"},
           {inquiry::check, R"({"status":1})", "no status"},
           {inquiry::discover, "{}", "no array streams"},
           {inquiry::discover, R"({"streams":{}})", "no array streams"},
       }) {
    inquiry_session session{command};
    std::string type{result_type(command)};
    auto remark = session.on_message(message_of(type, document));
    REQUIRE(remark);
    CHECK(remark->find(flaw) != std::string::npos);
    CHECK_FALSE(session.answered());
    auto out = session.end(inquiry_end::source_ended, 0, {});
    CHECK(out.reason->message.find(flaw) != std::string::npos);
    // A good one that follows counts.
    const auto& good = command == inquiry::spec    ? good_spec
                       : command == inquiry::check ? good_check
                                                   : good_catalog;
    CHECK_FALSE(session.on_message(message_of(type, good)));
    CHECK(session.end(inquiry_end::source_ended, 1, {}).document == good);
  }
}

TEST_CASE("the last lines are the reason if there is no better one") {
  inquiry_session session{inquiry::spec};
  for (int i = 0; i < 20; ++i)
    session.on_line(log_level::warn, "line " + std::to_string(i), true);
  session.on_line(log_level::info, "mere information", true);
  auto reason = session.end(inquiry_end::source_ended, 3, {}).reason;
  CHECK(reason->internal_message
        == "line 15\nline 16\nline 17\nline 18\nline 19");
  CHECK(to_text(*reason)
        == "the connector ended without an answer (exit code 3): "
               + reason->internal_message);
  // Errors tell more than what was merely said last.
  session.on_line(log_level::error, "out of cheese", false);
  session.on_line(log_level::info, "bye", true);
  CHECK(session.end(inquiry_end::source_ended, 3, {}).reason->internal_message
        == "out of cheese");
}

TEST_CASE("reasons are cut at their documented length, between characters") {
  error_trace error{
      std::string(60'000, 'm'), {}, {}, "odd_error", std::nullopt};
  for (int i = 0; i < 120'000; ++i)
    error.stack_trace += "é";
  auto reason = to_failure_reason(error);
  CHECK(reason.type == failure_type::system_error);
  CHECK(reason.message.find("characters cut") != std::string::npos);
  CHECK(reason.stack_trace.starts_with("éé"));
  CHECK(reason.stack_trace.ends_with("éé"));
  CHECK(reason.stack_trace.size() < 200'000);
}

TEST_CASE("frames of a stack trace do not hide its error") {
  for (auto from_stderr : {false, true}) {
    inquiry_session session{inquiry::check};
    session.on_line(log_level::error,
                    "Exception in thread \"main\" x.Error: no such host",
                    from_stderr);
    for (int i = 0; i < 50; ++i)
      session.on_line(log_level::error, "\tat x.Main.main(Main.java:3)",
                      from_stderr);
    auto out = session.end(inquiry_end::source_ended, 1, {});
    REQUIRE(out.reason);
    CHECK(to_text(*out.reason).ends_with("x.Error: no such host"));
  }
}
