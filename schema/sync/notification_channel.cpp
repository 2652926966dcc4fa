#include "schema/sync/notification_channel.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/base64.hpp"
#include "schema/json/json_tree.hpp"
#include "schema/sync/hidden_values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace motorcade {

namespace {

using json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 5> event_names{
    "failed", "recovered", "paused", "schema_changed", "test"};
constexpr size_t longest_url = 2000;

/// @returns whether the text may be the URL of a webhook: whole, in one line,
/// and without a login, which some programs would show.
bool is_callable(std::string_view url) {
  const auto scheme = url.starts_with("https://") ? std::string_view{"https://"}
                      : url.starts_with("http://") ? std::string_view{"http://"}
                                                   : std::string_view{};
  if (scheme.empty())
    return false;
  const auto rest = url.substr(scheme.size());
  const auto host = rest.substr(0, rest.find_first_of("/?#"));
  return !host.empty() && host.find('@') == std::string_view::npos
         && std::all_of(url.begin(), url.end(), [](char c) {
              return c > ' ' && c < 0x7f && c != '\\';
            });
}

void read_secrets(json_view from, const std::string& place,
                  notification_channel& out, definition_reader& reader) {
  out.url = reader.text(from, "url", place + ".url", true, longest_url);
  if (!out.url.empty() && out.url != hidden_value && !is_callable(out.url))
    reader.refuse(place + ".url",
                  "must be a URL of http or https, without a login");
  out.secret = reader.text(from, "secret", place + ".secret");
}

/// Refuses a secret that says that it is base64 and is not: a receiver, which
/// decodes it, would take no message for ours.
void check_signing_key(const notification_channel& one,
                       const std::string& place, definition_reader& reader) {
  constexpr std::string_view prefix = "whsec_";
  if (!one.secret.starts_with(prefix))
    return;
  const auto key = from_base64(one.secret.substr(prefix.size()));
  if (!key || key->empty())
    reader.refuse(place + ".secret",
                  "begins with whsec_, so base64 must follow, with its padding "
                  "(=); `openssl rand -base64 24` makes some");
}

void read_events(json_view list, const std::string& place,
                 notification_channel& out, definition_reader& reader) {
  out.events.clear();
  if (!list.is_array())
    reader.refuse(place, "must be a list of events");
  list.for_each_element([&](json_view one) {
    sync_event event{};
    if (!from_string(one.text(), event) || event == sync_event::test)
      reader.refuse(place, "must hold only failed, recovered, paused and "
                           "schema_changed");
    out.events.insert(event);
  });
}

json write_open(const notification_channel& one) {
  auto events = json::array();
  for (const auto event : one.events)
    events.push_back(to_string(event));
  return {{"format", one.slack ? "slack" : "json"},
          {"events", std::move(events)}};
}

/// @param hide Whether secrets are replaced.
json write_whole(const std::vector<notification_channel>& channels, bool hide) {
  auto out = json::array();
  for (const auto& one : channels) {
    json whole{{"url", hide ? std::string{hidden_value} : one.url}};
    if (!one.secret.empty())
      whole["secret"] = hide ? std::string{hidden_value} : one.secret;
    whole.update(write_open(one));
    out.push_back(std::move(whole));
  }
  return out;
}

} // namespace

std::string_view to_string(sync_event event) {
  return event_names.at(static_cast<size_t>(event));
}

bool from_string(std::string_view name, sync_event& out) {
  const auto* found = std::find(event_names.begin(), event_names.end(), name);
  if (found == event_names.end())
    return false;
  out = static_cast<sync_event>(found - event_names.begin());
  return true;
}

std::vector<notification_channel>
read_channels(json_view list, definition_reader& reader, bool with_secrets) {
  std::vector<notification_channel> out;
  if (!list.is_array())
    reader.refuse("notifications", "must be a list of webhooks");
  list.for_each_element([&](json_view from) {
    const auto place = "notifications[" + std::to_string(out.size()) + ']';
    auto& one = out.emplace_back();
    if (!from.is_object()) {
      reader.refuse(place, "must be an object");
      return;
    }
    reader.allow(from, place, {"url", "secret", "format", "events"});
    if (with_secrets) {
      read_secrets(from, place, one, reader);
      check_signing_key(one, place, reader);
    }
    if (definition_reader::found(from, "format")) {
      const auto format = reader.text(from, "format", place + ".format");
      one.slack = format == "slack";
      if (!one.slack && format != "json")
        reader.refuse(place + ".format", "must be json or slack");
    }
    if (const auto events = definition_reader::found(from, "events"))
      read_events(*events, place + ".events", one, reader);
  });
  if (out.size() > most_channels)
    reader.refuse("notifications",
                  "are more than " + std::to_string(most_channels));
  return out;
}

void read_channel_secrets(json_view list,
                          std::vector<notification_channel>& out,
                          definition_reader& reader) {
  size_t at = 0;
  list.for_each_element([&](json_view from) {
    if (at < out.size())
      read_secrets(from, "notifications[" + std::to_string(at) + ']', out[at],
                   reader);
    ++at;
  });
}

json write_channels(const std::vector<notification_channel>& channels) {
  auto out = json::array();
  for (const auto& one : channels)
    out.push_back(write_open(one));
  return out;
}

std::string
write_channel_secrets(const std::vector<notification_channel>& channels) {
  auto out = json::array();
  for (const auto& one : channels)
    out.push_back({{"url", one.url}, {"secret", one.secret}});
  return write_json(out);
}

std::string
write_whole_channels(const std::vector<notification_channel>& channels) {
  return write_json(write_whole(channels, false));
}

json show_channels(const std::vector<notification_channel>& channels) {
  return write_whole(channels, true);
}

result<void> restore_channels(std::vector<notification_channel>& channels,
                              const std::vector<notification_channel>& stored) {
  for (size_t i = 0; i < channels.size(); ++i) {
    auto& one = channels[i];
    const auto place = "notifications[" + std::to_string(i) + ']';
    const auto kept = i < stored.size();
    const auto same_place =
        kept && stored[i].slack == one.slack && stored[i].events == one.events;
    if (one.url == hidden_value) {
      if (!same_place)
        return failure{ec::invalid_argument,
                       place
                           + ".url is ***, which stands for the stored value "
                             "of an unchanged element; give the URL itself"};
      one.url = stored[i].url;
    }
    // The stored secret of one host is not given to another.
    if (one.secret == hidden_value) {
      if (!kept || stored[i].url != one.url || stored[i].secret.empty())
        return failure{ec::invalid_argument,
                       place
                           + ".secret is ***, which stands for the stored "
                             "value of the same URL; give the secret itself"};
      one.secret = stored[i].secret;
    }
  }
  return {};
}

} // namespace motorcade
