#include "schema/state/given_state.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

namespace {

catalog two_streams() {
  catalog out;
  out.streams.resize(2);
  out.streams[0].id = {"public", "users"};
  out.streams[1].id = {"", "orders"};
  for (auto& stream : out.streams)
    stream.mode = sync_mode::incremental;
  return out;
}

} // namespace

TEST_CASE("a given state is made fit for the connector", "[shape]") {
  struct row {
    std::string given;
    std::string file;
    size_t changes;
  };

  const std::string of_orders =
      R"({"type":"STREAM", "stream":{"stream_descriptor":{"name":"orders"},
        "stream_state":{ "b":1.0,"a":1e400 }}})";
  const std::string tail = R"(,"stream_state":{ "x":1.0 }}})";
  const std::string head = R"({"type":"STREAM","stream":{"stream_descriptor":)";
  const std::string users = R"({"name":"users","namespace":"public"})";
  const row table[] = {
      {"", "{}", 0},
      {" \n", "{}", 0},
      {"null", "{}", 0},
      {"{}", "{}", 0},
      {"[]", "[]", 0},
      {R"({"users":{"cursor":1}})", R"({"users":{"cursor":1}})", 0},
      {"[" + of_orders + "]", "[" + of_orders + "]", 0},
      {" " + of_orders + "\n", "[" + of_orders + "]", 1},
      {R"({"type":"GLOBAL","global":{"shared_state":{}}})",
       R"([{"type":"GLOBAL","global":{"shared_state":{}}}])", 1},
      // By its key.
      {"[" + head + R"({"name":"public.users"})" + tail + "]",
       "[" + head + users + tail + "]", 1},
      {head + R"({"name":"public.users"})" + tail,
       "[" + head + users + tail + "]", 2},
      {"[" + of_orders + "," + head + R"({ "name":"public.users" })" + tail
           + "]",
       "[" + of_orders + "," + head + users + tail + "]", 1},
      {R"([{"type":"GLOBAL","global":{"stream_states":[
         {"stream_descriptor":{"name":"public.users"},"stream_state":{}}]}}])",
       R"([{"type":"GLOBAL","global":{"stream_states":[
         {"stream_descriptor":)"
           + users + R"(,"stream_state":{}}]}}])",
       1},
      // In any order.
      {R"([{"global":{"stream_states":[{"stream_descriptor":{"name":"public.users"}}]},"type":"STREAM","stream":{"stream_descriptor":{"name":"public.users"})"
           + tail + "]",
       R"([{"global":{"stream_states":[{"stream_descriptor":)" + users
           + R"(}]},"type":"STREAM","stream":{"stream_descriptor":)" + users
           + tail + "]",
       2},
      // Not by anything less.
      {"[" + head + R"({"name":"users"})" + tail + "]",
       "[" + head + R"({"name":"users"})" + tail + "]", 0},
  };
  for (const auto& [given, file, changes] : table) {
    INFO(given);
    const auto got = fit_state(given, two_streams());
    REQUIRE(got);
    CHECK(got->json == file);
    CHECK(got->changes.size() == changes);
    // The sidecar judges what the connector is given.
    CHECK(parse_state(got->json));
  }
  CHECK_FALSE(fit_state("[{}]", two_streams()));
}

TEST_CASE("a stream that the catalog lacks is reported with the nearest name",
          "[shape]") {
  auto state_of = [](const std::string& descriptor) {
    auto state = parse_state(R"([{"type":"STREAM","stream":{
      "stream_descriptor":)" + descriptor
                             + R"(,"stream_state":{}}}])");
    REQUIRE(state);
    return unknown_streams_of(*state, two_streams());
  };
  CHECK(state_of(R"({"name":"orders"})").empty());
  CHECK(state_of(R"({"name":"users","namespace":"public"})").empty());
  CHECK(
      state_of(R"({"name":"users"})")
      == std::vector<std::string>{
          R"(the state names the stream "users", which the catalog does not hold, did you mean "public.users"?)"});
  CHECK_THAT(state_of(R"({"name":"order"})").at(0),
             Catch::Matchers::EndsWith(R"(did you mean "orders"?)"));
  CHECK_THAT(state_of(R"({"name":"products"})").at(0),
             Catch::Matchers::EndsWith("does not hold"));
  CHECK_THAT(state_of(R"({"name":"public.users"})").at(0),
             Catch::Matchers::EndsWith(R"("users" of the namespace "public")"));
  const auto global = parse_state(R"([{"type":"GLOBAL","global":{
    "shared_state":{},"stream_states":[{"stream_descriptor":{"name":"order"},
    "stream_state":{}},{"stream_descriptor":{"name":"orders"},
    "stream_state":{}}]}}])");
  REQUIRE(global);
  CHECK(unknown_streams_of(*global, two_streams()).size() == 1);
}

TEST_CASE("all that a sync saved becomes one state", "[shape]") {
  struct row {
    std::vector<saved_state> saved;
    std::string state;
  };

  const std::string global = R"({"shared_state":{"x":1}})";
  const row table[] = {
      {{}, "{}"},
      {{{"users", "null"}}, "{}"},
      {{{"public.users", R"({"id":1})"}, {"orders", R"({"id":2})"}},
       R"([{"type":"STREAM","stream":{"stream_descriptor":{"name":"public.users"},"stream_state":{"id":1}}},)"
       R"({"type":"STREAM","stream":{"stream_descriptor":{"name":"orders"},"stream_state":{"id":2}}}])"},
      {{{"_GLOBAL_STATE", global}},
       R"([{"type":"GLOBAL","global":)" + global + "}]"},
      {{{"_LEGACY_STATE", R"({"users":1})"}}, R"({"users":1})"},
  };
  for (const auto& [saved, state] : table) {
    INFO(state);
    CHECK(make_whole_state(saved) == state);
  }
  // What it makes is understood where it is given.
  const auto fit = fit_state(make_whole_state(table[2].saved), two_streams());
  REQUIRE(fit);
  const auto read = parse_state(fit->json);
  REQUIRE(read);
  CHECK(read->given_alone({"public", "users"}));
  CHECK(read->given_alone({"", "orders"}));
}
