// Rows that are appended are there once with states of all streams, whichever
// statement a sidecar is killed at. One suite runs it with each server.
#include "support/killed_run.hpp"
#ifdef WITH_MARIADB
#include "support/mysql_proxy.hpp"
#else
#include "support/postgres_proxy.hpp"
#endif

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace motorcade;
using namespace motorcade::test;

namespace {

#ifdef WITH_MARIADB
using warehouse = support::mysql_warehouse;

/// A proxy that kills at a statement, and tells whether it has.
class killing_proxy {
public:
  killing_proxy(unsigned number, bool after_answer, std::function<void()> kill)
      : proxy_{{number, after_answer, std::move(kill)}} {}

  std::string url(const std::string& schema) const {
    return "mysql://" + test::environment("MYSQL_USER") + ':'
           + test::environment("MYSQL_PASSWORD") + "@127.0.0.1:" + proxy_.port()
           + '/' + schema + "?sslMode=disable";
  }

  bool has_struck() const { return proxy_.has_cut(); }

private:
  support::mysql_proxy proxy_;
};
#else
using warehouse = support::postgres_warehouse;

/// A proxy that kills at a statement, and tells whether it has.
class killing_proxy {
public:
  killing_proxy(unsigned number, bool after_answer,
                std::function<void()> kill) {
    proxy_.arm({"", number, after_answer, std::move(kill)});
  }

  std::string url(const std::string& schema) const {
    return "postgres://" + test::environment("PGUSER") + ':'
           + test::environment("PGPASSWORD") + "@127.0.0.1:" + proxy_.port()
           + '/' + test::environment("PGDATABASE")
           + "?sslmode=disable&schema=" + schema;
  }

  bool has_struck() const { return proxy_.has_struck(); }

private:
  postgres_proxy proxy_;
};
#endif

/// Two streams that are appended and one that is read in full, which ends last:
/// a state of all of them is saved after its rows.
class joint_world {
public:
  explicit joint_world(state_form what) : form{std::move(what)} {
    nlohmann::json catalog = {{"streams", nlohmann::json::array()}};
    for (const auto& stream : form.streams())
      catalog["streams"].push_back(
          configured_stream(stream.c_str(), "incremental"));
    catalog["streams"].push_back(configured_stream("prices", "full_refresh"));
    world.catalog(catalog);
    world.env["STATE_OUT_FILE"] = world.folder.path("newer.json");
    // A request ends at a state behind a row as large as that.
    world.env["RETRY_BUFFER_BYTES"] = "65536";
    REQUIRE(prepared(world.env.at("DATABASE_URL"))
                ->put_states(
                    "sync", std::vector<state_row>{{form.key, form.saved(2)}}));
  }

  /// Plays rows 3 and 4, a state behind each, through a proxy that kills.
  /// @returns whether it has.
  bool play_and_kill(unsigned number, bool after_answer) {
    const killing_proxy proxy{number, after_answer, [this] {
                                world.sidecar().signal(SIGKILL);
                              }};
    world.env["BULKER_URL"] = proxy.url(tables.schema());
    world.file("state.json", form.given(2));
    world.start();
    // It may be killed before it opens its pipes.
    constexpr std::chrono::seconds patience{60};
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!proxy.has_struck()
           && (!world.has_task() || world.task().status != "RUNNING")) {
      if (std::chrono::steady_clock::now() > until)
        FAIL("the sidecar neither reads nor was killed: "
             << world.sidecar().output());
      ::poll(nullptr, 0, 10);
    }
    if (!proxy.has_struck()) {
      auto connector = world.connect();
      const auto price = record_line("prices", R"({"id":1})");
      constexpr size_t much = 40'000;
      if (connector.out(price + lines_between(form, 2, 3, much) + price)
          && connector.out(lines_between(form, 3, 4, much) + price
                           + all_complete(form)
                           + status_line("prices", "COMPLETE")))
        connector.close();
    }
    world.finish();
    return proxy.has_struck();
  }

  /// Plays the rest, up to row 6, from the state that is saved, or that the
  /// sidecar finds.
  void play_rest() {
    const auto saved = row_of(world.states().at(form.key));
    const auto newer_file = world.folder.path("newer.json");
    std::filesystem::remove(newer_file);
    world.env["BULKER_URL"] = tables.url();
    world.env["TASK_ID"] = "t2";
    world.file("state.json", form.given(saved));
    world.start();
    auto connector = world.connect();
    const auto newer = content(newer_file);
    const auto from = newer.empty() ? saved : row_of(newer);
    connector.out(lines_between(form, from, 6) + all_complete(form)
                  + record_line("prices", R"({"id":2})")
                  + status_line("prices", "COMPLETE"));
    connector.close();
    const auto ended = world.finish();
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(world.task().status == "SUCCESS");
    CHECK(world.states()
          == std::map<std::string, std::string>{{form.key, form.saved(6)}});
  }

  state_form form;
  sidecar_world world;
  filled_tables<warehouse> tables;
};

} // namespace

TEST_CASE("rows under a state of all streams come once, whichever statement a "
          "sidecar is killed at") {
  for (const auto& form : state_forms) {
    if (!form.whole)
      continue;
    // A kill behind the answer to a statement leaves what one before the next
    // statement does. The other kind of state takes the same way.
    const unsigned step = form.name == "GLOBAL" ? 2 : 12;
    for (const auto after_answer : {false, true}) {
      auto kills = 0;
      for (unsigned number = 1;; number += step, ++kills) {
        INFO(form.name << ", statement " << number
                       << (after_answer ? ", answer" : ""));
        joint_world once{form};
        if (!once.play_and_kill(number, after_answer))
          break;
        once.play_rest();
        for (const auto& stream : form.streams())
          CHECK(once.tables.ids(stream) == "3 4 5 6 ");
      }
      // How many statements there are depends on how rows fall into requests:
      // 24 or more on a machine that has time, 20 on one that had none.
      CHECK(kills >= (step == 2 ? 8 : 1));
    }
  }
}
