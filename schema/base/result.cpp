#include "schema/base/result.hpp"

namespace motorcade {

std::string_view to_string(ec code) {
  switch (code) {
  case ec::none:
    return "none";
  case ec::invalid_argument:
    return "invalid_argument";
  case ec::invalid_catalog:
    return "invalid_catalog";
  case ec::database_unavailable:
    return "database_unavailable";
  case ec::database_rejected:
    return "database_rejected";
  case ec::destination_unavailable:
    return "destination_unavailable";
  case ec::destination_rejected:
    return "destination_rejected";
  case ec::system_failed:
    return "system_failed";
  case ec::timed_out:
    return "timed_out";
  case ec::cancelled:
    return "cancelled";
  case ec::service_unavailable:
    return "service_unavailable";
  case ec::already_exists:
    return "already_exists";
  case ec::not_found:
    return "not_found";
  case ec::too_busy:
    return "too_busy";
  }
  return "unknown";
}

} // namespace motorcade
