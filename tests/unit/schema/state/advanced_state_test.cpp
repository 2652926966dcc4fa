#include "schema/state/advanced_state.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

namespace {

const std::string global_key{global_state_key};
const std::string legacy_key{legacy_state_key};

catalog make_catalog() {
  catalog out;
  for (const auto* name : {"a", "b", "full"}) {
    auto& stream = out.streams.emplace_back();
    stream.id.name = name;
    stream.mode = sync_mode::incremental;
  }
  out.streams.back().mode = sync_mode::full_refresh;
  return out;
}

struct recovery {
  std::optional<advanced_state> advance(const std::string& given,
                                        const std::vector<state_note>& notes) {
    return advance_state(given, streams, prints, notes);
  }

  std::string print(const std::string& key, const std::string& state) const {
    return prints.of(key, state);
  }

  catalog streams = make_catalog();
  state_fingerprints prints{streams, [](std::string_view text) {
                              return std::string{text};
                            }};
};

std::string stream_state(const std::string& name, const std::string& state) {
  return R"({"type":"STREAM","stream":{"stream_descriptor":{"name":")" + name
         + R"("},"stream_state":)" + state + "}}";
}

} // namespace

TEST_CASE("states go on from their notes, each kind in its own shape") {
  recovery r;

  struct row {
    std::string what;
    std::string given;
    std::vector<state_note> notes;
    std::string json;
  };

  const auto link = [&](const std::string& key, const std::string& state) {
    return std::vector<std::string>{r.print(key, state)};
  };
  const row table[] = {
      {"STREAM",
       '[' + stream_state("a", "1") + ',' + stream_state("b", "1") + ']',
       {{"a", "2", link("a", "1")}},
       '[' + stream_state("a", "2") + ',' + stream_state("b", "1") + ']'},
      {"a number in another spelling",
       '[' + stream_state("a", "1.0") + ']',
       {{"a", "2", link("a", "1")}},
       '[' + stream_state("a", "2") + ']'},
      {"GLOBAL",
       R"([{"type":"GLOBAL","global":{"shared_state":1}}])",
       {{global_key, R"({"shared_state":2})",
         link(global_key, R"({"shared_state":1})")}},
       R"([{"type":"GLOBAL","global":{"shared_state":2}}])"},
      // A connector is not given the states of full refreshes.
      {"GLOBAL without the states of full refreshes",
       R"([{"type":"GLOBAL","global":{"shared_state":1,"stream_states":[]}}])",
       {{global_key, R"({"shared_state":2})",
         link(global_key,
              R"({"shared_state":1,"stream_states":[{"stream_descriptor":)"
              R"({"name":"full"},"stream_state":7}]})")}},
       R"([{"type":"GLOBAL","global":{"shared_state":2}}])"},
      {"LEGACY",
       R"({"x":1})",
       {{legacy_key, R"({"x":2})", link(legacy_key, R"({"x":1})")}},
       R"({"x":2})"},
      {"LEGACY as a message",
       R"([{"type":"LEGACY","data":{"x":1}}])",
       {{legacy_key, R"({"x":2})", link(legacy_key, R"({"x":1})")}},
       R"({"x":2})"},
      {"notes of two schemas",
       R"({"x":1})",
       {{legacy_key, R"({"x":3})", link(legacy_key, R"({"x":2})")},
        {legacy_key, R"({"x":2})", link(legacy_key, R"({"x":1})")}},
       R"({"x":3})"},
  };
  for (const auto& [what, given, notes, json] : table) {
    INFO(what);
    const auto newer = r.advance(given, notes);
    REQUIRE(newer);
    CHECK(newer->json == json);
  }
}

TEST_CASE("a state that is no link of a chain, or the last one, stays") {
  recovery r;
  const auto one = r.print("a", "1");

  struct row {
    std::string what;
    std::string given;
    std::vector<state_note> notes;
  };

  const row table[] = {
      {"none", "", {{"a", "2", {one}}}},
      {"reset", "{}", {{"a", "2", {one}}}},
      {"another", '[' + stream_state("a", "7") + ']', {{"a", "2", {one}}}},
      {"the last", '[' + stream_state("a", "2") + ']', {{"a", "2", {one}}}},
      {"that of another stream",
       '[' + stream_state("b", "1") + ']',
       {{"a", "2", {one}}}},
      {"another kind", R"({"a":1})", {{"a", "2", {one}}}},
      {"in a circle",
       '[' + stream_state("a", "1") + ']',
       {{"a", "1", {r.print("a", "2"), one}}}},
      {"no notes", '[' + stream_state("a", "1") + ']', {}},
  };
  for (const auto& [what, given, notes] : table) {
    INFO(what);
    CHECK_FALSE(r.advance(given, notes));
  }
}

TEST_CASE("a start without a state is a link if rows join earlier ones") {
  recovery r;
  r.streams.streams[0].generation = stream_generation{"3", "0"};
  r.prints = state_fingerprints{r.streams, [](std::string_view text) {
                                  return std::string{text};
                                }};
  const auto none = r.prints.of_none("a");
  REQUIRE(none);
  const std::vector<state_note> notes = {{"a", "2", {*none}}};
  const auto newer = r.advance("", notes);
  REQUIRE(newer);
  CHECK(newer->json == '[' + stream_state("a", "2") + ']');
  // The next generation begins anew.
  r.streams.streams[0].generation = stream_generation{"4", "0"};
  r.prints = state_fingerprints{r.streams, [](std::string_view text) {
                                  return std::string{text};
                                }};
  CHECK_FALSE(r.advance("", notes));
  // Where the rows replace the table there is nothing to go on from.
  r.streams.streams[0].generation = stream_generation{"4", "4"};
  r.prints = state_fingerprints{r.streams, [](std::string_view text) {
                                  return std::string{text};
                                }};
  CHECK_FALSE(r.prints.of_none("a"));
}

TEST_CASE("notes of two kinds from one start are ignored") {
  recovery r;
  for (auto& stream : r.streams.streams)
    stream.generation = stream_generation{"1", "0"};
  r.prints = state_fingerprints{r.streams, [](std::string_view text) {
                                  return std::string{text};
                                }};
  CHECK_FALSE(r.advance(
      "", {{"a", "2", {*r.prints.of_none("a")}},
           {legacy_key, R"({"x":2})", {*r.prints.of_none(legacy_key)}}}));
}
