#include "runtime/control_plane/control_plane.hpp"

#include "runtime/http/client/api_call.hpp"
#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace motorcade {

namespace {

using nlohmann::json;

} // namespace

result<void> call_patiently(const api_attempt& attempt, api_request request,
                            const std::string& what,
                            const api_patience& patience,
                            const retry_wait& wait) {
  request.connect_timeout = patience.connect_timeout;
  request.answer_timeout = patience.answer_timeout;
  request.go_on = [&wait] {
    return wait(std::chrono::milliseconds{0});
  };
  for (uint64_t count = 0;; ++count) {
    auto answer = attempt(request);
    if (answer && answer->fine())
      return {};
    auto why = answer ? host_of(request.url) + " answered HTTP "
                            + std::to_string(answer->status)
                      : answer.error().what;
    auto final = answer ? !may_pass_later(answer->status)
                        : answer.error().code == ec::cancelled
                              || answer.error().code == ec::invalid_argument;
    if (final || count >= patience.most_retries || !wait(patience.retry_delay))
      return failure{ec::service_unavailable, what + ": " + why};
  }
}

control_plane::control_plane(control_plane_settings settings)
    : settings_{std::move(settings)} {}

api_request control_plane::make_request(const std::string& base,
                                        std::string_view path,
                                        std::string body) const {
  api_request out;
  out.method = "PUT";
  out.url = base + std::string{path};
  out.headers = {"Content-Type: application/json"};
  out.body = std::move(body);
  out.connect_timeout = settings_.patience.connect_timeout;
  out.answer_timeout = settings_.patience.answer_timeout;
  return out;
}

result<api_answer> control_plane::send(api_request request) {
  auto& headers = request.headers;
  if (!settings_.tokens) {
    if (!settings_.token.empty())
      headers.push_back("Authorization: Bearer " + settings_.token);
    return client_.send(request);
  }
  const auto plain = headers.size();
  for (auto first = true;; first = false) {
    auto token = settings_.tokens->get(client_, request);
    if (!token)
      return token.error();
    headers.resize(plain);
    headers.push_back("Authorization: Bearer " + *token);
    auto answer = client_.send(request);
    if (!answer || (answer->status != 401 && answer->status != 403))
      return answer;
    settings_.tokens->forget(*token);
    if (!first)
      return answer;
  }
}

result<void> control_plane::send_patiently(api_request request,
                                           const std::string& what,
                                           const api_patience& patience,
                                           const retry_wait& wait) {
  return call_patiently([this](const api_request& one) { return send(one); },
                        std::move(request), what, patience, wait);
}

result<api_answer> control_plane::tell_once(std::string_view what) {
  auto body = write_json(json{{"workloadId", settings_.workload_id}});
  return send(make_request(settings_.workload_api,
                           "/api/v1/workload/" + std::string{what},
                           std::move(body)));
}

result<void> control_plane::report_success(const retry_wait& wait) {
  auto request =
      make_request(settings_.workload_api, "/api/v1/workload/success",
                   write_json(json{{"workloadId", settings_.workload_id}}));
  return send_patiently(std::move(request), "reporting the workload's success",
                        settings_.patience, wait);
}

result<void> control_plane::report_failure(const failure_reason& reason,
                                           const retry_wait& wait) {
  auto body = write_json(json{{"workloadId", settings_.workload_id},
                              {"source", to_string(reason.origin)},
                              {"reason", to_brief(reason)}});
  auto request = make_request(settings_.workload_api,
                              "/api/v1/workload/failure", std::move(body));
  return send_patiently(std::move(request), "reporting the workload's failure",
                        settings_.patience, wait);
}

result<void> control_plane::write_output(const std::string& document,
                                         const retry_wait& wait) {
  auto body = write_json(
      json{{"workloadId", settings_.workload_id}, {"output", document}});
  auto request = make_request(settings_.internal_api,
                              "/api/v1/workload_output/write", std::move(body));
  request.method = "POST";
  return send_patiently(std::move(request), "writing the workload's output",
                        settings_.output_patience, wait);
}

} // namespace motorcade
