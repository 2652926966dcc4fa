#include "schema/state/given_state.hpp"

#include "schema/base/excerpt.hpp"
#include "schema/base/nearest.hpp"
#include "schema/json/document_shape.hpp"
#include "schema/json/json_outline.hpp"
#include "schema/json/json_view.hpp"
#include "schema/state/stream_descriptor.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

namespace {

/// The levels down to the members of a message, by which it is known.
constexpr size_t depth_of_messages = 3;

std::string descriptor_of(const stream_id& id) {
  auto out = "{\"name\":" + encode_json_string(id.name);
  if (!id.target_namespace.empty())
    out += ",\"namespace\":" + encode_json_string(id.target_namespace);
  return out + '}';
}

/// Copies a document with some of its parts replaced.
class replacing_copy {
public:
  explicit replacing_copy(std::string_view from) : from_{from} {}

  /// @param part Of `from`; no two overlap.
  void replace(std::string_view part, std::string with) {
    parts_.emplace_back(part, std::move(with));
  }

  std::string finish() && {
    // A connector may write the members of a state in any order.
    std::sort(parts_.begin(), parts_.end(), [](const auto& a, const auto& b) {
      return a.first.data() < b.first.data();
    });
    std::string out;
    size_t done = 0;
    for (const auto& [part, with] : parts_) {
      const auto at = static_cast<size_t>(part.data() - from_.data());
      out += from_.substr(done, at - done);
      out += with;
      done = at + part.size();
    }
    return out + std::string{from_.substr(done)};
  }

private:
  std::string_view from_;
  std::vector<std::pair<std::string_view, std::string>> parts_;
};

/// Finds streams that are called by their keys.
class descriptor_fitter {
public:
  descriptor_fitter(std::string_view json, const catalog& configured)
      : copy_{json}, configured_{configured} {}

  /// @param holder What has a `stream_descriptor`.
  void fit(json_view holder) {
    const auto named = stream_described_in(holder);
    if (!named || configured_.find(*named) != nullptr)
      return;
    const auto& id = *named;
    // No two streams of a catalog have the same key.
    const auto& streams = configured_.streams;
    const auto meant =
        std::find_if(streams.begin(), streams.end(), [&](const auto& stream) {
          return stream.id.key() == id.key();
        });
    if (meant == streams.end())
      return;
    copy_.replace(holder.find("stream_descriptor")->raw(),
                  descriptor_of(meant->id));
    changes.push_back("the state of " + excerpt(id.key())
                      + " is taken for that of the stream "
                      + excerpt(meant->id.name) + " of the namespace "
                      + excerpt(meant->id.target_namespace));
  }

  std::string finish() && { return std::move(copy_).finish(); }

  std::vector<std::string> changes;

private:
  replacing_copy copy_;
  const catalog& configured_;
};

} // namespace

result<given_state> fit_state(std::string_view json,
                              const catalog& configured) {
  const auto state = parse_state(json);
  if (!state)
    return state.error();
  given_state out;
  const auto outline = read_json(json, depth_of_messages);
  // The text is blank, or null.
  if (!outline || outline->kind == json_kind::null) {
    out.json = "{}";
    return out;
  }
  out.json = json;
  if (outline->kind == json_kind::object) {
    if (!is_state_message(*outline))
      return out;
    out.json = '[' + std::string{json_view{json}.raw()} + ']';
    out.changes.emplace_back(
        "the state is one message of the protocol and was put into an array, "
        "as connectors want it");
  }
  descriptor_fitter fitter{out.json, configured};
  json_view{out.json}.for_each_element([&](json_view from) {
    if (auto stream = from.find("stream"))
      fitter.fit(*stream);
    if (auto global = from.find("global"))
      if (auto states = global->find("stream_states"))
        states->for_each_element([&](json_view one) { fitter.fit(one); });
  });
  out.changes.insert(out.changes.end(), fitter.changes.begin(),
                     fitter.changes.end());
  if (!fitter.changes.empty())
    out.json = std::move(fitter).finish();
  return out;
}

std::vector<std::string> unknown_streams_of(const connector_state& state,
                                            const catalog& configured) {
  std::vector<std::string> keys;
  for (const auto& stream : configured.streams)
    keys.push_back(stream.id.key());
  std::vector<std::string> out;
  for (const auto& id : state.named()) {
    if (configured.find(id) != nullptr)
      continue;
    auto said = "the state names the stream " + excerpt(id.key())
                + ", which the catalog does not hold";
    const auto same = std::find(keys.begin(), keys.end(), id.key());
    if (same == keys.end()) {
      said += did_you_mean(id.key(), keys);
    } else {
      const auto index = static_cast<size_t>(same - keys.begin());
      const auto& other = configured.streams[index].id;
      said += " so; it has " + excerpt(other.name) + " of the namespace "
              + excerpt(other.target_namespace);
    }
    out.push_back(std::move(said));
  }
  return out;
}

std::string make_whole_state(std::span<const saved_state> saved) {
  // The catalog needs one stream at least, or a state of all streams would be
  // dropped.
  catalog every;
  for (const auto& one : saved) {
    auto& stream = every.streams.emplace_back();
    // These two keys are kinds of states, not streams.
    if (one.key != global_state_key && one.key != legacy_state_key)
      stream.id.name = one.key;
    stream.mode = sync_mode::incremental;
  }
  return make_state_file(saved, every);
}

} // namespace motorcade
