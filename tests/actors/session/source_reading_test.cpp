// When the reading of a connector's output is over, and by which end.
#include "actors/session/source_reading.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>

#include <csignal>
#include <optional>
#include <sstream>
#include <string>

using namespace motorcade;
using namespace std::chrono_literals;

namespace {

std::string_view name_of(session_end why) {
  switch (why) {
  case session_end::source_ended:
    return "source_ended";
  case session_end::cancelled:
    return "cancelled";
  case session_end::time_exceeded:
    return "time_exceeded";
  case session_end::source_silent:
    return "source_silent";
  case session_end::broken:
    return "broken";
  }
  return "?";
}

pipe_end end_of(pipe_kind pipe, failure error = {}) {
  pipe_end out;
  out.pipe = pipe;
  out.slabs = pipe == pipe_kind::out ? 2 : 0;
  out.was_opened = true;
  out.error = std::move(error);
  return out;
}

/// A reading whose deeds are written down, at a time of the test's own.
struct reading_world {
  explicit reading_world(bool with_exit_code = false, bool can_signal = true)
      : reading{{can_signal ? std::function<void(int)>{[this](int number) {
                   note(number == SIGTERM ? "term" : "kill");
                 }}
                            : nullptr,
                 [this] { note("stop"); }, [this] { note("look"); },
                 [this](log_level, std::string_view text) {
                   note("log " + std::string{text.substr(0, 27)});
                 }},
                {with_exit_code ? folder.path("exit-code") : "", 30s, 30s}} {}

  void note(const std::string& what) {
    deeds += (deeds.empty() ? "" : ", ") + what;
  }

  /// Notes the end if there is one.
  void note(source_reading::end ended) {
    if (!ended)
      return;
    note(std::string{name_of(ended->why)}
         + (ended->exit_code ? " " + std::to_string(*ended->exit_code) : "")
         + (ended->reason.empty() ? "" : ": " + ended->reason));
  }

  /// Carries out one word of a script.
  void step(const std::string& word) {
    if (word == "begin")
      reading.begin();
    else if (word == "slab")
      note(reading.on_slabs(lines = ++slabs, now));
    else if (word == "out")
      note(reading.on_pipe_end(end_of(pipe_kind::out), now));
    else if (word == "err")
      note(reading.on_pipe_end(end_of(pipe_kind::err), now));
    else if (word == "cut")
      note(reading.on_pipe_end(
          end_of(pipe_kind::out, {ec::cancelled, "told to stop"}), now));
    else if (word == "torn")
      note(reading.on_pipe_end(
          end_of(pipe_kind::out, {ec::system_failed, "EIO"}), now));
    else if (word == "misnamed")
      note(reading.on_pipe_end(
          end_of(pipe_kind::out, {ec::invalid_argument, "no such file"}), now));
    else if (word == "code")
      folder.write("exit-code", "7");
    else if (word == "logs")
      logs = heard_stderr = true;
    else if (word == "prints")
      logs = prints = true;
    else if (word == "full")
      logs = is_full = true;
    else if (word == "look")
      note(reading.look_again(now));
    else if (word == "limit")
      note(reading.decide({session_end::time_exceeded, std::nullopt, "late"},
                          now));
    else if (word == "outlived")
      note(reading.decide({session_end::source_ended, std::nullopt, {}}, now,
                          /*ends_connector*/ true));
    else if (word == "cancel")
      note(reading.cancel("asked", /*outranks_failures*/ false, now));
    else if (word == "cancel!")
      note(reading.cancel("asked", /*outranks_failures*/ true, now));
    else if (word == "give_up")
      note(reading.give_up());
    else if (word == "close")
      reading.close();
    else
      pass(std::chrono::seconds{std::stoi(word)});
  }

  void pass(session_time time) {
    for (const auto until = now + time; now < until;) {
      now += 1s;
      if (logs)
        last_activity = now;
      if (prints)
        ++lines;
      note(reading.on_tick(
          {last_activity, lines, heard_stderr, is_full ? now : session_time{}},
          now));
    }
  }

  std::string play(const std::string& script) {
    std::istringstream words{script};
    for (std::string word; words >> word;)
      step(word);
    return deeds;
  }

  test::scratch_folder folder;
  std::string deeds;
  session_time now = 100s;
  session_time last_activity = 100s;
  bool heard_stderr = false;
  bool logs = false;
  bool prints = false;
  bool is_full = false;
  uint64_t slabs = 0;
  uint64_t lines = 0;
  source_reading reading;
};

} // namespace

TEST_CASE("a reading ends once both pipes ended and every slab was taken") {
  struct row {
    const char* script;
    const char* deeds;
  };

  const row table[] = {
      {"begin slab slab out err", "source_ended"},
      {"begin slab out err slab", "source_ended"},
      {"begin slab out err", ""},
      {"begin slab slab out", ""},
      // Nothing is read before the start, and the end is told once.
      {"slab slab out err", ""},
      {"begin slab slab out err slab err", "source_ended"},
      {"begin close slab slab out err", ""},
      // A pipe that breaks ends it; one that was closed from here does not.
      {"begin slab torn", "stop"},
      {"begin torn slab slab err", "stop, broken: EIO"},
      {"begin slab slab cut err", "source_ended"},
      // What was decided first holds.
      {"begin limit slab slab torn err", "stop, time_exceeded: late"},
  };
  for (const auto& [script, deeds] : table) {
    INFO(script);
    reading_world world;
    CHECK(world.play(script) == deeds);
  }
}

TEST_CASE("a reading waits for the connector's exit code") {
  struct row {
    const char* script;
    const char* deeds;
  };

  const row table[] = {
      {"begin code slab slab out err", "source_ended 7"},
      // One look is asked for at a time.
      {"begin slab slab out err code slab", "look, source_ended 7"},
      {"begin slab slab out err slab look", "look, look"},
      {"begin slab slab out err look code look", "look, look, source_ended 7"},
      {"begin slab slab out err 29 look", "look, look"},
      {"begin slab slab out err 30 look",
       "look, log the connector's exit code d, source_ended -1"},
      // With a decided end it does not matter.
      {"begin limit slab slab out err", "stop, time_exceeded: late"},
  };
  for (const auto& [script, deeds] : table) {
    INFO(script);
    reading_world world{true};
    CHECK(world.play(script) == deeds);
  }
}

TEST_CASE("a reading does not wait for pipes that stay open after the "
          "connector's end") {
  struct row {
    const char* script;
    const char* deeds;
  };

  const row table[] = {
      // Only stderr was never opened.
      {"begin out code 4", ""},
      {"begin out code 5", "stop"},
      // A connector that has closed its stdout may be quiet at its end.
      {"begin out 20", ""},
      // Stdout may still come while the connector lives.
      {"begin err 20", ""},
      {"begin err code 5", "stop"},
      {"begin code 10", ""},
      {"begin code 11", "log the connector has ended, an, stop"},
      // A child that logs on and on is not waited for.
      {"begin code logs 10", ""},
      {"begin code logs 11", "log the connector has ended, an, stop"},
      {"begin out code logs 11", "log the connector has ended, an, stop"},
      // Rows may still come, also behind a window that is full.
      {"begin code prints 60", ""},
      {"begin code full 60", ""},
  };
  for (const auto& [script, deeds] : table) {
    INFO(script);
    reading_world world{true};
    const auto told = world.play(script);
    // The readers may be told again at each tick.
    CHECK(told.substr(0, std::string_view{deeds}.size()) == deeds);
    CHECK((*deeds != '\0' || told.empty()));
  }
  // Without an exit code nothing tells such a one from a connector that never
  // opened stderr.
  CHECK(reading_world{}.play("begin out 4").empty());
  CHECK(reading_world{}.play("begin out 5") == "stop");
}

TEST_CASE("a decided end comes when the pipes are empty, or after a third of "
          "the grace") {
  struct row {
    bool can_signal;
    const char* script;
    const char* deeds;
  };

  const row table[] = {
      {true, "begin limit 9", "stop"},
      {true, "begin limit 10", "stop, time_exceeded: late"},
      {true, "begin limit 60", "stop, time_exceeded: late"},
      {true, "begin limit give_up", "stop, time_exceeded: late"},
      {true, "begin outlived 30", "term, kill, stop, source_ended"},
      {true, "begin outlived slab slab out err", "term, source_ended"},
      {false, "begin outlived 10", "stop, source_ended"},
      // A stop hurries, and takes the place of an end that is no failure.
      {true, "begin cancel 10", "stop, cancelled: asked"},
      {true, "begin outlived cancel 10", "term, stop, cancelled: asked"},
      {true, "begin limit cancel 10", "stop, time_exceeded: late"},
      {true, "begin limit cancel! 10", "stop, cancelled: asked"},
      {true, "cancel", ""},
      {true, "begin limit 10 cancel!", "stop, time_exceeded: late"},
  };
  for (const auto& [can_signal, script, deeds] : table) {
    INFO(script);
    reading_world world{false, can_signal};
    CHECK(world.play(script) == deeds);
    CHECK(world.reading.takes_output()
          == (world.deeds.find("late") == std::string::npos
              && world.deeds.find("asked") == std::string::npos
              && world.deeds.find("source_ended") == std::string::npos
              && std::string{script}.starts_with("begin")));
  }
}

TEST_CASE("a pipe that the settings name wrongly is a wrong setting") {
  reading_world torn;
  torn.play("begin torn");
  CHECK_FALSE(torn.reading.has_wrong_setting());
  CHECK_FALSE(torn.reading.is_under_way());
  reading_world misnamed;
  misnamed.play("begin misnamed");
  CHECK(misnamed.reading.has_wrong_setting());
  // Once an end is decided, a pipe is no reason any more.
  reading_world late;
  late.play("begin limit misnamed");
  CHECK_FALSE(late.reading.has_wrong_setting());
}

TEST_CASE("a reading that never began has left nothing unread") {
  reading_world world;
  CHECK(world.reading.left_behind().is_known);
  world.play("begin");
  CHECK_FALSE(world.reading.left_behind().is_known);
  world.play("limit out err");
  CHECK(world.reading.left_behind().is_known);
}
