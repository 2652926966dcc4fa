#pragma once

#include "runtime/process/keeper_life.hpp"

#include <string_view>

namespace motorcade {

/// The argument with which `syncctl` starts the sidecar's program as a fork
/// server.
inline constexpr auto fork_server_argument = "fork-server";

/// The message that a fork server sends when it is ready. Its number goes up
/// when the form of a packed plan changes, so that a server of another version
/// is not asked.
inline constexpr std::string_view fork_server_greeting =
    "motorcade fork server 1";

/// The descriptor of a fork server's socket.
inline constexpr int fork_server_socket = 3;

/// The descriptors that come with each request: the plan (`pack_plan`), a file
/// in memory, and the `keeper_ends`, in their order.
inline constexpr int fork_request_descriptors = 5;

/// Starts keepers by request: a copy of this process becomes the keeper, and a
/// copy of that runs `body` as the sidecar. So a sidecar needs no exec, and its
/// libraries are loaded and linked once. A keeper is no child of this process:
/// its starter is gone, so the next subreaper above, `syncctl`, adopts it.
///
/// No plan is read in this process, so that nothing of one task is in the
/// memory of another. Precondition: the process has no other thread.
/// @returns 0 when the socket is closed.
int run_fork_server(sidecar_body body);

} // namespace motorcade
