#pragma once

#include "support/cut_uploads.hpp"
#include "support/upload_probe.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace motorcade::support {

/// Three uploads that are committed together with a state of all streams: one
/// that is appended to a table that is there, one to a new one, and one that is
/// merged by a key.
class joint_uploads {
public:
  static constexpr size_t count = 3;

  /// Makes the tables that are there before.
  /// @tparam World The warehouse.
  template <class World>
  static void prepare(World& world) {
    commit(world.send(request_for("t"), {R"({"id":7,"v":"a"})"}));
    commit(world.send(keyed("k", {"id"}), {R"({"id":1,"v":"old"})"}));
  }

  static upload_request request(size_t which) {
    auto out = which == 2   ? keyed("k", {"id"})
               : which == 1 ? request_for("o")
                            : request_for("t");
    out.stream = out.table;
    out.unit = 1;
    return out;
  }

  static std::vector<std::string> rows(size_t which) {
    if (which == 2)
      return {R"({"id":1,"v":"new"})", R"({"id":2,"v":"x"})"};
    // A new column of each type.
    return {R"({"id":1,"v":"b"})",
            R"({"id":2,"w":true,"n":3,"f":0.5,"at":"2024-01-02T03:04:05Z",)"
            R"("o":{"a":[1]}})"};
  }

  /// Begins an attempt, which may end the whole.
  std::unique_ptr<upload_probe> begin(destination& to, size_t which) {
    auto out = std::make_unique<upload_probe>(to, request(which));
    out->write(rows(which));
    (*out)->note({note});
    (*out)->join(joint);
    (*out)->finish();
    return out;
  }

  /// Gives one of them up.
  void give_up(size_t which) { parts.at(which).reset(); }

  /// Sends all of them, each again until it is committed, at most a few times.
  /// @returns how many attempts have failed.
  unsigned send_all(destination& to) {
    std::atomic<unsigned> failed = 0;
    std::vector<std::thread> threads;
    std::vector<upload_outcome> last(count);
    for (size_t i = 0; i < count; ++i)
      threads.emplace_back([&, i] {
        for (auto tries = 0; tries < 5; ++tries) {
          last[i] = begin(to, i)->wait();
          if (last[i].committed())
            break;
          ++failed;
        }
      });
    for (auto& one : threads)
      one.join();
    for (const auto& one : last)
      commit(one);
    return failed;
  }

  /// Fails the test unless all rows and the state are there, once.
  template <class World>
  void check_all(World& world) {
    const auto of = [&](const std::string& table) {
      return world.rows("SELECT id, v FROM " + world.schema + '.' + table
                        + " ORDER BY id");
    };
    CHECK(of("t") == std::vector<std::string>{"1|b", "2|-", "7|a"});
    CHECK(of("o") == std::vector<std::string>{"1|b", "2|-"});
    CHECK(of("k") == std::vector<std::string>{"1|new", "2|x"});
    CHECK(world.tables() == std::vector<std::string>{"k", "o", "t"});
    CHECK(states(world) == std::vector<std::string>{"1"});
  }

  /// @returns the states that are noted.
  template <class World>
  static std::vector<std::string> states(World& world) {
    const std::vector<upload_request> streams{request(0)};
    auto found = world.to->noted_states(streams);
    if (!found)
      FAIL(found.error().what);
    std::vector<std::string> out;
    for (const auto& one : *found)
      out.push_back(one.state);
    return out;
  }

  joint_commit_ptr joint = std::make_shared<joint_commit>(count, 0);
  shared_note_ptr note = std::make_shared<shared_note>(
      state_note{"_GLOBAL_STATE", "1", {"x"}}, count);
  std::vector<std::unique_ptr<joint_part>> parts = [this] {
    std::vector<std::unique_ptr<joint_part>> out;
    for (size_t i = 0; i < count; ++i)
      out.push_back(std::make_unique<joint_part>(joint));
    return out;
  }();
};

/// Sends the uploads many times, a connection cut one statement later each
/// time, before the statement or before its answer, until nothing is left to
/// cut. In the end each row is there once, the state is noted, and no table is
/// left over.
/// @param open Called as `open(world, number, after_answer)`: returns a
/// destination behind whatever cuts, and a function that tells whether it has.
template <class World, class Open>
void cut_joint_uploads_at_each_statement(Open open) {
  for (const bool after_answer : {false, true}) {
    unsigned cuts = 0;
    for (bool goes_on = true; goes_on; ++cuts) {
      INFO("statement " << cuts + 1 << (after_answer ? ", answer" : ""));
      World world;
      joint_uploads::prepare(world);
      joint_uploads uploads;
      {
        auto [to, has_cut] = open(world, cuts + 1, after_answer);
        const auto failed = uploads.send_all(*to);
        goes_on = has_cut();
        CHECK((failed == 0 || goes_on));
        to.reset();
      }
      uploads.check_all(world);
    }
    // All of them were tried.
    CHECK(cuts > 30);
  }
}

} // namespace motorcade::support
