#include "chaos/played_sync.hpp"

#include <algorithm>
#include <utility>

namespace motorcade::test {

using nlohmann::json;

void require(bool kept, const std::string& promise) {
  if (!kept)
    throw broken_promise{promise};
}

played_sync::played_sync(std::vector<played_stream> streams, state_kind kind,
                         uint64_t goal, uint64_t rows_per_state)
    : streams_{std::move(streams)},
      kind_{kind},
      goal_{goal},
      rows_per_state_{rows_per_state} {}

std::string played_sync::key(size_t stream) const {
  const auto& name = streams_[stream].name;
  return name.target_namespace.empty()
             ? name.name
             : name.target_namespace + "." + name.name;
}

played_sync::positions
played_sync::saved(const std::map<std::string, std::string>& states) const {
  positions out(streams_.size(), 0);
  for (const auto& [name, text] : states) {
    auto state = json::parse(text);
    if (name == "_GLOBAL_STATE")
      state = state["shared_state"];
    for (size_t s = 0; s < streams_.size(); ++s) {
      if (streams_[s].full_refresh)
        continue;
      if (name == "_GLOBAL_STATE" || name == "_LEGACY_STATE")
        out[s] = state[key(s)].get<uint64_t>();
      else if (name == key(s))
        // `null`: the table was replaced, and its next run begins anew.
        out[s] = state.is_null() ? 0 : state["n"].get<uint64_t>();
    }
  }
  return out;
}

bool played_sync::is_all(const positions& at) const {
  for (size_t s = 0; s < streams_.size(); ++s)
    if (!streams_[s].full_refresh && at[s] != goal_)
      return false;
  return true;
}

json played_sync::shared_state(const positions& at) const {
  json out;
  for (size_t s = 0; s < streams_.size(); ++s)
    if (!streams_[s].full_refresh)
      out[key(s)] = at[s];
  return out;
}

std::string played_sync::state_file(const positions& from) const {
  auto file = json::array();
  const auto any =
      std::any_of(from.begin(), from.end(), [](uint64_t n) { return n > 0; });
  if (any && kind_ == state_kind::global)
    file.push_back({{"type", "GLOBAL"},
                    {"global",
                     {{"shared_state", shared_state(from)},
                      {"stream_states", json::array()}}}});
  if (any && kind_ == state_kind::legacy)
    return shared_state(from).dump();
  for (size_t s = 0; kind_ == state_kind::stream && s < from.size(); ++s) {
    if (from[s] == 0)
      continue;
    json descriptor = {{"name", streams_[s].name.name}};
    if (!streams_[s].name.target_namespace.empty())
      descriptor["namespace"] = streams_[s].name.target_namespace;
    file.push_back({{"type", "STREAM"},
                    {"stream",
                     {{"stream_descriptor", descriptor},
                      {"stream_state", {{"n", from[s]}}}}}});
  }
  return file.dump();
}

uint64_t played_sync::rows_after(const positions& from) const {
  uint64_t out = 0;
  for (const auto n : from)
    out += goal_ - n;
  return out;
}

std::string played_sync::state_of(size_t stream, const positions& at) const {
  switch (kind_) {
  case state_kind::stream:
    return state_line(streams_[stream].name,
                      R"({"n":)" + std::to_string(at[stream]) + "}");
  case state_kind::global:
    return global_state_line(R"("shared_state":)" + shared_state(at).dump()
                             + R"(,"stream_states":[])");
  case state_kind::legacy:
    break;
  }
  return legacy_state_line(shared_state(at).dump());
}

bool played_sync::print(pipe_writer& pipes, const script& how) const {
  auto at = how.from;
  std::mt19937 random{how.seed};
  for (uint64_t written = 0;; ++written) {
    if (!how.lives(written))
      return false;
    std::vector<size_t> left;
    for (size_t s = 0; s < at.size(); ++s)
      if (at[s] < goal_)
        left.push_back(s);
    if (left.empty())
      break;
    const auto s = left[random() % left.size()];
    ++at[s];
    auto line = record_line(streams_[s].name, how.row(s, at[s]));
    if (!streams_[s].full_refresh
        && (at[s] % rows_per_state_ == 0 || at[s] == goal_))
      line += state_of(s, at);
    if (!pipes.out(line))
      return false;
  }
  for (const auto& stream : streams_)
    if (!pipes.out(status_line(stream.name, "COMPLETE")))
      return false;
  return true;
}

} // namespace motorcade::test
