#include "schema/configure_catalog.hpp"

#include "schema/excerpt.hpp"
#include "schema/json_view.hpp"
#include "schema/stream_id.hpp"

#include <algorithm>
#include <optional>

namespace motorcade {

namespace {

std::string text_of(json_view object, std::string_view key) {
  auto value = object.find(key);
  return value ? value->text() : std::string{};
}

/// @returns the member's bytes where it is an array that holds something.
std::optional<std::string_view> filled_array(json_view object,
                                             std::string_view key) {
  auto value = object.find(key);
  auto filled = false;
  if (value)
    value->for_each_element([&](json_view) { filled = true; });
  return filled ? std::optional{value->raw()} : std::nullopt;
}

bool can_be_incremental(json_view stream) {
  auto listed = false;
  if (auto modes = stream.find("supported_sync_modes"))
    modes->for_each_element([&](json_view mode) {
      listed = listed || mode.text() == "incremental";
    });
  auto defined = stream.find("source_defined_cursor");
  return listed
         && ((defined && defined->raw() == "true")
             || filled_array(stream, "default_cursor_field"));
}

std::string configure(json_view stream) {
  auto incremental = can_be_incremental(stream);
  auto key = filled_array(stream, "source_defined_primary_key");
  auto cursor = filled_array(stream, "default_cursor_field");
  auto out = "{\"stream\":" + std::string{stream.raw()};
  out += ",\"sync_mode\":\"";
  out += incremental ? "incremental" : "full_refresh";
  out += "\",\"destination_sync_mode\":\"";
  out += !incremental ? "overwrite" : key ? "append_dedup" : "append";
  out += '"';
  if (incremental && cursor)
    out += ",\"cursor_field\":" + std::string{*cursor};
  if (key)
    out += ",\"primary_key\":" + std::string{*key};
  return out + "}";
}

} // namespace

result<std::string>
configure_catalog(std::string_view catalog,
                  const std::vector<std::string>& selected) {
  std::string streams;
  std::vector<std::string> keys;
  auto nameless = false;
  if (auto found = json_view{catalog}.find("streams"))
    found->for_each_element([&](json_view stream) {
      stream_id id{text_of(stream, "namespace"), text_of(stream, "name")};
      nameless = nameless || id.name.empty();
      keys.push_back(id.key());
      if (selected.empty()
          || std::find(selected.begin(), selected.end(), id.key())
                 != selected.end())
        streams += (streams.empty() ? "" : ",") + configure(stream);
    });
  if (nameless)
    return failure{ec::invalid_catalog,
                   "the catalog holds a stream without a name"};
  for (const auto& wanted : selected)
    if (std::find(keys.begin(), keys.end(), wanted) == keys.end()) {
      std::string known;
      for (const auto& key : keys)
        known += (known.empty() ? "" : ", ") + excerpt(key);
      return failure{ec::invalid_argument,
                     "there is no stream " + excerpt(wanted) + "; there "
                         + (keys.size() == 1 ? "is " : "are ")
                         + (known.empty() ? "none" : known)};
    }
  if (streams.empty())
    return failure{ec::invalid_catalog, "the catalog holds no stream"};
  return "{\"streams\":[" + streams + "]}";
}

} // namespace motorcade
