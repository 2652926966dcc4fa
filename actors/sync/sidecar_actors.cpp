#include "actors/sync/sidecar_actors.hpp"

#include <new>

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

failure to_failure(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    return {ec::system_failed, "out of memory"};
  } catch (const std::exception& error) {
    return {ec::system_failed, std::string{"internal error: "} + error.what()};
  } catch (...) {
    return {ec::system_failed, "internal error: an unknown exception"};
  }
}

} // namespace motorcade
