// How the connector ended stands beside why a stream or the task failed,
// whatever reason was chosen.
#include "support/holds.hpp"
#include "support/session_world.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;

namespace {

using reason = session_end;
using trace = stream_status_trace::status;

const std::string killed =
    "exit code 137, was ended by SIGKILL, perhaps for want of memory";

struct ending {
  std::optional<int> code;
  /// What the reason says of the code; empty: nothing.
  std::string told;
};

const ending endings[] = {
    {std::nullopt, ""},
    {0, ""},
    {1, "exit code 1"},
    {137, killed},
    {unknown_exit_code, "its exit code was never reported"},
};

/// @returns whether the text tells how the connector ended, and only if there
/// is something to tell.
bool tells(const std::string& text, const ending& how) {
  return how.told.empty() ? !holds(text, "exit code") : holds(text, how.told);
}

} // namespace

TEST_CASE("the exit code is added to the reason in each combination") {
  struct stream_word {
    const char* what;
    void (*say)(session_world&);
    /// The stream ends as incomplete, whatever the exit code.
    bool incomplete;
  };

  const stream_word words[] = {
      {"INCOMPLETE", [](session_world& world) { world.incomplete(0); }, true},
      {"INCOMPLETE with a reason",
       [](session_world& world) { world.incomplete(0, "quota"); }, true},
      {"STARTED", [](session_world& world) { world.status(0, trace::started); },
       true},
      {"only rows", [](session_world& world) { world.rows(0, 1); }, false},
      {"nothing", [](session_world&) {}, false},
      {"COMPLETE", [](session_world& world) { world.complete(0); }, false},
  };

  struct error_word {
    const char* what;
    void (*say)(session_world&);
    bool of_stream;
  };

  const error_word errors[] = {
      {"no TRACE ERROR", [](session_world&) {}, false},
      {"a TRACE ERROR", [](session_world& world) { world.error("it broke"); },
       false},
      {"a TRACE ERROR of the stream",
       [](session_world& world) { world.error("it broke", world.id(0)); },
       true},
      {"a TRACE ERROR of a stranger",
       [](session_world& world) {
         world.error("it broke", stream_id{"", "far_away"});
       },
       false},
      {"two TRACE ERRORs",
       [](session_world& world) {
         world.error("it broke", world.id(0));
         world.error("a consequence");
       },
       true},
  };
  for (const auto& how : endings)
    for (const auto& word : words)
      for (const auto& error : errors)
        for (auto error_first : {false, true}) {
          INFO("exit code "
               << (how.code ? std::to_string(*how.code) : "not known") << ", "
               << word.what << ", " << error.what
               << (error_first ? ", the error first" : ""));
          session_world world;
          world.full();
          error_first ? error.say(world) : word.say(world);
          error_first ? word.say(world) : error.say(world);
          world.end(reason::source_ended, how.code);
          if (!world->settled())
            world->on_aborted(0);
          auto outcome = world.outcome();
          INFO(outcome);
          if (outcome != "SUCCESS 0")
            CHECK(tells(outcome, how));
          else
            CHECK(how.told.empty());
          auto stream = world.stream_status(0);
          INFO(stream);
          if (word.incomplete || error.of_stream)
            CHECK(tells(stream, how));
        }
}

TEST_CASE("an exit code is not attached to failures that it did not cause") {
  SECTION("a destination that refused") {
    session_world world;
    world.full();
    world.rows(0, 1);
    world.complete(0);
    world->on_failure(0, {ec::destination_rejected, "no"});
    world.end(reason::source_ended, 1);
    CHECK_FALSE(holds(world.outcome(), "exit code"));
    CHECK_FALSE(holds(world.stream_status(0), "exit code"));
  }
  SECTION("rows of a complete stream that were rejected") {
    session_world world;
    world.full();
    world.rows(0, 1);
    world.reject("a", 1);
    world.complete(0);
    world.committed(0, 1);
    world.end(reason::source_ended, 1);
    CHECK_FALSE(holds(world.stream_status(0), "exit code"));
    CHECK(holds(world.outcome(), "exit code 1"));
  }
  SECTION("a connector that was ended") {
    for (auto why :
         {reason::cancelled, reason::time_exceeded, reason::source_silent}) {
      session_world world;
      world.full();
      world.error("it broke");
      world.incomplete(0);
      world.end(why, 143, "enough");
      CHECK_FALSE(holds(world.outcome(), "exit code"));
      CHECK_FALSE(holds(world.stream_status(0), "exit code"));
    }
  }
}
