#include "schema/state/stream_descriptor.hpp"

namespace motorcade {

std::optional<stream_id> stream_described_in(json_view holder) {
  const auto descriptor = holder.find("stream_descriptor");
  if (!descriptor)
    return std::nullopt;
  stream_id out;
  if (const auto name = descriptor->find("name"))
    out.name = name->text();
  if (const auto space = descriptor->find("namespace"))
    out.target_namespace = space->text();
  return out;
}

std::vector<stream_id> streams_of_global_state(std::string_view global) {
  std::vector<stream_id> out;
  if (const auto states = json_view{global}.find("stream_states"))
    states->for_each_element([&](json_view one) {
      if (auto id = stream_described_in(one))
        out.push_back(std::move(*id));
    });
  return out;
}

} // namespace motorcade
