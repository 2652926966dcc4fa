#include "schema/catalog/configure_catalog.hpp"

#include "schema/base/excerpt.hpp"
#include "schema/base/stream_id.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/catalog/table_naming.hpp"
#include "schema/json/json_view.hpp"

#include <map>
#include <optional>
#include <unordered_set>

namespace motorcade {

namespace {

/// @returns the member's bytes if it is an array that holds something.
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
  out += R"(,"sync_mode":")";
  out += incremental ? "incremental" : "full_refresh";
  out += R"(","destination_sync_mode":")";
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
  const std::unordered_set<std::string> wanted{selected.begin(),
                                               selected.end()};
  auto nameless = false;
  if (auto found = json_view{catalog}.find("streams"))
    found->for_each_element([&](json_view stream) {
      stream_id id{stream.text_at("namespace"), stream.text_at("name")};
      nameless = nameless || id.name.empty();
      keys.push_back(id.key());
      if (wanted.empty() || wanted.contains(keys.back()))
        streams += (streams.empty() ? "" : ",") + configure(stream);
    });
  if (nameless)
    return failure{ec::invalid_catalog,
                   "the catalog holds a stream without a name"};
  const std::unordered_set<std::string> announced{keys.begin(), keys.end()};
  for (const auto& one : selected)
    if (!announced.contains(one)) {
      std::string known;
      for (const auto& key : keys)
        known += (known.empty() ? "" : ", ") + excerpt(key);
      return failure{ec::invalid_argument,
                     "there is no stream " + excerpt(one) + "; there "
                         + (keys.size() == 1 ? "is " : "are ")
                         + (known.empty() ? "none" : known)};
    }
  if (streams.empty())
    return failure{ec::invalid_catalog, "the catalog holds no stream"};
  auto out = "{\"streams\":[" + streams + "]}";
  if (auto read = parse_catalog(out); !read)
    return failure{ec::invalid_catalog,
                   "a read would refuse what the source announces: "
                       + read.error().what};
  return out;
}

std::vector<std::string> faults_of_discovered(std::string_view catalog) {
  std::vector<std::string> out;
  std::string streams;
  std::map<std::string, size_t> counts;
  if (auto found = json_view{catalog}.find("streams"))
    found->for_each_element([&](json_view stream) {
      const auto key =
          stream_id{stream.text_at("namespace"), stream.text_at("name")}.key();
      if (counts[key]++ == 0)
        streams += (streams.empty() ? "" : ",") + configure(stream);
    });
  for (const auto& [key, count] : counts)
    if (count > 1)
      out.push_back("the source announces the stream " + excerpt(key) + ' '
                    + std::to_string(count)
                    + " times: a read cannot tell them apart and refuses a "
                      "catalog with more than one of them");
  if (streams.empty())
    return out;
  const auto read = parse_catalog("{\"streams\":[" + streams + "]}");
  if (!read) {
    out.push_back("a read would refuse what the source announces: "
                  + read.error().what);
    return out;
  }
  if (const auto tables = assign_tables(*read, {}); !tables)
    out.push_back("a read of all streams would be refused: "
                  + tables.error().what);
  return out;
}

} // namespace motorcade
