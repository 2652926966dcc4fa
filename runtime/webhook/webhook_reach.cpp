#include "runtime/webhook/webhook_reach.hpp"

#include "runtime/http/client/api_client.hpp"
#include "schema/base/ascii.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/base/trim.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace motorcade {

namespace {

/// A range of IPv4 addresses.
struct range {
  uint32_t start;
  int bits;
};

constexpr uint32_t ip(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

/// The ranges of IANA's registry of special IPv4 addresses that are not
/// reachable from everywhere, and those of multicast groups.
constexpr std::array<range, 16> not_public{{{ip(0, 0, 0, 0), 8},
                                            {ip(10, 0, 0, 0), 8},
                                            {ip(100, 64, 0, 0), 10},
                                            {ip(127, 0, 0, 0), 8},
                                            {ip(169, 254, 0, 0), 16},
                                            {ip(172, 16, 0, 0), 12},
                                            {ip(192, 0, 0, 0), 24},
                                            {ip(192, 0, 2, 0), 24},
                                            {ip(192, 88, 99, 0), 24},
                                            {ip(192, 168, 0, 0), 16},
                                            {ip(198, 18, 0, 0), 15},
                                            {ip(198, 51, 100, 0), 24},
                                            {ip(203, 0, 113, 0), 24},
                                            {ip(224, 0, 0, 0), 4},
                                            {ip(240, 0, 0, 0), 4},
                                            {ip(255, 255, 255, 255), 32}}};

bool is_public(uint32_t address) {
  return std::none_of(not_public.begin(), not_public.end(),
                      [&](const range& one) {
                        return ((address ^ one.start) >> (32 - one.bits)) == 0;
                      });
}

bool is_public(const std::array<uint8_t, 16>& address) {
  // Public addresses are in 2000::/3; of these 2001::/23 is for protocols, and
  // 2001:db8::/32 and 3fff::/20 are for documentation. 2002::/16 leads to
  // IPv4.
  const auto first = static_cast<unsigned>(address[0] << 8 | address[1]);
  const auto second = static_cast<unsigned>(address[2] << 8 | address[3]);
  return address[0] >> 5 == 1 && first != 0x2002
         && !(first == 0x2001 && (second < 0x200 || second == 0xdb8))
         && !(first == 0x3fff && second < 0x1000);
}

/// @returns the host of a URL in lower case, without port and brackets.
std::string name_in(std::string_view url) {
  auto host = host_of(url);
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    host = host.substr(1, end == std::string::npos ? end : end - 1);
  } else {
    host = host.substr(0, host.find(':'));
  }
  return ascii_lower(host);
}

} // namespace

result<webhook_reach> webhook_reach::parse(std::string_view hosts) {
  webhook_reach out;
  while (!hosts.empty()) {
    const auto comma = hosts.find(',');
    const auto one = trim(hosts.substr(0, comma));
    hosts.remove_prefix(comma == std::string_view::npos ? hosts.size()
                                                        : comma + 1);
    if (one.empty())
      continue;
    const auto bare = one.starts_with("*.") ? one.substr(2) : one;
    std::array<uint8_t, 16> address{};
    const auto is_address =
        ::inet_pton(AF_INET6, std::string{one}.c_str(), address.data()) == 1;
    const auto is_name =
        !bare.empty() && std::all_of(bare.begin(), bare.end(), [](char c) {
          return is_ascii_alphanumeric(c) || c == '-' || c == '.' || c == '_';
        });
    if (!is_name && !is_address)
      return failure{ec::invalid_argument,
                     excerpt(one)
                         + " is neither a host's name nor an address; ports "
                           "and URLs are not taken"};
    out.hosts_.push_back(ascii_lower(one));
  }
  return out;
}

bool webhook_reach::names(std::string_view host) const {
  return std::any_of(hosts_.begin(), hosts_.end(), [&](const std::string& one) {
    return one.starts_with("*.")
               ? host.size() >= one.size() && host.ends_with(one.substr(1))
               : host == one;
  });
}

result<void> webhook_reach::check_url(std::string_view url) const {
  const auto host = name_in(url);
  if (host.empty())
    return failure{ec::invalid_argument, "the URL names no host"};
  if (names(host))
    return {};
  if (!url.starts_with("https://"))
    return failure{ec::invalid_argument,
                   "the URL must begin with https://; hosts that "
                   "SYNCCTL_WEBHOOK_HOSTS names may be asked by http, too"};
  return {};
}

bool webhook_reach::allows(std::string_view url,
                           std::string_view address) const {
  return names(name_in(url)) || is_public_address(address);
}

bool is_public_address(std::string_view address) {
  // An address with a zone, `fe80::1%eth0`, is link-local; inet_pton refuses
  // it.
  const std::string text{address};
  in_addr four{};
  if (::inet_pton(AF_INET, text.c_str(), &four) == 1)
    return is_public(ntohl(four.s_addr));
  std::array<uint8_t, 16> six{};
  return ::inet_pton(AF_INET6, text.c_str(), six.data()) == 1 && is_public(six);
}

} // namespace motorcade
