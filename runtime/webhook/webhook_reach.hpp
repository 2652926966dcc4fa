#pragma once

#include "schema/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// Decides which hosts webhooks may reach. Their URLs come from clients of the
/// API, which must not reach the network of syncctl by them. Without a setting
/// these are public addresses by https; hosts that the operator names may have
/// any address and may be asked by http. Immutable; good for any thread.
class webhook_reach {
public:
  /// Public addresses alone.
  webhook_reach() = default;

  /// Reads SYNCCTL_WEBHOOK_HOSTS: names and addresses without ports, separated
  /// by commas. `*.example.com` stands for all names that end so.
  /// @returns invalid_argument, naming the entry that is wrong.
  static result<webhook_reach> parse(std::string_view hosts);

  /// @returns invalid_argument, in words for the client that gave the URL, if
  /// no message may be sent there, whatever address the host has.
  result<void> check_url(std::string_view url) const;

  /// @returns whether a message for that URL may be sent to that address of its
  /// host, which is looked at when a connection is made, so that a name cannot
  /// mean another address by then.
  /// @param address As text, e.g. `192.0.2.1` or `2001:db8::1`.
  bool allows(std::string_view url, std::string_view address) const;

private:
  /// @returns whether the operator has named the host.
  bool names(std::string_view host) const;

  /// Lower case.
  std::vector<std::string> hosts_;
};

/// @returns whether an address belongs to the public network. Not public are
/// those of this machine, of private networks, link-local ones (such as a
/// cloud's metadata), multicast, those reserved for documentation, and IPv6
/// addresses that contain an IPv4 address.
bool is_public_address(std::string_view address);

} // namespace motorcade
