// A state of any content is read or refused in words, and what is made of it
// for the connector says the same.
#include "schema/state/given_state.hpp"

#include <cstdlib>

using namespace motorcade;

namespace {

/// Streams of common names, so that a fuzzer finds them.
catalog some_catalog() {
  catalog out;
  for (const auto* name : {"a", "users", "n.a"}) {
    auto& stream = out.streams.emplace_back();
    stream.id.name = name;
    stream.mode = sync_mode::incremental;
  }
  auto& stream = out.streams.emplace_back();
  stream.id = {"public", "users"};
  stream.mode = sync_mode::incremental;
  return out;
}

void want(bool what) {
  if (!what)
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto streams = some_catalog();
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto state = parse_state(text);
  const auto fit = fit_state(text, streams);
  want(static_cast<bool>(state) == static_cast<bool>(fit));
  if (!state) {
    want(!state.error().what.empty() && !fit.error().what.empty());
    return 0;
  }
  const auto again = parse_state(fit->json);
  want(static_cast<bool>(again));
  want(again->empty() == state->empty());
  want(again->named().size() == state->named().size());
  // Made fit once, it stays.
  const auto twice = fit_state(fit->json, streams);
  want(twice && twice->json == fit->json && twice->changes.empty());
  for (const auto& remark : unknown_streams_of(*again, streams))
    want(!remark.empty());
  return 0;
}
