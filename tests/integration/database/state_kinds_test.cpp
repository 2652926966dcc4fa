// Which saved states end when another one is saved, in both databases.

#include "schema/state/saved_states.hpp"
#include "support/database_world.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;

namespace {

world_ptr any_world() {
  return GENERATE(&postgres_world, &sqlite_world)();
}

void check(const result<void>& outcome) {
  INFO((outcome ? "" : outcome.error().what));
  CHECK(outcome);
}

} // namespace

TEST_CASE("the newest kind of state counts") {
  using rows = std::vector<state_row>;
  const std::string global{global_state_key};
  const std::string legacy{legacy_state_key};

  struct rule {
    std::string what;
    std::vector<rows> writes;
    std::string left;
  };

  auto r = GENERATE_COPY(
      rule{"STREAM ends GLOBAL and LEGACY",
           {{{global, "1"}}, {{"a", "2"}}},
           "a=2 "},
      rule{"STREAM leaves the other streams",
           {{{"a", "1"}}, {{"b", "2"}}},
           "a=1 b=2 "},
      rule{"GLOBAL ends STREAM",
           {{{"a", "1"}, {"b", "1"}}, {{global, "2"}}},
           "_GLOBAL_STATE=2 "},
      rule{"GLOBAL ends LEGACY",
           {{{legacy, "1"}}, {{global, "2"}}},
           "_GLOBAL_STATE=2 "},
      rule{"LEGACY ends GLOBAL",
           {{{global, "1"}}, {{legacy, "2"}}},
           "_LEGACY_STATE=2 "},
      rule{"LEGACY ends STREAM",
           {{{"a", "1"}}, {{legacy, "2"}}},
           "_LEGACY_STATE=2 "},
      rule{"several kinds at once, in their order",
           {{{"a", "1"}}, {{"b", "2"}, {global, "3"}, {"c", "4"}, {"d", "5"}}},
           "c=4 d=5 "},
      rule{"one of a stream behind others",
           {{{"a", "1"}, {"b", "2"}, {global, "3"}, {legacy, "4"}}},
           "_LEGACY_STATE=4 "},
      rule{"a state that supersedes nothing",
           {{{global, "1"}}, {{"full", "2", false}}},
           "_GLOBAL_STATE=1 full=2 "},
      rule{"one that supersedes nothing, before one of all streams",
           {{{"full", "1", false}, {global, "2"}}},
           "_GLOBAL_STATE=2 "},
      rule{"one that supersedes nothing, between two of all streams",
           {{{global, "1"}, {"full", "2", false}, {legacy, "3"}}},
           "_LEGACY_STATE=3 "},
      rule{"one that supersedes nothing, behind one of all streams",
           {{{legacy, "1"}, {"full", "2", false}, {"a", "3"}}},
           "a=3 full=2 "},
      rule{"a reset is a state as well",
           {{{global, "1"}}, {{"a", "null"}}},
           "a=null "});
  CAPTURE(r.what);
  auto world = any_world();
  auto database = prepared(world->url());
  check(database->put_states("other", rows{{global, "7"}, {"x", "7", false}}));
  for (const auto& write : r.writes)
    check(database->put_states("sync", write));
  auto read = [&](const std::string& sync) {
    std::string all;
    auto states = database->states(sync);
    REQUIRE(states);
    for (const auto& state : *states)
      all += state.stream + "=" + state.state + " ";
    return all;
  };
  CHECK(read("sync") == r.left);
  CHECK(read("other") == "_GLOBAL_STATE=7 x=7 ");
}

TEST_CASE("a kind of state that is refused ends nothing") {
  auto world = any_world();
  auto database = prepared(world->url());
  check(database->put_states("sync", std::vector<state_row>{{"a", "1"}}));
  // Postgres refuses it; SQLite takes every byte.
  auto written = database->put_states(
      "sync", std::vector<state_row>{
                  {std::string{global_state_key}, R"({"x":"\u0000"})"}});
  auto states = database->states("sync");
  REQUIRE(states);
  REQUIRE(states->size() == 1);
  CHECK((*states)[0].stream == (written ? global_state_key : "a"));
}
