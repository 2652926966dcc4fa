#pragma once

#include "actors/control_protocol.hpp"
#include "runtime/api_client.hpp"

namespace motorcade {

/// Where the console is.
struct console_access {
  /// CONSOLE_URL, without a slash at its end; empty: there is none.
  std::string url;
  /// Secret.
  std::string token;
};

/// Asks the console to run syncs, in a thread of its own.
struct console_caller_state {
  static inline constexpr const char* name = "console-caller";

  console_access console;
  api_client client;
};

/// @returns the URL that asks the console to run the sync of a discover.
std::string console_run_url(const console_access& console,
                            const task_request& task);

console_caller_actor::behavior_type console_caller(
    console_caller_actor::stateful_pointer<console_caller_state> self,
    console_access console);

} // namespace motorcade
