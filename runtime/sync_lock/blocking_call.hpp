#pragma once

#include <pthread.h>

#include <chrono>
#include <functional>

namespace motorcade {

/// Makes a call that blocks and that has no time limit of its own, and waits
/// for its end. The call runs in a thread of its own, which no signal is
/// delivered to.
/// @param call Must not throw.
/// @param interrupt Makes `call` return, e.g. by a signal to its thread. Called
/// once `longest` is over or `stop` is readable, and again every 20 ms until
/// the call returns, as one that comes before `call` blocks has no effect. Must
/// not throw.
/// @param stop A descriptor whose readability ends the wait; -1: none.
void make_blocking_call(const std::function<void()>& call,
                        const std::function<void(pthread_t)>& interrupt,
                        std::chrono::milliseconds longest, int stop);

/// @returns whether there is something to read; false for -1.
bool is_readable(int descriptor);

} // namespace motorcade
