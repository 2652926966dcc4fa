#pragma once

#include "actors/supervision/controller_actors.hpp"
#include "runtime/http/client/api_client.hpp"
#include "runtime/leadership/leadership.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace motorcade {

/// The address of the console.
struct console_access {
  /// CONSOLE_URL, without a slash at its end; empty: there is none.
  std::string url;
  /// Secret.
  std::string token;
};

/// Asks the console to run syncs, in a thread of its own. If the console is
/// away, a request is repeated some times, with other requests in between.
class console_caller_state {
public:
  static inline constexpr const char* name = "console-caller";

  /// To be called once, before all else.
  console_caller_actor::behavior_type
  make_behavior(console_caller_actor::pointer self, console_access console,
                leadership_ptr lead);

private:
  /// A request that the console did not answer yet.
  struct attempt {
    task_request_ptr task;
    lead_term term = 0;
    caf::typed_response_promise<atom::ok> asker;
    int tries = 0;
  };

  /// Asks the console now. A request that may succeed later is tried again
  /// after a pause; the asker is answered after the last try.
  void ask(attempt about);

  console_caller_actor::pointer self_ = {};
  console_access console_;
  leadership_ptr lead_;
  api_client client_;
  /// The requests that will be repeated.
  std::map<uint64_t, attempt> attempts_;
  uint64_t next_attempt_ = 0;
};

/// @returns the URL that asks the console to run the sync of a discover.
std::string console_run_url(const console_access& console,
                            const task_request& task);

/// @param lead Requests are made only in the term of this lead in which they
/// were asked for.
console_caller_actor::behavior_type console_caller(
    console_caller_actor::stateful_pointer<console_caller_state> self,
    console_access console, leadership_ptr lead);

} // namespace motorcade
