#pragma once

#include "runtime/webhook/webhook_message.hpp"
#include "runtime/webhook/webhook_reach.hpp"
#include "schema/base/result.hpp"

#include <functional>

namespace motorcade {

/// Sends messages to webhooks by HTTP: no redirect is followed, no proxy is
/// used, and each takes 15 s at most. Immutable; good for any thread.
class webhook_sender {
public:
  /// @param go_on Asked about once a second during a call, from the thread that
  /// sends; a call ends if it returns false. May be empty.
  explicit webhook_sender(webhook_reach reach, std::function<bool()> go_on = {})
      : reach_{std::move(reach)}, go_on_{std::move(go_on)} {}

  /// Sends a message; blocks.
  /// @returns invalid_argument if its host may not be reached;
  /// service_unavailable if no answer of 2xx came; cancelled if `go_on`
  /// returned false. Of the URL the message names host and port alone.
  result<void> send(const webhook_message& message, wall_time now) const;

  /// @returns which hosts it may reach.
  const webhook_reach& reach() const { return reach_; }

private:
  const webhook_reach reach_;
  const std::function<bool()> go_on_;
};

} // namespace motorcade
