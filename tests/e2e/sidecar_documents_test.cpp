// `sidecar run` and the documents, places and syncs that people give it.

#include "support/sidecar_world.hpp"
#include "support/table_reader.hpp"

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

namespace {

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string content(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string record(int id) {
  return R"({"type":"RECORD","record":{"stream":"users","data":{"id":)"
         + std::to_string(id) + R"(},"emitted_at":1}})";
}

std::string state(int id) {
  return R"({"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},)"
         R"("stream_state":{"id":)"
         + std::to_string(id) + "}}}";
}

std::string saved(int id) {
  return R"({"type":"STATE","state":)" + state(id) + "}";
}

/// A folder with a connector, a catalog of one incremental stream, and what a
/// run of them makes.
class table {
public:
  table() : env{bare_environment()} {
    folder.write("config.json", "{}");
    folder.write("catalog.json",
                 R"({"streams":[{"stream":{"name":"users","json_schema":{}},)"
                 R"("sync_mode":"incremental"}]})");
  }

  /// Makes the connector of a shell script, which may use `$given`, the file
  /// that `--state` named.
  void script(const std::string& text) const {
    auto path = folder.write(
        "connector", "#!/bin/sh\nwhile [ $# -gt 0 ]; do [ \"$1\" != --state ] "
                     "|| given=$2; shift; done\n"
                         + text + "\n");
    ::chmod(path.c_str(), 0700);
  }

  /// Makes it print these lines.
  void says(const std::vector<std::string>& lines) const {
    std::string text = "echo started > " + folder.path("started") + "\n";
    text += "[ -z \"$given\" ] || cp \"$given\" " + folder.path("given") + "\n";
    for (const auto& line : lines)
      text += "echo '" + line + "'\n";
    script(text);
  }

  std::vector<std::string>
  words(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> out = {SIDECAR,      "run",
                                    "--config",   folder.path("config.json"),
                                    "--catalog",  folder.path("catalog.json"),
                                    "--to",       folder.path("out"),
                                    "--database", folder.path("x.db")};
    out.insert(out.end(), more.begin(), more.end());
    out.insert(out.end(), {"--", folder.path("connector")});
    return out;
  }

  program_result run(const std::vector<std::string>& more = {}) const {
    return watched_program{words(more), env}.finish();
  }

  size_t rows() const {
    return motorcade::support::read_table(folder.path("out/users.ndjson.zst"))
        .size();
  }

  bool started() const {
    return std::filesystem::exists(folder.path("started"));
  }

  scratch_folder folder;
  motorcade::variables env;
};

} // namespace

TEST_CASE("a state of another shape ends a run before it begins") {
  table at;
  at.says({record(1), saved(1)});
  REQUIRE(at.run().exit_code == 0);
  std::filesystem::remove(at.folder.path("started"));

  struct row {
    std::string state;
    std::string says;
  };

  const row table[] = {
      {R"([{"streamDescriptor":{"name":"users"},"streamState":{"id":1}}])",
       "state[0].streamDescriptor: "},
      {R"([{"stream":{"stream_descriptor":{"name":"users"}}}])",
       "state[0]: this has no `type`"},
      {saved(1), "whole line of the protocol"},
      {R"({"type":"STREAM"})", "state.stream: missing"},
      {R"({"states":[]})", "state.states: "},
      {"[" + state(1) + "," + state(2) + "]", "already in state[0]"},
      {"[" + state(1) + R"(,{"type":"GLOBAL","global":{"shared_state":{}}}])",
       "state[1].type: GLOBAL beside STREAM"},
      {"\xEF\xBB\xBF[]", "byte order mark"},
      {"[{]", "--state: "},
      // What `jq … > state.json` leaves if it fails.
      {"", "holds no state"},
      {" \n", "holds no state"},
      {"null", "holds no state"},
  };
  for (const auto& [json, says] : table) {
    INFO(json);
    auto given = at.folder.write("state.json", json);
    auto ended = at.run({"--state", given});
    INFO(ended.err);
    CHECK(ended.exit_code == 2);
    CHECK(holds(ended.err, given));
    CHECK(holds(ended.err, says));
    CHECK_FALSE(at.started());
    CHECK(at.rows() == 1);
  }
}

TEST_CASE("a catalog of another shape ends a run before it begins") {
  struct row {
    std::string members;
    std::string says;
  };

  const row table[] = {
      {"", "streams[0].sync_mode: missing"},
      {R"(,"sync_mode":"incremental","generationId":2)",
       "streams[0].generationId: "},
      {R"(,"syncMode":"incremental")", "streams[0].syncMode: "},
  };
  for (const auto& [members, says] : table) {
    INFO(members);
    class table at;
    at.says({record(1), saved(1)});
    at.folder.write("catalog.json", R"({"streams":[{"stream":{"name":"users"})"
                                        + members + "}]}");
    auto ended = at.run();
    INFO(ended.err);
    CHECK(ended.exit_code == 2);
    CHECK(holds(ended.err, says));
    CHECK_FALSE(at.started());
  }
}

TEST_CASE("a place without a state is told, and the stream begins anew") {
  table at;
  at.says({record(2), saved(2)});
  auto given = at.folder.write(
      "state.json",
      R"([{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"}}}])");
  auto ended = at.run({"--state", given});
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(holds(ended.err, R"(state[0].stream.stream_state: missing)"));
}

TEST_CASE("a state that is made fit reaches the connector so") {
  table at;
  at.says({record(2), saved(2)});
  auto given = at.folder.write("state.json", state(1) + "\n");
  auto ended = at.run({"--state", given});
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(content(at.folder.path("given")) == "[" + state(1) + "]");
  CHECK(holds(ended.err, "put into an array"));
}

TEST_CASE(
    "a state of a stream that is not read is reported with the nearest name") {
  table at;
  at.says({record(2), saved(2)});
  auto given = at.folder.write(
      "state.json",
      R"([{"type":"STREAM","stream":{"stream_descriptor":{"name":"Users"},)"
      R"("stream_state":{}}}])");
  auto ended = at.run({"--state", given});
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(holds(ended.err, R"(names the stream "Users")"));
  CHECK(holds(ended.err, R"(did you mean "users"?)"));
}

TEST_CASE("FULL_SYNC gives the connector no state of any kind") {
  const std::string global =
      R"({"type":"GLOBAL","global":{"shared_state":{}}})";
  table at;
  at.says({record(1), R"({"type":"STATE","state":)" + global + "}"});
  REQUIRE(at.run().exit_code == 0);
  at.says({record(2), record(3), R"({"type":"STATE","state":)" + global + "}"});
  auto given = at.folder.write("state.json", "[" + global + "]");
  auto full = GENERATE(false, true);
  auto with_file = GENERATE(false, true);
  at.env["FULL_SYNC"] = full ? "true" : "false";
  auto ended = at.run(with_file ? std::vector<std::string>{"--state", given}
                                : std::vector<std::string>{});
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(std::filesystem::exists(at.folder.path("given")) == !full);
  CHECK(at.rows() == (full ? 2 : 3));
  CHECK(holds(ended.err, "FULL_SYNC is set: " + given + " is passed over")
        == (full && with_file));
}

TEST_CASE("a discover whose catalog a read would refuse says so") {
  table at;
  at.says({R"({"type":"CATALOG","catalog":{"streams":[{"name":"account"},)"
           R"({"name":"account","json_schema":{}},{"name":"users"}]}})"});
  auto saved_to = at.folder.path("found.json");
  const std::vector<std::string> discover = {
      SIDECAR,      "run",
      "--command",  "discover",
      "--config",   at.folder.path("config.json"),
      "--database", at.folder.path("x.db")};
  auto with = [&](std::vector<std::string> more) {
    auto out = discover;
    out.insert(out.end(), more.begin(), more.end());
    out.insert(out.end(), {"--", at.folder.path("connector")});
    return watched_program{out, at.env}.finish();
  };
  auto plain = with({});
  INFO(plain.err);
  CHECK(plain.exit_code == 0);
  CHECK(holds(plain.err, R"(the stream "account" 2 times)"));
  auto refused = with({"--save-catalog", saved_to});
  INFO(refused.err);
  CHECK(refused.exit_code == 2);
  CHECK(holds(refused.err, "--save-catalog: "));
  CHECK_FALSE(std::filesystem::exists(saved_to));
  auto some = with({"--save-catalog", saved_to, "--select", "users"});
  INFO(some.err);
  CHECK(some.exit_code == 0);
  CHECK(std::filesystem::exists(saved_to));
}

TEST_CASE("a second run of a sync ends at once and says who has it") {
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

TEST_CASE("places are plain paths or URLs, and wrong ones called by name") {
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

TEST_CASE("everything wrong with what a person gave is told at once") {
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
      {{"--select", "users"}, "--select says what --save-catalog saves"},
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

TEST_CASE("a command that does not exist is told beside other mistakes") {
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
