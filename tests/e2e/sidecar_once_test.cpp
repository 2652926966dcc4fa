// Rows that are appended are there once, also if a sidecar is killed between
// their commit and the saving of their state. One suite runs it with each
// server.
#include "runtime/database/database_url.hpp"
#include "support/killed_run.hpp"

#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace motorcade;
using namespace motorcade::test;

namespace {

/// A sidecar beside a connector, as in a Pod, and a warehouse.
template <class Warehouse>
class once_world {
public:
  explicit once_world(state_form what) : form{std::move(what)} {
    json catalog = {{"streams", json::array()}};
    for (const auto& stream : form.streams())
      catalog["streams"].push_back(
          configured_stream(stream.c_str(), "incremental"));
    world.catalog(catalog);
    world.env["BULKER_URL"] = tables.url();
    world.env["STATE_OUT_FILE"] = world.folder.path("newer.json");
    REQUIRE(prepared(world.env.at("DATABASE_URL"))
                ->put_states(
                    "sync", std::vector<state_row>{{form.key, form.saved(2)}}));
  }

  /// Plays the rows 3 and 4 from the state behind 2, with one state or one
  /// behind each, and kills the sidecar once they are in the tables.
  void kill_before_states(bool two_states) {
    give(form.given(2));
    auto& sidecar = world.start();
    auto connector = world.connect();
    REQUIRE(world.await("SELECT status FROM source_task", "RUNNING"));
    {
      const auto path = parse_sqlite_url(world.env.at("DATABASE_URL"));
      REQUIRE(path);
      const held_file held{*path};
      // A request ends at its state past 8 MiB.
      constexpr size_t much = 9u << 20;
      connector.out(two_states ? lines_between(form, 2, 3, much)
                                     + lines_between(form, 3, 4)
                               : lines_between(form, 2, 4));
      connector.out(all_complete(form));
      for (const auto& stream : form.streams())
        REQUIRE(tables.await(stream, "3 4 ") == "3 4 ");
      sidecar.signal(SIGKILL);
      world.finish();
    }
    REQUIRE(world.states() == saved_at(2));
  }

  /// Plays the rest, up to row 6, from the state that the connector is told.
  /// @returns the row behind which that one stands.
  int play_rest(const std::string& given, const std::string& task = "t2") {
    give(given);
    world.env["TASK_ID"] = task;
    world.start();
    auto connector = world.connect();
    const auto newer = content(world.folder.path("newer.json"));
    const auto from = row_of(newer.empty() ? given : newer);
    connector.out(lines_between(form, from, 6) + all_complete(form));
    connector.close();
    const auto ended = world.finish();
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(world.task().status == "SUCCESS");
    CHECK(world.states() == saved_at(6));
    CHECK(tables.notes() == "0");
    return from;
  }

  std::map<std::string, std::string> saved_at(int at) const {
    return {{form.key, form.saved(at)}};
  }

  void give(const std::string& state) { world.file("state.json", state); }

  state_form form;
  sidecar_world world;
  filled_tables<Warehouse> tables;

private:
  using json = nlohmann::json;
};

} // namespace

TEMPLATE_LIST_TEST_CASE("a sidecar that was killed before a state was saved "
                        "brings no row twice and loses none",
                        "", support::warehouses) {
  for (const auto& form : state_forms)
    for (const auto two_states : {false, true}) {
      INFO(form.name << (two_states ? ", two states" : ", one state"));
      once_world<TestType> once{form};
      once.kill_before_states(two_states);
      CHECK(once.play_rest(form.given(2)) == 4);
      for (const auto& stream : form.streams())
        CHECK(once.tables.ids(stream) == "3 4 5 6 ");
      CHECK(once.world.logged("the state was kept beside the rows"));
    }
}

TEMPLATE_LIST_TEST_CASE("a run that is killed before it begins is made up for "
                        "by the next one",
                        "", support::warehouses) {
  for (const auto& form : state_forms) {
    INFO(form.name);
    once_world<TestType> once{form};
    once.kill_before_states(false);
    auto& sidecar = once.world.start();
    { const auto connector = once.world.connect(); }
    sidecar.signal(SIGKILL);
    once.world.finish();
    // The state is saved by now: whoever asks for it goes on from there.
    CHECK(once.world.states() == once.saved_at(4));
    std::filesystem::remove(once.world.folder.path("newer.json"));
    CHECK(once.play_rest(form.given(4)) == 4);
    for (const auto& stream : form.streams())
      CHECK(once.tables.ids(stream) == "3 4 5 6 ");
  }
}

TEMPLATE_LIST_TEST_CASE(
    "a state that a person resets or sets is taken as it is", "",
    support::warehouses) {
  struct row {
    std::string what;
    std::string given;
    int from;
    std::string ids;
  };

  for (const auto& form : state_forms)
    for (const auto& [what, given, from, ids] :
         {// Without a state the tables are replaced.
          row{"reset", "{}", 0, "1 2 3 4 5 6 "},
          row{"an older one", form.given(1), 1, "2 3*2 4*2 5 6 "},
          row{"the last one", form.given(4), 4, "3 4 5 6 "}}) {
      INFO(form.name << ", " << what);
      once_world<TestType> once{form};
      once.kill_before_states(false);
      CHECK(once.play_rest(given) == from);
      for (const auto& stream : form.streams())
        CHECK(once.tables.ids(stream) == ids);
    }
}

TEMPLATE_LIST_TEST_CASE("FULL_SYNC ignores the states that a killed run left",
                        "", support::warehouses) {
  for (const auto& form : state_forms) {
    INFO(form.name);
    once_world<TestType> once{form};
    once.kill_before_states(false);
    once.world.env["FULL_SYNC"] = "true";
    CHECK(once.play_rest("{}") == 0);
    for (const auto& stream : form.streams())
      CHECK(once.tables.ids(stream) == "1 2 3 4 5 6 ");
  }
}

TEMPLATE_LIST_TEST_CASE("a connector that cannot be given another state brings "
                        "the rows again, and a warning says so",
                        "", support::warehouses) {
  once_world<TestType> once{state_forms.front()};
  once.kill_before_states(false);
  once.world.env.erase("STATE_OUT_FILE");
  CHECK(once.play_rest(once.form.given(2)) == 2);
  CHECK(once.tables.ids("users") == "3*2 4*2 5 6 ");
  CHECK(once.world.logged("(STATE_OUT_FILE)"));
}
