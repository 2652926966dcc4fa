#include "runtime/webhook/webhook_sender.hpp"

#include "runtime/http/client/guarded_post.hpp"

namespace motorcade {

result<void> webhook_sender::send(const webhook_message& message,
                                  wall_time now) const {
  if (auto may = reach_.check_url(message.url); !may)
    return may;
  guarded_post request;
  request.url = message.url;
  request.body = webhook_body(message);
  request.headers = webhook_headers(message, request.body, now);
  request.go_on = go_on_;
  auto refused = false;
  request.may_connect = [&](std::string_view address) {
    const auto may = reach_.allows(message.url, address);
    refused = refused || !may;
    return may;
  };
  const auto place = place_of(message);
  const auto status = send_guarded(request);
  if (!status)
    return refused && status.error().code != ec::cancelled
               ? failure{ec::invalid_argument,
                         place
                             + " has no public address, so that no webhook "
                               "may reach it; SYNCCTL_WEBHOOK_HOSTS can name "
                               "it"}
               : status.error();
  if (*status >= 200 && *status < 300)
    return {};
  return failure{
      ec::service_unavailable,
      place + " answered " + std::to_string(*status)
          + (*status / 100 == 3 ? ", and redirects are not followed" : "")};
}

} // namespace motorcade
