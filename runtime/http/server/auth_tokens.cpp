#include "runtime/http/server/auth_tokens.hpp"

#include "runtime/base/digest.hpp"
#include "schema/base/ascii.hpp"
#include "schema/base/trim.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

namespace {

constexpr size_t hash_digits = 128;

bool is_hash(std::string_view text) {
  return text.size() == hash_digits
         && std::all_of(text.begin(), text.end(), [](char c) {
              return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
            });
}

} // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
           || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  });
}

std::string hash_token(std::string_view token, std::string_view salt,
                       std::string_view secret) {
  auto salted = std::string{token} + std::string{salt} + std::string{secret};
  return std::string{salt} + '.' + sha512_hex(salted);
}

result<auth_tokens> auth_tokens::read(std::string_view list,
                                      std::string secret) {
  auth_tokens out;
  out.secret_ = std::move(secret);
  auto is_set = !is_blank(list);
  for (size_t place = 1; !list.empty(); ++place) {
    auto comma = std::min(list.find(','), list.size());
    auto part = trim(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (part.empty())
      continue;
    auto refuse = [place](const char* why) {
      return failure{ec::invalid_argument, "token " + std::to_string(place)
                                               + " of the list " + why
                                               + " (it is not shown)"};
    };
    auto dot = part.rfind('.');
    if (dot == std::string_view::npos) {
      if (!is_token(part))
        return refuse("holds other characters than letters, digits, _ and -");
      out.plain_.emplace_back(part);
    } else if (!is_hash(part.substr(dot + 1))) {
      return refuse("has a hash that is not 128 digits 0-9 and a-f");
    } else {
      out.hashed_.push_back({std::string{part.substr(0, dot)},
                             std::string{part.substr(dot + 1)}});
    }
  }
  // A list was set, so the operator meant to have tokens.
  if (is_set && out.open())
    return failure{ec::invalid_argument, "holds no token"};
  return out;
}

bool auth_tokens::allow(std::string_view authorization) const {
  if (open())
    return true;
  constexpr std::string_view prefix = "bearer ";
  authorization = trim(authorization);
  if (equal_ignoring_case(authorization.substr(0, prefix.size()), prefix))
    authorization = trim(authorization.substr(prefix.size()));
  if (!is_token(authorization))
    return false;
  // Digests are compared, as they have one length: the time tells nothing of a
  // token's length. All are compared, even after a match.
  auto fits = false;
  auto digest = sha256_hex(authorization);
  for (const auto& token : plain_)
    fits |= equal_in_constant_time(sha256_hex(token), digest);
  for (const auto& token : hashed_)
    fits |=
        equal_in_constant_time(hash_token(authorization, token.salt, secret_),
                               token.salt + '.' + token.hash);
  return fits;
}

} // namespace motorcade
