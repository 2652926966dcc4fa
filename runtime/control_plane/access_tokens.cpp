#include "runtime/control_plane/access_tokens.hpp"

#include "runtime/http/client/api_call.hpp"
#include "schema/base/base64.hpp"
#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace motorcade {

namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto spare_time = 30s;
constexpr auto unknown_life = 5min;

/// The latest second that `wall_time` can hold with all that is added here.
constexpr int64_t latest_second = 250'000'000'000;

} // namespace

std::optional<wall_time> expiry_of(std::string_view token) {
  const auto first = token.find('.');
  const auto second = token.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos)
    return std::nullopt;
  const auto claims =
      from_base64url(token.substr(first + 1, second - first - 1));
  if (!claims)
    return std::nullopt;
  const auto tree = json::parse(*claims, nullptr, false);
  const auto& exp = member_at(tree, "exp");
  if (!exp.is_number())
    return std::nullopt;
  // A NumericDate may have a fraction.
  const auto seconds = exp.get<double>();
  if (!(seconds > 0 && seconds < static_cast<double>(latest_second)))
    return std::nullopt;
  return wall_time{std::chrono::seconds{static_cast<int64_t>(seconds)}};
}

access_tokens::access_tokens(client_credentials credentials, clock now)
    : credentials_{std::move(credentials)}, now_{std::move(now)} {}

result<std::string> access_tokens::get(api_client& client,
                                       const api_request& limits) {
  // Held during the call: two threads that need a token need one.
  std::lock_guard lock{mutex_};
  if (!token_.empty() && now_() < good_until_)
    return token_;
  auto call = make_call_within(limits, "POST", credentials_.endpoint);
  call.headers = {"Content-Type: application/json"};
  call.body = write_json(json{{"client_id", credentials_.client_id},
                              {"client_secret", credentials_.client_secret}});
  const std::string who = "asking for an access token "
                          "(CONTROL_PLANE_TOKEN_ENDPOINT): ";
  auto answer = client.send(call);
  if (!answer)
    return failure{answer.error().code, who + answer.error().what};
  if (!answer->fine()) {
    const auto final = answer->status >= 400 && !may_pass_later(answer->status);
    return failure{final ? ec::invalid_argument : ec::service_unavailable,
                   who + host_of(call.url) + " answered HTTP "
                       + std::to_string(answer->status)
                       + (final ? ", check DATAPLANE_CLIENT_ID and "
                                  "DATAPLANE_CLIENT_SECRET"
                                : "")};
  }
  auto token =
      text_at(json::parse(answer->body, nullptr, false), "access_token");
  // It becomes part of a header.
  if (token.empty()
      || token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz"
                                 "0123456789-._~+/=")
             != std::string::npos)
    return failure{
        ec::service_unavailable,
        who + host_of(call.url)
            + " answered without an access_token that a header can hold"};
  const auto expiry = expiry_of(token);
  good_until_ = expiry ? *expiry - spare_time : now_() + unknown_life;
  token_ = std::move(token);
  return token_;
}

void access_tokens::forget(const std::string& token) {
  std::lock_guard lock{mutex_};
  if (token_ == token)
    token_.clear();
}

} // namespace motorcade
