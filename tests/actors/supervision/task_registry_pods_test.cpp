#include "support/two_replicas.hpp"

#include "support/log_capture.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <random>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(two_replicas,
                 "a standby starts a task, and the leader supervises it") {
  auto pod = run_read("s", "t");
  CHECK(started["t"] == "ok");
  CHECK(rows["t"] == "RUNNING");
  CHECK(supervised() == 1);
  CHECK_FALSE(leads);
  // Only the leader stores that it runs.
  pass(61s);
  CHECK(touches == 2);
  CHECK(called_off == 0);
  show_end(pod, 3, 1);
  CHECK(rows["t"] == "FAILED");
  CHECK(deeds == strings{"launch", "store", "remove"});
  lose(pod);
  CHECK(supervised() == 0);
  use(leader);
  CHECK(supervised() == 0);
  CHECK(leads);
}

TEST_CASE_METHOD(two_replicas, "a standby refuses tasks that run already") {
  use(leader);
  auto pod = run_read("s", "t");
  use(standby);
  start(read("s", "t"));
  CHECK(holds(started["t"], "the same task runs already"));
  start(read("s", "t2"));
  CHECK(holds(started["t2"], "sync s runs already, as task t"));
  show(pod, [](pod_status& p) {
    p.state = pod_state::ended;
    p.source = p.sidecar = container_end{0, "", ""};
    p.being_deleted = true;
  });
  start(read("s", "t3"));
  CHECK(started["t3"] == "ok");
}

TEST_CASE_METHOD(two_replicas,
                 "a standby closes the row of a task that it cannot start") {
  launch_failure = failure{ec::service_unavailable, "HTTP 403 Forbidden"};
  start(read("s", "t"));
  CHECK(holds(started["t"], "HTTP 403"));
  CHECK(rows["t"] == "FAILED");
  CHECK(supervised() == 0);
  CHECK(called_off == 0);
}

TEST_CASE_METHOD(two_replicas,
                 "a standby cancels a task that the leader supervises") {
  use(leader);
  auto pod = run_read("s", "t");
  use(standby);
  cancel("s", "t");
  CHECK(cancelled == "ok");
  CHECK(rows["t"] == "CANCELLED");
  CHECK(deeds == strings{"launch", "store", "remove"});
  // It has let go: the rest is up to the leader.
  show_end(pod, 143, 0);
  CHECK(rows["t"] == "CANCELLED");
  lose(pod);
  CHECK(supervised() == 0);
  use(leader);
  CHECK(supervised() == 0);
}

TEST_CASE_METHOD(two_replicas, "a cancel at a standby waits for the database") {
  auto pod = run_read("s", "t");
  database_away = true;
  cancel("s", "t");
  CHECK(cancelled == "pending");
  bring_back_database();
  CHECK(cancelled == "ok");
  CHECK(rows["t"] == "CANCELLED");
  CHECK(deeds.back() == "remove");
}

TEST_CASE_METHOD(two_replicas, "a new leader adopts the running Pods") {
  auto pod = run_read("s", "t");
  auto quick = run_read("s2", "t2");
  kill(leader);
  show_end(quick, 0, 137);
  CHECK(rows["t2"] == "RUNNING");
  rows["lost"] = "RUNNING";
  silent.insert("lost");
  let_lead(standby);
  CHECK(rows["t2"] == "FAILED");
  // It sweeps at once, too.
  CHECK(rows["lost"] == "FAILED");
  CHECK(rows["t"] == "RUNNING");
  show_end(pod, 3, 1);
  CHECK(rows["t"] == "FAILED");
  CHECK(count("remove") == 2);
}

TEST_CASE_METHOD(two_replicas, "a former leader writes and deletes nothing") {
  auto pod = run_read("s", "t");
  auto told = GENERATE(true, false);
  depose(leader, told);
  show_end(pod, 3, 1);
  pass(20min);
  CHECK(rows["t"] == "RUNNING");
  CHECK(deeds == strings{"launch"});
  CHECK(supervised() == 1);
  // It may lead once more.
  let_lead(leader);
  CHECK(rows["t"] == "FAILED");
  CHECK(deeds == strings{"launch", "store", "remove"});
  lose(pod);
  use(leader);
  CHECK(supervised() == 0);
}

TEST_CASE_METHOD(
    two_replicas,
    "writes that wait for the database are not stored in another term") {
  auto pod = run_read("s", "t");
  use(leader);
  database_away = true;
  show_end(pod, 3, 1);
  CHECK(rows["t"] == "RUNNING");
  let_lead(standby);
  bring_back_database();
  // Two processes tried to store it, and one did.
  CHECK(called_off > 0);
  CHECK(rows["t"] == "FAILED");
  CHECK(count("store") == 1);
  CHECK(count("remove") == 1);
}

TEST_CASE_METHOD(two_replicas,
                 "a launch goes on after its replica has lost the Lease") {
  use(leader);
  slow_launch = true;
  start(read("s", "t"));
  auto pod = the_pod();
  pods[pod].annotations = to_annotations(read("s", "t"));
  SECTION("and is left to the next one") {
    let_lead(standby);
    answer_launches();
    CHECK(started["t"] == "ok");
    show_end(pod, 3, 1);
    CHECK(rows["t"] == "FAILED");
    CHECK(count("store") == 1);
  }
  SECTION("and goes on where it begins anew") {
    depose(leader);
    let_lead(leader);
    answer_launches();
    show_end(pod, 3, 1);
    CHECK(rows["t"] == "FAILED");
  }
  SECTION("or one that begins to lead meanwhile keeps it") {
    use(standby);
    start(read("s2", "t2"));
    let_lead(standby);
    answer_launches();
    CHECK(started["t2"] == "ok");
    // It has not heard of the other Pod.
    CHECK(supervised() == 1);
    CHECK(called_off == 0);
  }
}

TEST_CASE_METHOD(
    two_replicas,
    "one task that two replicas are asked for makes one Pod and one row") {
  slow_launch = true;
  start(read("s", "t"));
  auto first = started["t"];
  CHECK(first == "pending");
  auto pod = the_pod();
  pods[pod].annotations = to_annotations(read("s", "t"));
  SECTION("before the Pod was seen") {}
  SECTION("after it was seen") {
    show_state(pod, pod_state::running);
  }
  use(leader);
  started.clear();
  start(read("s", "t"));
  CHECK(holds(started["t"], "already_exists"));
  CHECK(rows["t"] == "RUNNING");
  use(standby);
  started.clear();
  answer_launches();
  show_state(pod, pod_state::running);
  CHECK(pods.size() == 1);
  CHECK(deeds == strings{"launch"});
  use(leader);
  CHECK(supervised() == 1);
  show_end(pod, 3, 1);
  CHECK(rows["t"] == "FAILED");
}

TEST_CASE_METHOD(two_replicas,
                 "a late report of a supervisor that was dropped is ignored") {
  auto pod = run_read("s", "t");
  use(leader);
  // As one that was dropped may have sent it.
  tell(registry, pod, task_phase::cleaned);
  tell(registry, atom::leave_v, pod, false);
  CHECK(supervised() == 1);
  show_end(pod, 3, 1);
  CHECK(rows["t"] == "FAILED");
}

TEST_CASE_METHOD(two_replicas,
                 "a start whose Pod was never seen is forgotten") {
  start(read("s", "t"));
  CHECK(supervised() == 1);
  pass(6min);
  CHECK(supervised() == 0);
}

TEST_CASE(
    "every task ends once and by one replica, for any sequence of leaders") {
  auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  auto pick = [&](int most) {
    return std::uniform_int_distribution<int>{0, most}(random);
  };
  for (int round = 0; round < 40; ++round) {
    two_replicas world;
    std::map<std::string, task_request> tasks;
    std::map<std::string, std::string> ends;
    for (int step = 0; step < 80; ++step) {
      auto any_pod = [&] {
        return world.any_pod(pick);
      };
      world.use(static_cast<size_t>(pick(1)));
      switch (pick(13)) {
      case 0:
      case 1: {
        auto id = std::string{"t"}.append(std::to_string(pick(30)));
        auto task =
            world.read(std::string{"s"}.append(std::to_string(pick(3))), id);
        world.started.clear();
        world.start(task);
        auto name = make_pod_manifest(task, world.settings)->name;
        if (world.started[id] == "ok" && world.pods.contains(name)) {
          // Once for each id.
          REQUIRE(tasks.emplace(id, task).second);
          world.pods[name].annotations = to_annotations(task);
          world.show_state(name, pod_state::pending);
        }
        break;
      }
      case 2:
      case 3:
        if (auto pod = any_pod(); !pod.empty())
          world.show_state(pod, static_cast<pod_state>(pick(1) * 3));
        break;
      case 4:
        if (auto pod = any_pod(); !pod.empty())
          world.show_end(pod, pick(2), pick(2));
        break;
      case 5:
        if (auto pod = any_pod();
            !pod.empty() && world.pods[pod].state == pod_state::ended)
          world.lose(pod);
        break;
      case 6:
        world.database_away = true;
        break;
      case 7:
        world.bring_back_database();
        break;
      case 8:
        if (!tasks.empty()) {
          auto at = tasks.begin();
          std::advance(at, pick(static_cast<int>(tasks.size()) - 1));
          world.cancel(at->second.sync_id, at->first);
        }
        break;
      case 9:
        world.removal_failures = pick(4);
        break;
      case 10:
        world.let_lead(static_cast<size_t>(pick(1)));
        break;
      case 11:
        world.depose(static_cast<size_t>(pick(1)), pick(1) == 0);
        break;
      default:
        world.pass(std::chrono::seconds{pick(20)});
      }
      // Ended tasks stay as they are.
      for (const auto& [id, status] : ends)
        REQUIRE(world.rows[id] == status);
      for (const auto& [id, status] : world.rows)
        if (status != "RUNNING")
          ends[id] = status;
    }
    world.removal_failures = 0;
    world.bring_back_database();
    world.let_lead(0);
    // Time ends what never started or runs for ever.
    world.pass(10min);
    for (auto pods = world.pods; const auto& [name, pod] : pods)
      world.lose(name);
    world.pass(10min);
    for (const auto& [id, task] : tasks)
      world.silent.insert(id);
    // The sweep finds a task whose Pod went while no process led.
    world.pass(16min);
    for (size_t i = 0; i < 2; ++i) {
      world.use(i);
      REQUIRE(world.supervised() == 0);
    }
    for (const auto& [id, task] : tasks) {
      INFO(id);
      CHECK(world.rows[id] != "RUNNING");
    }
  }
}

TEST_CASE_METHOD(control_world,
                 "a foreign Pod with our label is told of once") {
  const log_capture log;
  auto times = [&log](const std::string& name) {
    const auto text = log.text();
    size_t out = 0;
    const auto line = "Pod " + name + " has our label";
    for (auto at = text.find(line); at != std::string::npos;
         at = text.find(line, at + 1))
      ++out;
    return out;
  };
  for (const auto* name : {"one", "two"}) {
    pods[name].name = name;
    pods[name].uid = std::string{"uid-"} + name;
  }
  // Watch events, and a list that tells of it again.
  for (int i = 0; i < 3; ++i) {
    show_state("one", pod_state::pending);
    show_state("two", pod_state::running);
  }
  list();
  show_state("one", pod_state::running);
  CHECK(times("one") == 1);
  CHECK(times("two") == 1);
  // Another Pod of that name is another Pod.
  lose("one");
  pods["one"].name = "one";
  pods["one"].uid = "uid-3";
  show_state("one", pod_state::running);
  CHECK(times("one") == 2);
  // One that gets its marks later is a task.
  show("two", [](pod_status& pod) {
    pod.annotations = to_annotations(read("s", "t"));
  });
  CHECK(supervised() == 1);
}
