#include "support/running_read.hpp"

#include <catch2/catch_all.hpp>

#include <random>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

TEST_CASE("nothing is started before all Pods were listed") {
  control_world world;
  world.start(world.read("s", "t"));
  CHECK(holds(world.started["t"], "still listing the running tasks"));
  world.list();
  world.start(world.read("s", "t"));
  CHECK(world.started["t"] == "ok");
  CHECK(world.rows["t"] == "RUNNING");
}

TEST_CASE_METHOD(running_read,
                 "a status that the sidecar stored is not overwritten") {
  rows["t"] = "SUCCESS";
  show_end(pod, 0, 0);
  CHECK(rows["t"] == "SUCCESS");
  CHECK(deeds == strings{"launch", "store", "remove"});
  CHECK(supervised() == 1);
  lose(pod);
  CHECK(supervised() == 0);
}

TEST_CASE_METHOD(running_read, "a Pod that vanishes is FAILED at once") {
  lose(pod);
  CHECK(rows["t"] == "FAILED");
  CHECK(holds(errors["t"], "vanished"));
  CHECK(supervised() == 0);
  // Its Secret is deleted all the same.
  CHECK(deeds == strings{"launch", "store", "remove"});
}

TEST_CASE_METHOD(running_read, "a sidecar that was killed leaves its log") {
  show_end(pod, 0, 137);
  CHECK(rows["t"] == "FAILED");
  CHECK(holds(errors["t"], "last lines of container sidecar:\nwhat sidecar"));
  REQUIRE(lines.size() == 1);
  CHECK(holds(lines[0], "what sidecar said"));
}

TEST_CASE_METHOD(control_world,
                 "last lines that are cut never show half a secret") {
  const std::string secret = "S3cr3tValue-0123456789-abcdefghijkl";
  list();
  auto task = read("s", "t");
  task.config = R"({"password":")" + secret + "\"}";
  start(task);
  show_state(the_pod(), pod_state::running);
  // Whatever is left out in the middle begins and ends within one of them.
  for (int i = 0; i < 400; ++i)
    more_lines += secret + "\n";
  show_end(the_pod(), 0, 137);
  CHECK(holds(errors["t"], "***"));
  CHECK_FALSE(holds(errors["t"], "S3cr"));
  CHECK_FALSE(holds(errors["t"], "jkl"));
  REQUIRE(lines.size() == 1);
  CHECK_FALSE(holds(lines[0], "S3cr"));
  CHECK_FALSE(holds(lines[0], "jkl"));
}

TEST_CASE_METHOD(
    running_read,
    "a failure that the sidecar has stored is not stored in other words") {
  auto code = GENERATE(1, 2);
  auto told = GENERATE(false, true);
  if (told) {
    rows["t"] = "FAILED";
    errors["t"] = "the connector failed (exit code 3): no such host";
  }
  show_end(pod, 3, code);
  CHECK(rows["t"] == "FAILED");
  CHECK(holds(errors["t"], "the sidecar failed") != told);
  CHECK(lines.size() == (told ? 0 : 1));
}

TEST_CASE_METHOD(control_world, "running specs, checks and discovers are "
                                "listed until their end is stored") {
  list();
  auto what = discover("k");
  what.command = GENERATE("spec", "check", "discover");
  start(what);
  start(read("s", "t"));
  CHECK(inquiries() == what.command + " k;");
  for (const auto& [pod, status] : std::map{pods})
    if (pod.find(what.command) != std::string::npos)
      show_end(pod, 0, 0);
  CHECK(inquiries().empty());
}

TEST_CASE_METHOD(running_read, "the measured use of a connector is logged") {
  used[pod] = {0.5, uint64_t{300} << 20};
  used["of somebody else"] = {8, uint64_t{9000} << 20};
  pass(31s);
  used[pod] = {1.25, uint64_t{100} << 20};
  pass(31s);
  show_end(pod, 0, 0);
  REQUIRE(lines.size() == 1);
  CHECK(holds(lines[0], "300 MiB of memory and 1.25 cores at most"));
}

TEST_CASE_METHOD(running_read, "the Pod stays while the database is away") {
  database_away = true;
  show_end(pod, 3, 1);
  pass(10min);
  CHECK(deeds == strings{"launch"});
  SECTION("and goes when it is stored") {
    bring_back_database();
    CHECK(rows["t"] == "FAILED");
    CHECK(deeds == strings{"launch", "store", "remove"});
  }
  SECTION("or gone by itself, is stored all the same") {
    lose(pod);
    CHECK(supervised() == 1);
    bring_back_database();
    CHECK(rows["t"] == "FAILED");
    CHECK(supervised() == 0);
  }
}

TEST_CASE_METHOD(running_read, "a removal is tried until it succeeds") {
  removal_failures = 5;
  show_end(pod, 3, 1);
  pass(5min);
  CHECK(removal_failures == 0);
  lose(pod);
  CHECK(supervised() == 0);
}

TEST_CASE_METHOD(running_read,
                 "the deletion of a Pod that stays is requested once more") {
  show_end(pod, 0, 0);
  auto before = deeds.size();
  pass(3min);
  CHECK(deeds.size() == before + 1);
  // The event was lost: the API says that it is gone.
  pods.clear();
  pass(3min);
  CHECK(supervised() == 0);
}

TEST_CASE_METHOD(
    running_read,
    "a late event of a Pod whose task is cleaned starts no supervisor") {
  auto late = std::make_shared<const pod_status>(pods[pod]);
  show_end(pod, 3, 1);
  lose(pod);
  CHECK(supervised() == 0);
  tell(registry, atom::seen_v, pod_status_ptr{late});
  CHECK(supervised() == 0);
}

TEST_CASE_METHOD(running_read,
                 "a controller adopts the Pods that another one started") {
  auto task = read("s", "t");
  pods[pod].annotations = to_annotations(task);
  crash();
  CHECK(rows["t"] == "RUNNING");
  begin();
  SECTION("and still runs") {
    show_state(pod, pod_state::running);
    list();
    CHECK(supervised() == 1);
    start(read("s", "t2"));
    CHECK(holds(started["t2"], "runs already"));
    show_end(pod, 0, 137);
    CHECK(rows["t"] == "FAILED");
  }
  SECTION("and has ended meanwhile") {
    show_end(pod, 3, 1);
    list();
    CHECK(rows["t"] == "FAILED");
    CHECK(deeds.back() == "remove");
  }
  SECTION("and had no time to start") {
    pods[pod].annotations["StartedAt"] = "2020-01-01T00:00:00.000Z";
    show_state(pod, pod_state::pending);
    list();
    pass(2s);
    CHECK(rows["t"] == "FAILED");
    CHECK(holds(errors["t"], "did not start within 180 s"));
  }
}

TEST_CASE_METHOD(control_world, "a foreign Pod is left alone") {
  auto& pod = pods["foreign"];
  pod.name = "foreign";
  pod.uid = "1";
  show_state("foreign", pod_state::running);
  list();
  CHECK(supervised() == 0);
  CHECK(deeds.empty());
}

TEST_CASE_METHOD(control_world,
                 "a scheduled start always waits for the same time") {
  list();
  auto task = read("sync", "t");
  task.started_by = R"({"trigger":"scheduled"})";
  auto wait = start_delay("sync");
  REQUIRE(wait > 1s);
  SECTION("and starts") {
    start(task);
    CHECK(started["t"] == "ok");
    CHECK(rows.empty());
    pass(wait - 1s);
    CHECK(pods.empty());
    pass(2s);
    CHECK(pods.size() == 1);
    CHECK(rows["t"] == "RUNNING");
  }
  SECTION("unless its sync runs by then") {
    start(task);
    start(read("sync", "other"));
    pass(2min);
    CHECK(pods.size() == 1);
    CHECK(rows.count("t") == 0);
  }
  SECTION("unless it is cancelled") {
    start(task);
    cancel("sync", "t");
    CHECK(cancelled == "ok");
    pass(2min);
    CHECK(pods.empty());
  }
  SECTION("unless nodelay is given") {
    task.no_delay = true;
    start(task);
    CHECK(pods.size() == 1);
  }
  SECTION("once") {
    start(task);
    start(task);
    CHECK(holds(started["t"], "already_exists"));
  }
}

TEST_CASE_METHOD(control_world, "a discover is followed by its sync") {
  list();
  auto task = discover("k");
  task.then_run = true;
  task.workspace_id = "w";
  start(task);
  auto pod = the_pod();
  show_state(pod, pod_state::running);
  SECTION("where it went well") {
    show_end(pod, 0, 0);
    CHECK(console_calls == strings{"t-k"});
    CHECK(rows.empty());
    CHECK(deeds == strings{"launch", "remove"});
  }
  SECTION("which the console may refuse") {
    console_failure = failure{ec::service_unavailable, "HTTP 500"};
    show_end(pod, 0, 0);
    CHECK(rows["t-k"] == "FAILED");
    CHECK(errors["t-k"] == "HTTP 500");
  }
  SECTION("but not where it failed") {
    show_end(pod, 1, 1);
    CHECK(console_calls.empty());
    CHECK(rows["t-k"] == "FAILED");
    REQUIRE(results.size() == 1);
  }
}

TEST_CASE_METHOD(control_world, "a check that its sidecar answered is not "
                                "touched") {
  list();
  auto task = discover("k");
  task.command = "check";
  start(task);
  auto pod = the_pod();
  SECTION("answered") {
    show_end(pod, 1, 0);
    CHECK(results.empty());
  }
  SECTION("not answered") {
    show_end(pod, 1, 1);
    CHECK(results.size() == 1);
    CHECK(lines.size() == 1);
  }
  SECTION("answered that it failed") {
    sidecar_told_result = true;
    show_end(pod, 1, 1);
    CHECK(results.empty());
    CHECK(lines.empty());
  }
  CHECK(deeds.back() == "remove");
}

TEST_CASE_METHOD(running_read, "a running task is recorded as running") {
  pass(61s);
  CHECK(touches >= 2);
  show_end(pod, 0, 0);
  auto before = touches;
  pass(61s);
  CHECK(touches == before);
}

TEST_CASE(
    "every task ends once and leaves nothing, whatever fails and whenever") {
  auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  auto pick = [&](int most) {
    return std::uniform_int_distribution<int>{0, most}(random);
  };
  for (int round = 0; round < 40; ++round) {
    control_world world;
    world.list();
    std::vector<std::string> tasks;
    for (int step = 0; step < 60; ++step) {
      auto any_pod = [&] {
        return world.any_pod(pick);
      };
      switch (pick(11)) {
      case 0:
      case 1: {
        auto task = "t" + std::to_string(tasks.size());
        world.start(world.read("s" + std::to_string(pick(3)), task));
        tasks.push_back(task);
        if (world.rows.count(task) == 0)
          tasks.pop_back();
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
        if (auto pod = any_pod(); !pod.empty())
          world.lose(pod);
        break;
      case 6:
        world.database_away = true;
        break;
      case 7:
        world.bring_back_database();
        break;
      case 8:
        if (!tasks.empty())
          world.cancel("s" + std::to_string(pick(3)),
                       tasks[static_cast<size_t>(
                           pick(static_cast<int>(tasks.size()) - 1))]);
        break;
      case 9:
        world.removal_failures = pick(4);
        break;
      default:
        world.pass(std::chrono::seconds{pick(20)});
      }
    }
    world.bring_back_database();
    world.removal_failures = 0;
    // Time ends what never started or runs for ever.
    world.pass(10min);
    for (auto pods = world.pods; const auto& [name, pod] : pods)
      world.lose(name);
    world.pass(10min);
    REQUIRE(world.supervised() == 0);
    for (const auto& task : tasks) {
      INFO(task);
      CHECK(world.rows[task] != "RUNNING");
    }
  }
}
