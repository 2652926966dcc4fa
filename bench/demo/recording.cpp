#include "bench/demo/recording.hpp"

#include "bench/demo/line_file.hpp"
#include "schema/json/json_tree.hpp"

#include <optional>
#include <unordered_map>

namespace motorcade {

namespace {

using nlohmann::json;

bool equals(const json& value, const char* text) {
  return value.is_string() && value.get_ref<const std::string&>() == text;
}

/// Finds the stream that a TRACE speaks of.
bool read_trace_stream(const json& trace, stream_name& stream) {
  const auto& type = member_at(trace, "type");
  if (equals(type, "STREAM_STATUS"))
    return read_stream_name(
        member_at(member_at(trace, "stream_status"), "stream_descriptor"),
        stream);
  if (equals(type, "ERROR"))
    return read_stream_name(
        member_at(member_at(trace, "error"), "stream_descriptor"), stream);
  const auto& estimate = member_at(trace, "estimate");
  return equals(type, "ESTIMATE")
         && equals(member_at(estimate, "type"), "STREAM")
         && read_stream_name(estimate, stream);
}

class scanner {
public:
  scanner(recording& found, const row_observer& observer)
      : found_{found}, observer_{observer} {}

  result<void> add(std::string_view line) {
    recorded_line tag;
    auto message = json::parse(line, nullptr, false);
    stream_name name;
    const auto& type = member_at(message, "type");
    const auto& record = member_at(message, "record");
    if (equals(type, "RECORD") && read_record_stream(record, name)) {
      tag = {line_kind::record, index_of(name)};
      ++found_.streams[tag.stream].rows;
      if (observer_)
        observer_(tag.stream, member_at(record, "data"));
    } else if (equals(type, "STATE")) {
      const auto& state = member_at(message, "state");
      const auto& of_stream = member_at(state, "stream");
      if (!equals(member_at(state, "type"), "STREAM")
          || !read_stream_name(member_at(of_stream, "stream_descriptor"), name))
        return failure{ec::invalid_argument,
                       "line " + std::to_string(found_.lines.size() + 1)
                           + " of " + found_.path
                           + " is a STATE of no single stream"};
      tag = {line_kind::state, index_of(name)};
      auto& stream = found_.streams[tag.stream];
      stream.states.push_back({found_.lines.size() + 1, stream.rows,
                               member_at(of_stream, "stream_state")});
    } else if (equals(type, "TRACE")
               && read_trace_stream(member_at(message, "trace"), name)) {
      tag = {line_kind::trace, index_of(name)};
    }
    found_.lines.push_back(tag);
    return {};
  }

private:
  static bool read_record_stream(const json& record, stream_name& stream) {
    const auto& name = member_at(record, "stream");
    const auto& space = member_at(record, "namespace");
    if (!name.is_string() || !member_at(record, "data").is_object())
      return false;
    stream.name = name.get<std::string>();
    stream.space = space.is_string() ? space.get<std::string>() : "";
    return true;
  }

  uint32_t index_of(const stream_name& name) {
    // Joined by a dot alone, namespace `a` with name `b.c` would be the same
    // as namespace `a.b` with name `c`.
    auto key = std::to_string(name.space.size()) + ':' + to_string(name);
    auto [place, is_new] =
        indexes_.try_emplace(std::move(key), found_.streams.size());
    if (is_new)
      found_.streams.push_back({name, 0, {}});
    return place->second;
  }

  recording& found_;
  const row_observer& observer_;
  std::unordered_map<std::string, uint32_t> indexes_;
};

} // namespace

std::string to_string(const stream_name& stream) {
  return stream.space.empty() ? stream.name : stream.space + '.' + stream.name;
}

bool read_stream_name(const json& descriptor, stream_name& stream) {
  const auto& name = member_at(descriptor, "name");
  const auto& space = member_at(descriptor, "namespace");
  if (!name.is_string() || !(space.is_string() || space.is_null()))
    return false;
  stream.name = name.get<std::string>();
  stream.space = space.is_string() ? space.get<std::string>() : "";
  return true;
}

size_t recording::find(const stream_name& stream) const {
  size_t index = 0;
  while (index < streams.size() && streams[index].name != stream)
    ++index;
  return index;
}

result<recording> scan_recording(const std::string& path,
                                 const row_observer& observer) {
  auto file = line_file::open(path);
  if (!file)
    return file.error();
  recording found;
  found.path = path;
  scanner scan{found, observer};
  for (;;) {
    auto line = file->next();
    if (!line)
      return line.error();
    if (!line->has_value())
      return found;
    if (auto added = scan.add(**line); !added)
      return added.error();
  }
}

} // namespace motorcade
