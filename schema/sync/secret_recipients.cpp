#include "schema/sync/secret_recipients.hpp"

#include "schema/json/json_tree.hpp"
#include "schema/sync/hidden_values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace motorcade {

namespace {

using json = nlohmann::json;

/// Members of a destinationConfig that say which server is logged in to.
constexpr const char* addresses[] = {
    "destinationType", "host",   "hosts", "port", "protocol", "url",
    "endpoint",        "region", "bucket"};
/// Members that say whom a connection trusts.
constexpr const char* trusted[] = {"sslServerCA", "parameters"};
/// The values of `sslMode`, the weakest first.
constexpr std::array<std::string_view, 5> ssl_modes{
    "disable", "prefer", "require", "verify-ca", "verify-full"};

/// @returns the place among `ssl_modes`; the number of them if it is none.
/// @param otherwise What a missing one stands for.
size_t strength_of(const json& mode, std::string_view otherwise) {
  const auto name = mode.is_string() ? mode.get<std::string>()
                    : mode.is_null() ? std::string{otherwise}
                                     : std::string{};
  return static_cast<size_t>(std::find(ssl_modes.begin(), ssl_modes.end(), name)
                             - ssl_modes.begin());
}

/// @returns whether a connection may be less sure of its server than before.
/// The usual mode is `require` or `prefer`, by the kind of server.
bool is_weaker(const json& now, const json& before) {
  if (now == before)
    return false;
  const auto strength = strength_of(now, "prefer");
  return strength == ssl_modes.size()
         || strength < strength_of(before, "require");
}

failure another_recipient(const std::string& member,
                          const std::string& document) {
  return {ec::invalid_argument,
          member + " differs from the stored one, and " + document
              + " keeps stored secrets by ***, which would be sent there; give "
                "the secrets themselves"};
}

} // namespace

result<void> check_secret_recipients(const sync_definition& changed,
                                     const sync_definition& stored) {
  if (changed.package != stored.package && has_hidden_value(changed.config))
    return another_recipient("source.package", "source.config");
  if (changed.destination.empty() || !has_hidden_value(changed.destination))
    return {};
  const auto sent = json::parse(changed.destination);
  const auto kept = json::parse(stored.destination, nullptr, false);
  for (const auto* name : addresses) {
    const auto& now = member_at(sent, name);
    // An address that is given as *** stays the stored one.
    if (now != member_at(kept, name) && now != hidden_value)
      return another_recipient(std::string{"destination."} + name,
                               "destination");
  }
  for (const auto* name : trusted)
    if (member_at(sent, name) != member_at(kept, name))
      return another_recipient(std::string{"destination."} + name,
                               "destination");
  if (is_weaker(member_at(sent, "sslMode"), member_at(kept, "sslMode")))
    return failure{ec::invalid_argument,
                   "destination.sslMode is weaker than the stored one, and "
                   "destination keeps stored secrets by ***; give the secrets "
                   "themselves"};
  return {};
}

} // namespace motorcade
