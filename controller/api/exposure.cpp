#include "controller/api/exposure.hpp"

#include "runtime/http/server/host_name.hpp"

namespace motorcade {

result<listening_place> find_listening_place(const exposure_settings& from) {
  const auto everywhere = from.address.empty() ? "0.0.0.0" : from.address;
  if (from.has_tokens)
    return listening_place{everywhere, exposure::tokens};
  if (from.in_pod)
    return listening_place{everywhere, exposure::pod};
  if (from.address.empty() || is_loopback_name(from.address))
    return listening_place{from.address.empty() ? listening_place{}.address
                                                : from.address,
                           exposure::machine};
  if (from.allow_anonymous)
    return listening_place{from.address, exposure::anonymous};
  return failure{
      ec::invalid_argument,
      "SYNCCTL_HTTP_ADDRESS: " + from.address
          + " lets others in, and there are no tokens: set SYNCCTL_AUTH_TOKENS "
            "so that only those who have one may ask, or SYNCCTL_HTTP_ADDRESS="
            "127.0.0.1 for this machine alone, or "
            "SYNCCTL_ALLOW_ANONYMOUS=true if everybody who reaches the port "
            "may start and cancel tasks and read states"};
}

std::string exposure_warning(exposure open_to) {
  if (open_to != exposure::anonymous && open_to != exposure::pod)
    return {};
  return "there are no tokens: all who reach this port may start and "
         "cancel tasks and read states; SYNCCTL_AUTH_TOKENS would change that";
}

} // namespace motorcade
