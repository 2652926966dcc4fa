#include "schema/sync/secret_recipients.hpp"

#include "schema/json/json_tree.hpp"
#include "schema/sync/hidden_values.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace motorcade {

namespace {

using json = nlohmann::json;

/// Members of a destinationConfig that say which server is logged in to.
constexpr const char* addresses[] = {
    "destinationType", "host",   "hosts", "port", "protocol", "url",
    "endpoint",        "region", "bucket"};

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
  return {};
}

} // namespace motorcade
