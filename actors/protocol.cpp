#include "actors/protocol.hpp"

namespace motorcade {

caf::error to_error(const failure& reason) {
  return caf::make_error(reason.code, reason.what);
}

failure to_failure(const caf::error& reason) {
  if (rt::is_error_of<ec>(reason)
      && reason.context().match_elements<std::string>())
    return {static_cast<ec>(reason.code()),
            reason.context().get_as<std::string>(0)};
  return {ec::system_failed, "internal error: " + to_string(reason)};
}

} // namespace motorcade
