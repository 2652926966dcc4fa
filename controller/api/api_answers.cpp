#include "controller/api/api_answers.hpp"

#include "controller/api/api.hpp"
#include "controller/api/api_parameters.hpp"
#include "controller/api/json_members.hpp"

namespace motorcade {

namespace {

/// The largest spec or catalog that is answered, in bytes.
constexpr uint64_t most_bytes = uint64_t{8} << 20;

http_reply to_reply(const inquiry_key& of, const inquiry_answer& answer) {
  if (answer.document_bytes > most_bytes)
    return http_error(
        413,
        "the document has " + std::to_string(answer.document_bytes)
            + " bytes, and an answer holds " + std::to_string(most_bytes)
            + " at most; the table "
            + (of.command == inquiry::spec ? "source_spec" : "source_catalog")
            + " has it");
  json_members out;
  out.raw("ok", "true").text("status", to_string(answer.status));
  if (of.command == inquiry::check) {
    out.text_or_null("message", answer.message);
  } else {
    out.json(of.command == inquiry::spec ? "spec" : "catalog", answer.document)
        .text_or_null("error", answer.message);
  }
  out.text_or_null("at", answer.time ? to_iso8601_micros(*answer.time)
                                     : std::string{});
  http_reply reply;
  reply.body = out.end();
  return reply;
}

} // namespace

http_reply await_answer(controller_service& service, const inquiry_key& of,
                        std::chrono::steady_clock::time_point until,
                        std::chrono::milliseconds pause, stop_gate& gate) {
  for (;;) {
    auto answer = service.answer(of, most_bytes);
    // The task was started, so an answer will come.
    if (!answer && answer.error().code == ec::not_found)
      answer = inquiry_answer{};
    if (!answer)
      return failure_reply(answer.error());
    if (answer->status != task_status::running
        || std::chrono::steady_clock::now() >= until || !gate.wait(pause))
      return to_reply(of, *answer);
  }
}

http_reply reply_answer(controller_service& service, const inquiry_key& of) {
  auto answer = service.answer(of, most_bytes);
  return answer ? to_reply(of, *answer) : failure_reply(answer.error());
}

std::optional<http_reply> check_path_name(const std::string& name, size_t limit,
                                          const std::string& what) {
  if (name.size() <= limit && is_plain_text(name))
    return {};
  return http_error(400, "the " + what + " in the path is longer than "
                             + std::to_string(limit)
                             + " bytes, is not UTF-8 or holds a control "
                               "character");
}

http_reply controller_api::specs(http_request& request) const {
  api_parameters from{request.query};
  inquiry_key key;
  key.package = from.required("package", api_parameters::image_limit);
  key.version = from.required("version");
  if (auto no = from.refusal())
    return *no;
  return reply_answer(service_, key);
}

http_reply controller_api::checks(http_request& request) const {
  api_parameters from{request.query};
  inquiry_key key{inquiry::check, {}, {}, request.segments[1]};
  if (auto no = check_path_name(key.key, api_parameters::id_limit, "key"))
    return *no;
  if (auto no = from.refusal())
    return *no;
  return reply_answer(service_, key);
}

http_reply controller_api::catalogs(http_request& request) const {
  api_parameters from{request.query};
  inquiry_key key{inquiry::discover, {}, {}, request.segments[1]};
  if (auto no = check_path_name(key.key, api_parameters::id_limit, "key"))
    return *no;
  if (from.given("package") || from.given("version")) {
    key.package = from.required("package", api_parameters::image_limit);
    key.version = from.required("version");
  }
  from.allow("package");
  from.allow("version");
  if (auto no = from.refusal())
    return *no;
  return reply_answer(service_, key);
}

} // namespace motorcade
