#include "schema/state/state_chains.hpp"

#include "schema/json/canonical_json.hpp"
#include "schema/lines/message.hpp"
#include "schema/state/connector_state.hpp"
#include "schema/state/saved_states.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace motorcade {

namespace {

/// The most states of one key that may wait for the database, so that a note
/// stays small while the database is away. Beyond this the links between the
/// oldest and the newest are forgotten: the database was asked to hold the
/// newest.
constexpr size_t most_links = 1'000;

/// @returns the generation of a stream whose rows join earlier ones, though no
/// state was given; empty: they replace them.
std::string appended_generation(const catalog_stream& stream) {
  if (stream.mode != sync_mode::incremental || !stream.generation
      || stream.generation->replaces())
    return {};
  return stream.id.key() + ' ' + stream.generation->id + '\n';
}

} // namespace

state_fingerprints::state_fingerprints(
    catalog streams, std::function<std::string(std::string_view)> digest)
    : streams_{std::move(streams)}, digest_{std::move(digest)} {}

std::string state_fingerprints::of(std::string_view key,
                                   std::string_view state) const {
  // Of a GLOBAL state only the part that a connector is given counts.
  return digest_(key == global_state_key
                     ? canonical_json(without_full_refreshes(state, streams_))
                     : canonical_json(state));
}

std::optional<std::string>
state_fingerprints::of_none(std::string_view key) const {
  std::string generations;
  const auto whole = kind_of_state(key) != state_kind::stream;
  for (const auto& stream : streams_.streams)
    if (whole || stream.id.key() == key)
      generations += appended_generation(stream);
  if (generations.empty())
    return std::nullopt;
  return digest_("no state\n" + generations);
}

void state_chains::keep(std::string key, std::optional<std::string> given) {
  auto& links = links_[std::move(key)];
  links.clear();
  if (given)
    links.push_back(std::move(*given));
}

void state_chains::pass(const std::string& key, const std::string& print) {
  const auto chain = links_.find(key);
  if (chain == links_.end())
    return;
  auto& links = chain->second;
  std::erase(links, print);
  links.push_back(print);
  if (links.size() > most_links)
    links.erase(links.begin() + 1);
}

void state_chains::note_saved(const std::string& key,
                              const std::string& print) {
  const auto chain = links_.find(key);
  if (chain == links_.end())
    return;
  auto& links = chain->second;
  if (const auto at = std::find(links.begin(), links.end(), print);
      at != links.end())
    links.erase(links.begin(), at);
}

} // namespace motorcade
