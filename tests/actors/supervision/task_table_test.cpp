#include "actors/supervision/task_table.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

namespace {

task_request make_task(const std::string& command, const std::string& sync,
                       const std::string& task, const std::string& key = "k",
                       const std::string& version = "1") {
  task_request out;
  out.command = command;
  out.sync_id = sync;
  out.task_id = task;
  out.package = "source";
  out.version = version;
  out.storage_key = key;
  return out;
}

} // namespace

TEST_CASE("a task starts beside others that share nothing with it",
          "[task_table]") {
  struct trial {
    task_request known;
    task_phase phase;
    task_request task;
    /// Words of the refusal; empty: it may start.
    std::string told;
  };

  const auto running = task_phase::running;
  const auto one = GENERATE_COPY(
      trial{make_task("read", "s", "1"), running, make_task("read", "s", "2"),
            "sync s runs already, as task 1"},
      trial{make_task("read", "s", "1"), task_phase::stored,
            make_task("read", "s", "2"), ""},
      trial{make_task("read", "s", "1"), running, make_task("read", "t", "2"),
            ""},
      trial{make_task("read", "s", "1"), task_phase::stored,
            make_task("read", "s", "1"), "there is a task 1 of that sync"},
      trial{make_task("read", "s", "1"), running, make_task("check", "s", "2"),
            ""},
      trial{make_task("check", "", "1"), running, make_task("check", "", "2"),
            "another check runs for that storageKey"},
      trial{make_task("check", "", "1"), running,
            make_task("check", "", "2", "k", "2"),
            "another check runs for that storageKey"},
      trial{make_task("check", "", "1"), running,
            make_task("check", "", "2", "other"), ""},
      trial{make_task("check", "", "1"), task_phase::stored,
            make_task("check", "", "2"), ""},
      trial{make_task("discover", "", "1"), running,
            make_task("discover", "", "2"),
            "another discover runs for that storageKey"},
      trial{make_task("discover", "", "1"), running,
            make_task("discover", "", "2", "k", "2"), ""},
      trial{make_task("check", "", "1"), running,
            make_task("discover", "", "2"), ""},
      trial{make_task("spec", "", "1"), running, make_task("spec", "", "2"),
            ""});
  task_table tasks;
  tasks.note("pod-a", one.known).phase = one.phase;
  const auto told = tasks.find_conflict(one.task, "pod-b");
  CHECK((told ? told->what : "") == one.told);
  CHECK((!told || told->code == ec::already_exists));
  tasks.forget(tasks.find("pod-a"));
  CHECK_FALSE(tasks.find_conflict(one.task, "pod-b"));
}

TEST_CASE("a read waits until the connector before it is dead",
          "[task_table]") {
  struct trial {
    const char* what;
    pod_state state;
    bool source_ended = false;
    bool gone = false;
    /// How long ago others count as dead.
    std::optional<std::chrono::minutes> given_up = {};
    bool waits = true;
  };

  using std::chrono::minutes;
  const auto one = GENERATE(
      trial{"it may live", pod_state::running},
      trial{"its sidecar has ended, it may live", pod_state::ended},
      trial{"it was not seen to begin", pod_state::pending},
      trial{"it has ended", pod_state::ending, true, false, {}, false},
      trial{"its Pod is gone", pod_state::running, false, true, {}, false},
      trial{"it never began", pod_state::hopeless, false, false, {}, false},
      trial{"it may live, for a while", pod_state::running, false, false,
            minutes{9}},
      trial{"nobody told of its end", pod_state::running, false, false,
            minutes{10}, false});
  INFO(one.what);
  const caf::actor_clock::time_point start;
  task_table tasks;
  auto& entry = tasks.note("pod-a", make_task("read", "s", "1"));
  pod_status pod;
  pod.state = one.state;
  if (one.source_ended)
    pod.source.emplace();
  entry.pod = std::make_shared<pod_status>(pod);
  entry.gone = one.gone;
  entry.enter(task_phase::running, start);
  entry.enter(task_phase::stored, start + minutes{10});
  // A later phase does not begin the time anew.
  entry.enter(task_phase::cleaned, start + minutes{30});
  std::optional<caf::actor_clock::time_point> given_up;
  if (one.given_up)
    given_up = start + *one.given_up;
  const auto told =
      tasks.find_conflict(make_task("read", "s", "2"), "pod-b", given_up);
  CHECK(told.has_value() == one.waits);
  if (told) {
    CHECK(told->code == ec::already_exists);
    CHECK(told->what.find("connector of task 1 of sync s is still being ended")
          != std::string::npos);
  }
  // What the source has is asked for after it, too.
  auto discover = make_task("discover", "s", "");
  CHECK(tasks.find_conflict(discover, "pod-b", given_up).has_value()
        == one.waits);
  // That of a console is asked for once only.
  discover.then_run = true;
  CHECK_FALSE(tasks.find_conflict(discover, "pod-b"));
  // It is in nobody else's way.
  CHECK_FALSE(tasks.find_conflict(make_task("read", "t", "2"), "pod-b"));
  CHECK_FALSE(tasks.find_conflict(make_task("discover", "t", ""), "pod-b"));
  CHECK_FALSE(tasks.find_conflict(make_task("discover", "", ""), "pod-b"));
  CHECK_FALSE(tasks.find_conflict(make_task("check", "s", "2"), "pod-b"));
}

TEST_CASE("a read may save states until its sidecar has ended",
          "[task_table]") {
  using std::chrono::minutes;

  struct trial {
    const char* what;
    /// Nothing: its Pod was not seen yet.
    std::optional<pod_state> state;
    bool sidecar_ended;
    bool gone;
    task_phase phase;
    std::optional<minutes> given_up;
    bool saves = true;
  };

  const auto running = task_phase::running;
  const auto stored = task_phase::stored;
  const auto one = GENERATE_COPY(
      trial{"not seen yet", {}, false, false, task_phase::created, {}},
      trial{"it reads", pod_state::running, false, false, running, {}},
      trial{"its connector has ended",
            pod_state::ending,
            false,
            false,
            running,
            {}},
      trial{"cancelled", pod_state::running, false, false, stored, {}},
      trial{"its end is not stored yet",
            pod_state::ended,
            true,
            false,
            running,
            {}},
      trial{"its Pod is gone, and its end is not stored yet",
            pod_state::ended,
            true,
            true,
            running,
            {}},
      trial{"cancelled, and its connector has ended",
            pod_state::ending,
            false,
            false,
            stored,
            {}},
      trial{"its sidecar has ended",
            pod_state::running,
            true,
            false,
            stored,
            {},
            false},
      trial{"all has ended", pod_state::ended, false, false, stored, {}, false},
      trial{"it never began",
            pod_state::hopeless,
            false,
            false,
            stored,
            {},
            false},
      trial{"its Pod is gone",
            pod_state::running,
            false,
            true,
            stored,
            {},
            false},
      trial{"it may live, for a while", pod_state::running, false, false,
            stored, minutes{9}},
      trial{"nobody told of its end", pod_state::running, false, false, stored,
            minutes{10}, false},
      trial{"what reads is not given up", pod_state::running, false, false,
            running, minutes{99}});
  INFO(one.what);
  const caf::actor_clock::time_point start;
  task_table tasks;
  auto& entry = tasks.note("pod", make_task("read", "s", "1"));
  if (one.state) {
    pod_status pod;
    pod.state = *one.state;
    if (one.sidecar_ended)
      pod.sidecar.emplace();
    if (*one.state == pod_state::ending)
      pod.source.emplace();
    entry.pod = std::make_shared<pod_status>(pod);
  }
  entry.gone = one.gone;
  entry.enter(one.phase, start + minutes{10});
  tasks.note("check", make_task("check", "s", "2"));
  std::optional<caf::actor_clock::time_point> given_up;
  if (one.given_up)
    given_up = start + *one.given_up;
  CHECK(tasks.find_saving("s", given_up) == (one.saves ? "1" : ""));
  CHECK(tasks.find_saving("t", given_up).empty());
}

TEST_CASE("no two tasks share a Pod's name", "[task_table]") {
  task_table tasks;
  auto& entry = tasks.note("pod", make_task("spec", "", "1"));
  const auto same = make_task("spec", "", "2");
  entry.phase = task_phase::running;
  CHECK(tasks.find_conflict(same, "pod")->what == "the same task runs already");
  entry.phase = task_phase::finished;
  CHECK(tasks.find_conflict(same, "pod")->what.find("cleaned up")
        != std::string::npos);
}

TEST_CASE("a task is found by the ids that were noted last", "[task_table]") {
  task_table tasks;
  tasks.note("pod", make_task("read", "s", "1"));
  tasks.note("pod", make_task("read", "t", "2"));
  CHECK(tasks.size() == 1);
  task_key which;
  which.sync_id = "t";
  which.task_id = "2";
  CHECK(tasks.find_pod(which) == "pod");
  which.task_id = "1";
  CHECK(tasks.find_pod(which).empty());
  which.sync_id = "s";
  CHECK(tasks.find_pod(which).empty());
  CHECK_FALSE(tasks.find_conflict(make_task("read", "s", "3"), "other"));
}

TEST_CASE("reads are listed until they are forgotten, inquiries until they "
          "are stored",
          "[task_table]") {
  task_table tasks;
  tasks.note("a", make_task("read", "s", "1")).phase = task_phase::stored;
  tasks.note("b", make_task("check", "", "2")).phase = task_phase::finished;
  tasks.note("c", make_task("check", "", "3", "x")).phase = task_phase::stored;
  CHECK(*tasks.reads() == std::vector<std::string>{"1"});
  const auto running = tasks.running_inquiries();
  REQUIRE(running->size() == 1);
  CHECK(running->front().task_id == "2");
}

TEST_CASE("reads run until they are finished", "[task_table]") {
  task_table tasks;
  tasks.note("a", make_task("read", "s", "1")).phase = task_phase::running;
  tasks.note("b", make_task("read", "t", "2")).phase = task_phase::finished;
  tasks.note("c", make_task("read", "u", "3"));
  tasks.note("d", make_task("check", "", "4")).phase = task_phase::running;
  CHECK(*tasks.running_reads() == std::vector<std::string>{"1", "3"});
}

TEST_CASE("tasks whose Pods were never seen are forgotten in time",
          "[task_table]") {
  struct trial {
    std::chrono::minutes noted;
    bool seen;
    bool forgotten;
  };

  const auto one = GENERATE(trial{std::chrono::minutes{4}, false, true},
                            trial{std::chrono::minutes{5}, false, false},
                            trial{std::chrono::minutes{4}, true, false});
  const caf::actor_clock::time_point start;
  task_table tasks;
  auto& entry = tasks.note("pod", make_task("read", "s", "1"));
  entry.since = start + one.noted;
  if (one.seen)
    entry.pod = std::make_shared<pod_status>();
  tasks.note("other", make_task("read", "t", "2")).since =
      start + std::chrono::minutes{9};
  tasks.forget_unseen(start + std::chrono::minutes{5});
  CHECK((tasks.find("pod") == tasks.end()) == one.forgotten);
  CHECK(tasks.find("other") != tasks.end());
  // Forgotten, it is in nobody's way.
  CHECK(tasks.find_conflict(make_task("read", "s", "3"), "new").has_value()
        != one.forgotten);
}
