#include "runtime/control_plane/control_plane.hpp"

#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace motorcade {

namespace {

using nlohmann::json;

bool may_pass_later(long status) {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

} // namespace

result<void> call_patiently(api_client& client, api_request request,
                            const std::string& what, uint64_t most_retries,
                            std::chrono::milliseconds delay,
                            const retry_wait& wait) {
  request.go_on = [&wait] {
    return wait(std::chrono::milliseconds{0});
  };
  for (uint64_t attempt = 0;; ++attempt) {
    auto answer = client.send(request);
    if (answer && answer->fine())
      return {};
    auto why = answer ? host_of(request.url) + " answered HTTP "
                            + std::to_string(answer->status)
                      : answer.error().what;
    auto final = answer ? !may_pass_later(answer->status)
                        : answer.error().code == ec::cancelled;
    if (final || attempt >= most_retries || !wait(delay))
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
  if (!settings_.token.empty())
    out.headers.push_back("Authorization: Bearer " + settings_.token);
  out.body = std::move(body);
  out.connect_timeout = settings_.connect_timeout;
  out.answer_timeout = settings_.answer_timeout;
  return out;
}

result<api_answer> control_plane::tell_once(std::string_view what) {
  auto body = write_json(json{{"workloadId", settings_.workload_id}});
  return client_.send(make_request(settings_.workload_api,
                                   "/api/v1/workload/" + std::string{what},
                                   std::move(body)));
}

result<void> control_plane::report_success(const retry_wait& wait) {
  auto request =
      make_request(settings_.workload_api, "/api/v1/workload/success",
                   write_json(json{{"workloadId", settings_.workload_id}}));
  return call_patiently(client_, std::move(request),
                        "reporting the workload's success",
                        settings_.most_retries, settings_.retry_delay, wait);
}

result<void> control_plane::report_failure(const failure_reason& reason,
                                           const retry_wait& wait) {
  auto body = write_json(json{{"workloadId", settings_.workload_id},
                              {"source", to_string(reason.origin)},
                              {"reason", to_brief(reason)}});
  auto request = make_request(settings_.workload_api,
                              "/api/v1/workload/failure", std::move(body));
  return call_patiently(client_, std::move(request),
                        "reporting the workload's failure",
                        settings_.most_retries, settings_.retry_delay, wait);
}

result<void> control_plane::write_output(const std::string& document,
                                         const retry_wait& wait) {
  auto body = write_json(
      json{{"workloadId", settings_.workload_id}, {"output", document}});
  auto request = make_request(settings_.internal_api,
                              "/api/v1/workload_output/write", std::move(body));
  request.method = "POST";
  return call_patiently(client_, std::move(request),
                        "writing the workload's output", settings_.most_retries,
                        settings_.retry_delay, wait);
}

} // namespace motorcade
