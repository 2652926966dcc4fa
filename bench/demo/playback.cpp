#include "bench/demo/playback.hpp"

#include "bench/demo/line_file.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace motorcade {

namespace {

using nlohmann::json;
using steady = std::chrono::steady_clock;

bool has_value(const std::vector<recorded_state>& states, size_t from,
               const json& value) {
  return std::any_of(states.begin() + static_cast<ptrdiff_t>(from),
                     states.end(),
                     [&](const auto& state) { return state.value == value; });
}

/// Finds the line of the STATE that ends a stream's first part.
std::optional<uint64_t> first_part_end(const recorded_stream& stream) {
  const auto& states = stream.states;
  if (states.size() < 2)
    return std::nullopt;
  for (size_t i = states.size(); i-- > 0;) {
    auto before = states[i].rows_before;
    bool leaves_enough = (stream.rows - before) * 5 >= stream.rows;
    // A cut at a state that comes again would be resumed at the later place,
    // and the records between the two would be lost.
    if (before > 0 && leaves_enough
        && !has_value(states, i + 1, states[i].value))
      return states[i].line;
  }
  return std::nullopt;
}

std::optional<uint64_t> last_equal(const recorded_stream& stream,
                                   const json& value) {
  for (auto state = stream.states.rbegin(); state != stream.states.rend();
       ++state)
    if (state->value == value)
      return state->line;
  return std::nullopt;
}

/// Holds records back to a rate. Records that are due within the same few
/// milliseconds leave together: a system call each would cost more than it
/// shows.
class pacer {
public:
  pacer(std::optional<double> rows_per_second, message_writer& out)
      : rate_{rows_per_second}, out_{out} {}

  /// Waits until the record that comes after `rows` others is due.
  result<void> wait(uint64_t rows) {
    if (!rate_)
      return {};
    if (rows == 0)
      start_ = steady::now();
    auto due =
        start_
        + std::chrono::duration_cast<steady::duration>(
            std::chrono::duration<double>(static_cast<double>(rows) / *rate_));
    if (due - steady::now() < std::chrono::milliseconds(5))
      return {};
    auto flushed = out_.flush();
    if (flushed)
      std::this_thread::sleep_until(due);
    return flushed;
  }

private:
  std::optional<double> rate_;
  message_writer& out_;
  steady::time_point start_;
};

bool plays(const recorded_line& tag, uint64_t number,
           const std::vector<stream_range>& plan) {
  if (tag.kind == line_kind::other)
    return true;
  const auto& range = plan[tag.stream];
  if (tag.kind == line_kind::trace || !range.selected)
    return range.selected;
  return number > range.after && number <= range.through;
}

failure changed(const recording& source) {
  return {ec::system_failed, source.path + " changed while it was played"};
}

} // namespace

result<std::vector<selected_stream>> read_catalog(const json& catalog) {
  std::vector<selected_stream> selected;
  if (!catalog.is_object() || !catalog.contains("streams")
      || !catalog["streams"].is_array())
    return failure{ec::invalid_catalog,
                   "the catalog has no array named streams"};
  for (const auto& entry : catalog["streams"]) {
    selected_stream stream;
    if (!entry.is_object() || !entry.contains("stream")
        || !read_stream_name(entry["stream"], stream.name))
      return failure{ec::invalid_catalog,
                     "an entry of the catalog names no stream"};
    auto mode = entry.find("sync_mode");
    if (mode == entry.end()
        || (*mode != "incremental" && *mode != "full_refresh"))
      return failure{ec::invalid_catalog,
                     "sync_mode of stream " + to_string(stream.name)
                         + " is neither incremental nor full_refresh"};
    stream.incremental = *mode == "incremental";
    selected.push_back(std::move(stream));
  }
  return selected;
}

result<std::vector<played_state>> read_states(const json& states) {
  std::vector<played_state> saved;
  if (states.is_null() || (states.is_object() && states.empty()))
    return saved;
  if (!states.is_array())
    return failure{ec::invalid_argument,
                   "the state is not an array of state messages"};
  for (const auto& message : states) {
    played_state state;
    if (!message.is_object() || message.value("type", json{}) != "STREAM"
        || !message.contains("stream") || !message["stream"].is_object()
        || !message["stream"].contains("stream_descriptor")
        || !read_stream_name(message["stream"]["stream_descriptor"],
                             state.stream))
      return failure{ec::invalid_argument,
                     "the state holds what is no message of type STREAM"};
    state.value = message["stream"].value("stream_state", json{});
    if (state.value.is_null() || state.value == json::object())
      continue;
    saved.push_back(std::move(state));
  }
  return saved;
}

result<std::vector<stream_range>>
plan_playback(const recording& source,
              const std::vector<selected_stream>& selected,
              const std::vector<played_state>& states, bool whole) {
  std::vector<stream_range> plan(source.streams.size());
  for (const auto& [name, incremental] : selected) {
    auto index = source.find(name);
    if (index == plan.size())
      return failure{ec::invalid_catalog, "stream " + to_string(name)
                                              + " of the catalog is not in "
                                              + source.path};
    const auto& stream = source.streams[index];
    auto& range = plan[index];
    range.selected = true;
    if (!incremental)
      continue;
    auto saved =
        std::find_if(states.begin(), states.end(), [&](const auto& state) {
          return state.stream == stream.name;
        });
    if (saved != states.end()) {
      auto line = last_equal(stream, saved->value);
      if (!line)
        return failure{ec::invalid_argument,
                       "the state of stream " + to_string(name)
                           + " is none of those in " + source.path};
      range.after = *line;
    } else if (auto end = first_part_end(stream); end && !whole) {
      range.through = *end;
    }
  }
  return plan;
}

uint64_t rows_in(const recorded_stream& stream, const stream_range& range) {
  if (!range.selected)
    return 0;
  // A range begins and ends at a state, or at the ends of the recording.
  uint64_t before = 0;
  auto through = stream.rows;
  for (const auto& state : stream.states) {
    if (state.line == range.after)
      before = state.rows_before;
    if (state.line == range.through)
      through = state.rows_before;
  }
  return through - before;
}

result<playback_outcome> play(const recording& source,
                              const std::vector<stream_range>& plan,
                              const playback_settings& settings,
                              message_writer& out) {
  auto file = line_file::open(source.path);
  if (!file)
    return file.error();
  playback_outcome outcome;
  pacer pace{settings.rows_per_second, out};
  while (!outcome.stopped) {
    auto line = file->next();
    if (!line)
      return line.error();
    if (!line->has_value())
      break;
    auto number = file->line_number();
    if (number > source.lines.size())
      return changed(source);
    const auto& tag = source.lines[number - 1];
    if (!plays(tag, number, plan))
      continue;
    if (tag.kind == line_kind::record) {
      if (auto waited = pace.wait(outcome.rows); !waited)
        return waited.error();
      ++outcome.rows;
      outcome.stopped = outcome.rows == settings.stop_after_rows;
    }
    if (auto written = out.line(**line); !written)
      return written.error();
  }
  if (!outcome.stopped && file->line_number() != source.lines.size())
    return changed(source);
  if (auto flushed = out.flush(); !flushed)
    return flushed.error();
  return outcome;
}

} // namespace motorcade
