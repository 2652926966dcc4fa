// `sidecar run` and the places, options and syncs that people give it.

#include "support/scripted_run.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

using namespace motorcade::test;
using namespace std::chrono_literals;

TEST_CASE("a second run of a sync ends at once and names the first") {
  table at;
  auto fifo = at.folder.path("go");
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  // It ends once somebody writes into the pipe.
  at.script("echo '" + record(1) + "'\necho started > "
            + at.folder.path("started") + "\n"
            + R"(echo '{"type":"LOG","log":{"level":"INFO","message":"here"}}')"
            + "\ncat " + fifo + " > /dev/null\necho '" + saved(1) + "'");
  watched_program first{at.words(), at.env};
  REQUIRE(first.await("here"));
  auto second = at.run();
  INFO(second.err);
  CHECK(second.exit_code == 75);
  CHECK(holds(second.err, "runs already, as task "));
  CHECK(holds(second.err, "process " + std::to_string(first.pid()) + ","));
  CHECK(holds(second.err, "--wait"));
  // Another sync is in nobody's way.
  auto apart = at.env;
  apart["TABLE_NAME_PREFIX"] = "other_";
  watched_program other{at.words({"--sync-id", "other"}), apart};
  SECTION("another sync runs beside it, and one that waits comes after") {
    REQUIRE(other.await("here"));
    watched_program waits{at.words({"--wait"}), at.env};
    REQUIRE(waits.await("waiting: "));
    // Whoever reads the pipe: the two that run, then the one that waited.
    while (!first.ended() || !other.ended() || !waits.ended()) {
      // It can be opened while somebody reads.
      auto writer = ::open(fifo.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
      if (writer >= 0)
        ::close(writer);
      ::poll(nullptr, 0, 10);
    }
    CHECK(first.finish().exit_code == 0);
    CHECK(other.finish().exit_code == 0);
    auto last = waits.finish();
    INFO(last.err);
    CHECK(last.exit_code == 0);
    CHECK(holds(last.err, "going on from"));
  }
  SECTION("a killed run leaves the sync to the next") {
    first.signal(SIGKILL);
    first.finish();
    at.says({record(2), saved(2)});
    auto next = at.run();
    INFO(next.err);
    CHECK(next.exit_code == 0);
  }
}

TEST_CASE("places are plain paths or URLs, and a wrong one is named") {
  table at;
  at.says({record(1), saved(1)});
  auto folder = at.folder.path("a folder");
  std::filesystem::create_directory(folder);
  auto first = at.run();
  INFO(first.err);
  CHECK(first.exit_code == 0);
  CHECK(at.rows() == 1);
  CHECK(std::filesystem::exists(at.folder.path("x.db")));

  struct row {
    std::vector<std::string> words;
    std::string says;
  };

  const std::string discover = "--command=discover";
  const row table[] = {
      {{"--to", "ftp://somewhere"}, "--to: "},
      {{"--to", at.folder.path("config.json")}, "--to: "},
      {{"--database", "mysql://me:hush@here/db"}, "--database: "},
      {{"--database", "sqlite://relative.db"}, "--database: "},
      {{"--database", folder}, "--database: "},
      {{"--config-out", folder}, "--config-out: "},
      {{"--config-out", at.folder.path("none/config.json")},
       "--config-out: there is no folder"},
      {{discover, "--save-catalog", folder}, "--save-catalog: "},
      {{discover, "--save-catalog", at.folder.path("none/c.json")},
       "--save-catalog: there is no folder"},
      {{"--config", at.folder.write("bad.json", "{")}, "--config: "},
      {{"--config", at.folder.write("list.json", "[]")}, "--config: "},
      {{"--catalog", at.folder.write("bad2.json", "{,}")}, "--catalog: "},
      {{"--config", at.folder.write("bom.json", "\xEF\xBB\xBF{}")},
       "byte order mark"},
  };
  std::filesystem::remove(at.folder.path("started"));
  for (const auto& [words, says] : table) {
    INFO(words[0] << ' ' << words[1]);
    // The last of an option that is given twice would count, so leave out ours.
    auto all = at.words();
    for (size_t i = 0; i < all.size(); ++i)
      if (all[i] == words[0] || (words[0] == discover && all[i] == "--to"))
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(i),
                  all.begin() + static_cast<std::ptrdiff_t>(i) + 2);
    all.insert(all.begin() + 2, words.begin(), words.end());
    auto ended = watched_program{all, at.env}.finish();
    INFO(ended.err);
    CHECK(ended.exit_code == 2);
    CHECK(holds(ended.err, says));
    CHECK_FALSE(holds(ended.err, "hush"));
    CHECK_FALSE(at.started());
  }
}

TEST_CASE("a URL that is nearly one is no folder, and is not repeated") {
  table at;
  at.says({record(1)});
  const std::vector<std::string> nearly = {
      "postgres:/me:hushhush@h/db",
      "POSTGRES:/me:hushhush@h/db",
      "postgresql:me:hushhush@h/db",
      "mysql:/me:hushhush@h/db",
      "http:/me:hushhush@h",
      "s3:/bucket/hushhush",
      "clickhouse:/me:hushhush@h",
      "host=h user=me password=hushhush",
      "postgres://me:hushhush/x@h:1/db",
  };
  for (const auto* option : {"--to", "--database"})
    for (const auto& url : nearly) {
      INFO(option << ' ' << url);
      const auto ended = at.run({option, url});
      INFO(ended.out << ended.err);
      CHECK(ended.exit_code != 0);
      CHECK_FALSE(holds(ended.out + ended.err, "hushhush"));
      CHECK_FALSE(at.started());
    }
}

TEST_CASE("all wrong options are reported at once") {
  table at;
  at.says({record(1)});
  auto folder = at.folder.path("folder");
  std::filesystem::create_directory(folder);

  struct mistake {
    std::vector<std::string> words;
    std::string says;
  };

  const std::vector<mistake> mistakes = {
      {{"--to", "ftp://hush"}, "--to: must be a folder"},
      {{"--database", folder}, "--database: "},
      {{"--config", at.folder.write("bad-config.json", "{")}, "--config: "},
      {{"--catalog", at.folder.path("no-catalog.json")},
       "--catalog: there is no file "},
      {{"--state", at.folder.write("bad-state.json", "[{]")}, "--state: "},
      {{"--destination-config", at.folder.write("bad-to.json", "[]")},
       "--destination-config: "},
      {{"--config-out", folder}, "--config-out: "},
      {{"--save-catalog", at.folder.path("c.json")},
       "--save-catalog is for discover"},
      {{"--select", "users"}, "--select needs --save-catalog"},
      {{"--env", "NO_SUCH_VARIABLE"}, "--env NO_SUCH_VARIABLE: "},
      {{"--env", "NEITHER_THIS"}, "--env NEITHER_THIS: "},
  };
  for (size_t i = 0; i < mistakes.size(); ++i)
    for (size_t j = i + 1; j < mistakes.size(); ++j) {
      auto given = mistakes[i].words;
      given.insert(given.end(), mistakes[j].words.begin(),
                   mistakes[j].words.end());
      // Together these two are no mistake.
      if (mistakes[i].words[0] == "--save-catalog"
          && mistakes[j].words[0] == "--select")
        continue;
      // The last of an option counts.
      std::vector<std::string> words = {SIDECAR, "run"};
      for (const auto& [option, value] :
           std::vector<std::pair<std::string, std::string>>{
               {"--config", at.folder.path("config.json")},
               {"--catalog", at.folder.path("catalog.json")},
               {"--to", at.folder.path("out")},
               {"--database", at.folder.path("x.db")}})
        if (std::find(given.begin(), given.end(), option) == given.end())
          words.insert(words.end(), {option, value});
      words.insert(words.end(), given.begin(), given.end());
      words.insert(words.end(), {"--", at.folder.path("connector")});
      auto env = at.env;
      env["MAX_LINE_BYTES"] = "many";
      auto ended = watched_program{words, env}.finish();
      INFO(ended.err);
      CHECK(ended.exit_code == 2);
      CHECK(holds(ended.err, mistakes[i].says));
      CHECK(holds(ended.err, mistakes[j].says));
      CHECK(holds(ended.err, "MAX_LINE_BYTES: "));
      CHECK_FALSE(holds(ended.err, "hush"));
      CHECK_FALSE(holds(ended.err, "BULKER_URL: "));
      CHECK_FALSE(holds(ended.err, "DATABASE_URL: "));
      CHECK_FALSE(at.started());
    }
}

TEST_CASE("an unknown command is reported beside other mistakes") {
  table at;
  at.says({record(1)});
  auto ended =
      watched_program{{SIDECAR, "run", "--command", "reed", "--to",
                       "ftp://hush", "--", at.folder.path("connector")},
                      at.env}
          .finish();
  INFO(ended.err);
  CHECK(ended.exit_code == 2);
  CHECK(holds(ended.err, R"(--command: "reed" is none of spec, check, )"));
  CHECK(holds(ended.err, "--to: must be a folder"));
  CHECK_FALSE(holds(ended.err, "COMMAND: "));
}

TEST_CASE("a table of another sync ends a run before its connector prints") {
  table at;
  at.says({record(1), saved(1)});
  REQUIRE(at.run({"--sync-id", "a"}).exit_code == 0);
  auto ended = at.run({"--sync-id", "b"});
  INFO(ended.err);
  CHECK(ended.exit_code == 2);
  CHECK(holds(ended.err, "stream users: the table "));
  CHECK(holds(ended.err, R"(belongs to the sync "a", so the sync "b" )"));
  CHECK(holds(ended.err, "TABLE_NAME_PREFIX"));
  CHECK(at.rows() == 1);
  CHECK(at.run({"--sync-id", "a"}).exit_code == 0);
}
