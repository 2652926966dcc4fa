#include "schema/failure_reason.hpp"

#include <catch2/catch.hpp>
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

TEST_CASE("a reason in words says what is known and nothing twice") {
  auto reason = full();
  CHECK(to_text(reason)
        == "stream public.users: no access (config_error, exit code 137, "
           "killed, perhaps for want of memory): HTTP 403");
  reason.internal_message = "access";
  reason.stream.reset();
  reason.exit_code = 143;
  reason.type = failure_type::system_error;
  CHECK(to_text(reason) == "no access (exit code 143, told to stop)");
  reason.exit_code.reset();
  CHECK(to_text(reason) == "no access");
  reason.message = "See the log.";
  reason.internal_message = "HTTP 403";
  CHECK(to_text(reason) == "See the log. HTTP 403");
  CHECK(to_log_text(full())
        == "stream public.users: the connector reports an error: no access "
           "(config_error)\nHTTP 403\nat line 1");
}

TEST_CASE("a reason as a document is the platform's FailureReason") {
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
  CHECK(reason.message.size() == 2 * longest_failure_message);
  CHECK(reason.internal_message.size() == 2 * longest_failure_message);
  CHECK(reason.stack_trace.size() == 2 * longest_failure_stack);
  CHECK(reason.type == failure_type::transient_error);
  auto brief = to_brief(reason);
  CHECK(brief.size() == 2 * 2000 + 3);
  error.failure_type = "something_new";
  CHECK(to_failure_reason(error).type == failure_type::system_error);
}

TEST_CASE("a wrong setting is a config_error of the platform") {
  auto reason = to_failure_reason({ec::invalid_catalog, "no streams"});
  CHECK(reason.origin == failure_origin::platform);
  CHECK(reason.type == failure_type::config_error);
  CHECK(to_failure_reason({ec::timed_out, "late"}).type
        == failure_type::system_error);
}
