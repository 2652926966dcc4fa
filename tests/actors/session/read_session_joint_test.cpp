// Requests that end together, so that a state of all streams is kept in one
// transaction with their rows.
#include "support/session_world.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

using namespace motorcade;
using namespace motorcade::test;

namespace {

using strings = std::vector<std::string>;
using reason = session_end;

/// @returns the streams of each joint commit, in letters, in the order of the
/// streams.
strings joints_of(session_world& world) {
  std::vector<std::pair<joint_commit_ptr, std::string>> found;
  for (const auto& [stream, part] : world.parts) {
    const auto letter = std::string(1, static_cast<char>('a' + stream));
    const auto whole = part->whole();
    const auto same =
        std::find_if(found.begin(), found.end(),
                     [&whole](const auto& one) { return one.first == whole; });
    if (same == found.end())
      found.emplace_back(whole, letter);
    else
      same->second += letter;
  }
  strings out;
  for (const auto& [joint, letters] : found)
    out.push_back(letters);
  world.parts.clear();
  return out;
}

} // namespace

TEST_CASE("requests that a state of all streams needs end together") {
  struct row {
    std::string what;
    std::function<void(session_world&)> say;
    strings joints;
  };

  const std::vector<row> table = {
      {"one of them is large",
       [](session_world& w) {
         w.rows(0, 100);
         w.rows(1, 1);
         w.global("1");
       },
       {"ab"}},
      {"COMPLETE behind the state",
       [](session_world& w) {
         w.rows(0, 1);
         w.rows(1, 1);
         w.global("1");
         w.complete(1);
       },
       {"ab"}},
      {"COMPLETE behind rows that follow the state",
       [](session_world& w) {
         w.rows(0, 1);
         w.rows(1, 1);
         w.global("1");
         w.rows(1, 1);
         w.complete(1);
       },
       {"ab"}},
      {"INCOMPLETE behind the state",
       [](session_world& w) {
         w.rows(0, 1);
         w.rows(1, 1);
         w.global("1");
         w.incomplete(0);
       },
       {"ab"}},
      {"the end of the reading",
       [](session_world& w) {
         w.rows(0, 1);
         w.rows(1, 1);
         w.global("1");
         w.end(reason::source_ended, 0);
       },
       {"ab"}},
      {"only one has rows",
       [](session_world& w) {
         w.rows(0, 100);
         w.global("1");
       },
       {}},
      {"a state of another kind",
       [](session_world& w) {
         w.rows(0, 100);
         w.rows(1, 1);
         w.legacy("1");
       },
       {}},
      {"no state",
       [](session_world& w) {
         w.rows(0, 1);
         w.rows(1, 1);
         w.complete(0);
         w.complete(1);
       },
       {}},
      {"a full refresh goes on",
       [](session_world& w) {
         w.rows(2, 1);
         w.rows(0, 100);
         w.rows(1, 1);
         w.global("1");
       },
       {"ab"}},
      {"a stream that was given up",
       [](session_world& w) {
         w.rows(0, 1);
         w.rows(1, 1);
         w->on_failure(0, {ec::destination_rejected, "no"});
         w.global("1");
         w.complete(1);
       },
       {}},
  };
  for (const auto& [what, say, joints] : table) {
    INFO(what);
    session_world world;
    world.settings.pace.rows = 100;
    world.incremental(true).incremental(true).full();
    world.keep_notes({"a", "b", "_GLOBAL_STATE"});
    say(world);
    CHECK(joints_of(world) == joints);
  }
}

TEST_CASE("requests that are merged by a key alone end each by itself") {
  session_world world;
  world.settings.pace.rows = 100;
  world.incremental(true).incremental(true).incremental(true);
  world.keep_notes({"a", "_GLOBAL_STATE"});
  world.rows(1, 100);
  world.rows(2, 1);
  world.global("1");
  CHECK(joints_of(world).empty());
  world.rows(0, 1);
  world.rows(1, 100);
  world.global("2");
  CHECK(joints_of(world) == strings{"ab"});
}

TEST_CASE("a stream more than a transaction can hold ends by itself, and the "
          "others wait for it") {
  session_world world;
  world.settings.pace.rows = 100;
  strings keys{"_GLOBAL_STATE"};
  for (size_t i = 0; i < 201; ++i) {
    world.incremental(true);
    keys.push_back(world.id(i).key());
  }
  world.keep_notes(keys);
  for (size_t i = 0; i < 201; ++i)
    world.rows(i, 100);
  world.global("1");
  REQUIRE(world.parts.size() == 200);
  CHECK_FALSE(world.parts.contains(0));
  CHECK(world.parts.begin()->second->whole()->waits_for_others());
}
