#include "schema/task/failure_reason.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

using namespace motorcade;
using nlohmann::json;

namespace {

failure_reason full() {
  failure_reason out;
  out.type = failure_type::config_error;
  out.stream = stream_id{"public", "users"};
  out.message = "no access";
  out.internal_message = "HTTP 403";
  out.stack_trace = "at line 1";
  out.exit_code = 137;
  return out;
}

} // namespace

TEST_CASE("a reason in words holds each known fact once") {
  auto reason = full();
  CHECK(to_text(reason)
        == "stream public.users: no access (config_error, exit code 137, "
           "was ended by SIGKILL, perhaps for want of memory): HTTP 403");
  reason.internal_message = "access";
  reason.stream.reset();
  reason.exit_code = 143;
  reason.type = failure_type::system_error;
  CHECK(to_text(reason) == "no access (exit code 143, was ended by SIGTERM)");
  reason.exit_code.reset();
  CHECK(to_text(reason) == "no access");
  reason.message = "See the log.";
  reason.internal_message = "HTTP 403";
  CHECK(to_text(reason) == "See the log. HTTP 403");
  CHECK(to_log_text(full())
        == "stream public.users: the connector reports an error: no access "
           "(config_error)\nHTTP 403\nat line 1");
}

TEST_CASE("an exit code is reported with the signal that it stands for") {
  const struct {
    int code;
    const char* told;
  } rows[] = {
      {1, "exit code 1"},
      {127, "exit code 127"},
      {128, "exit code 128"},
      {134, "exit code 134, was ended by SIGABRT"},
      {137, "exit code 137, was ended by SIGKILL, perhaps for want of memory"},
      {139, "exit code 139, was ended by SIGSEGV"},
      {143, "exit code 143, was ended by SIGTERM"},
      {255, "exit code 255"},
      {unknown_exit_code, "its exit code was never reported"},
  };

  for (const auto& [code, told] : rows)
    CHECK(describe_exit_code(code) == told);
  auto reason = full();
  reason.exit_code = unknown_exit_code;
  CHECK_FALSE(json::parse(to_json(reason)).contains("metadata"));
}

TEST_CASE("a repetition in the internal message is shown once") {
  const struct {
    const char* message;
    const char* internal;
    const char* told;
  } rows[] = {
      {"no access", "HTTP 403", "no access: HTTP 403"},
      {"no access", "", "no access"},
      {"no access", "no access", "no access"},
      {"no access", " no access.\n", "no access"},
      {"no access.", "no access", "no access."},
      {"403: no access", "no access", "403: no access"},
      {"no access", "no access: HTTP 403", "no access: HTTP 403"},
      {"no access.", "no access. HTTP 403", "no access. HTTP 403"},
      {"no", "none of it", "no: none of it"},
  };

  for (const auto& [message, internal, told] : rows) {
    failure_reason reason;
    reason.message = message;
    reason.internal_message = internal;
    CHECK(to_text(reason) == told);
    auto log = to_log_text(reason);
    CHECK(log.find("no access", log.find("no access") + 1)
          == std::string::npos);
  }
}

TEST_CASE(
    "a reason becomes a document in the form of the platform's FailureReason") {
  CHECK(json::parse(to_json(full())) == json::parse(R"({
    "failureOrigin": "source", "failureType": "config_error",
    "externalMessage": "no access", "internalMessage": "HTTP 403",
    "stacktrace": "at line 1",
    "streamDescriptor": {"name": "users", "namespace": "public"},
    "metadata": {"exitCode": 137}})"));
  CHECK_FALSE(json::parse(to_json(full(), false)).contains("stacktrace"));
  auto ours = platform_failure("bad \xff byte");
  CHECK(json::parse(to_json(ours)) == json::parse(R"({
    "failureOrigin": "airbyte_platform", "failureType": "system_error",
    "externalMessage": "bad \ufffd byte"})"));
  CHECK(json::parse(to_json(cancelled_failure()))["failureType"]
        == "cancelled");
}

TEST_CASE("a connector's reason is cut at its documented lengths") {
  error_trace error;
  for (auto* text :
       {&error.message, &error.internal_message, &error.stack_trace})
    for (int i = 0; i < 120'000; ++i)
      *text += "ä";
  error.failure_type = "transient_error";
  auto reason = to_failure_reason(error);
  for (const auto* text : {&reason.message, &reason.internal_message})
    CHECK(text->size() <= 2 * longest_failure_message);
  CHECK(reason.message.size() > 2 * longest_failure_message - 100);
  CHECK(reason.stack_trace.size() > 2 * longest_failure_stack - 100);
  CHECK(reason.stack_trace.ends_with("ä"));
  CHECK(reason.type == failure_type::transient_error);
  auto brief = to_brief(reason);
  CHECK(brief.size() < 2 * 2000);
  CHECK(brief.find("characters cut") != std::string::npos);
  error.failure_type = "something_new";
  CHECK(to_failure_reason(error).type == failure_type::system_error);
}

TEST_CASE("an error without a message is reported by its other texts") {
  struct rule {
    std::string message;
    std::string internal_message;
    std::string stack_trace;
    std::string shown;
  };

  auto r = GENERATE(
      rule{"m", "i", "s", "m: i"}, rule{"", "inner", "s", "inner"},
      rule{" \n", "inner", "", "inner"},
      rule{"", "",
           "Traceback (most recent call last):\n  File \"x.py\"\n"
           "ValueError: no such table\n",
           "ValueError: no such table"},
      rule{"", "", "", "the connector reported an error without a message"});
  CAPTURE(r.shown);
  error_trace error{r.message, r.internal_message, r.stack_trace, {}, {}};
  CHECK(to_text(to_failure_reason(error)) == r.shown);
}

TEST_CASE("the reason of a stop is worded for the place of the task") {
  auto pod = to_text(stopped_failure(task_place::pod));
  CHECK(pod.find("its Pod was deleted or evicted") != std::string::npos);
  for (auto place : {task_place::local, task_place::unknown}) {
    auto text = to_text(stopped_failure(place));
    CHECK(text.find("SIGTERM") != std::string::npos);
    CHECK(text.find("Pod") == std::string::npos);
    CHECK(text.find("node") == std::string::npos);
  }
}

TEST_CASE("a wrong setting is a config_error of the platform") {
  auto reason = to_failure_reason({ec::invalid_catalog, "no streams"});
  CHECK(reason.origin == failure_origin::platform);
  CHECK(reason.type == failure_type::config_error);
  CHECK(to_failure_reason({ec::timed_out, "late"}).type
        == failure_type::system_error);
}
