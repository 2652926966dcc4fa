#include "actors/supervision/task_index.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <random>

using namespace motorcade;

namespace {

using strings = std::vector<std::string>;

task_request make_task(const char* command, const std::string& sync_id,
                       const std::string& storage_key) {
  task_request out;
  out.command = command;
  out.sync_id = sync_id;
  out.storage_key = storage_key;
  return out;
}

strings sorted(strings names) {
  std::sort(names.begin(), names.end());
  return names;
}

} // namespace

TEST_CASE("reads conflict by their sync, other commands by their storage key") {
  task_index index;
  index.add("read-a", make_task("read", "a", ""));
  index.add("read-b", make_task("read", "b", ""));
  index.add("check-k", make_task("check", "", "k"));
  index.add("discover-k", make_task("discover", "a", "k"));
  CHECK(index.conflicting_pods(make_task("read", "a", "k"))
        == strings{"read-a"});
  CHECK(index.conflicting_pods(make_task("check", "a", "k"))
        == strings{"check-k"});
  CHECK(index.conflicting_pods(make_task("discover", "", "k"))
        == strings{"discover-k"});
  CHECK(index.conflicting_pods(make_task("discover", "a", "l")).empty());
  CHECK(sorted(index.of_sync("a")) == strings{"discover-k", "read-a"});
  CHECK(index.of_sync("") == strings{"check-k"});
}

TEST_CASE("against a model, the index knows the tasks that were added and not "
          "removed") {
  auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  auto pick = [&](size_t n) {
    return static_cast<size_t>(random() % n);
  };
  auto any_task = [&] {
    constexpr const char* commands[] = {"spec", "check", "discover", "read"};
    return make_task(commands[pick(4)], std::to_string(pick(4)),
                     std::to_string(pick(4)));
  };
  task_index index;
  std::map<std::string, task_request> model;
  for (auto step = 0; step < 5000; ++step) {
    auto pod = "pod-" + std::to_string(pick(60));
    if (auto found = model.find(pod); found != model.end()) {
      index.remove(pod, found->second);
      model.erase(found);
    } else {
      auto task = any_task();
      index.add(pod, task);
      model.emplace(pod, task);
    }
    // Removing an unknown task does nothing.
    index.remove("nobody", any_task());
    auto asked = any_task();
    strings rivals;
    strings of_sync;
    for (const auto& [name, task] : model) {
      auto is_read = asked.command == "read";
      if (task.command == asked.command
          && (is_read ? task.sync_id == asked.sync_id
                      : task.storage_key == asked.storage_key))
        rivals.push_back(name);
      if (task.sync_id == asked.sync_id)
        of_sync.push_back(name);
    }
    REQUIRE(sorted(index.conflicting_pods(asked)) == rivals);
    REQUIRE(sorted(index.of_sync(asked.sync_id)) == of_sync);
  }
}
