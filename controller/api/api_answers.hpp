#pragma once

#include "controller/api/controller_service.hpp"
#include "runtime/base/stop_gate.hpp"
#include "runtime/http/server/http_server.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace motorcade {

/// The longest time that a request may wait for an answer, in seconds.
constexpr size_t longest_wait = 60;

/// The longest id of a task, in bytes. That of a discover is made of its key,
/// package and version.
constexpr size_t longest_task_id = 1000;

/// Waits for the answer of a spec, check or discover that was started.
/// @param until The end of the wait, after which the answer may be RUNNING; so
/// it may when the gate is closed.
/// @param pause The time between two looks.
/// @returns the HTTP answer to a request for it.
http_reply await_answer(controller_service& service, const inquiry_key& of,
                        std::chrono::steady_clock::time_point until,
                        std::chrono::milliseconds pause, stop_gate& gate);

/// @returns the HTTP answer to a request for it as it stands.
http_reply reply_answer(controller_service& service, const inquiry_key& of);

/// @returns the refusal of a name in a path; nothing: it is fine.
/// @param what The thing that it names, in words for a person.
std::optional<http_reply> check_path_name(const std::string& name, size_t limit,
                                          const std::string& what);

} // namespace motorcade
