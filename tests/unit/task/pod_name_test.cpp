#include "runtime/task/pod_name.hpp"

#include <catch2/catch_all.hpp>

#include <regex>
#include <set>

using namespace motorcade;

namespace {

task_identity faker() {
  return {"airbyte/source-faker", "6.2.0", "read", "sync-1",
          "0a1b2c3d-task-77ff21", "",      ""};
}

bool is_dns_label(const std::string& name) {
  static const std::regex label{"[a-z0-9]([-a-z0-9]*[a-z0-9])?"};
  return name.size() <= 63 && std::regex_match(name, label);
}

} // namespace

TEST_CASE("a Pod's name lets a person recognise its task") {
  auto name = make_pod_name(faker());
  CHECK(name.find("faker-sync-1-read-77ff21-") == 0);
  CHECK(is_dns_label(name));
  // It must never change: it finds the Pods of an earlier version.
  CHECK(name == make_pod_name(faker()));
  auto own = faker();
  own.package = "registry:5000/Team/My_Connector";
  CHECK(make_pod_name(own).find("registry-5000-team-m-sync-1-read-") == 0);
}

TEST_CASE("any text makes a valid name of a Pod") {
  std::string odd;
  for (int c = 1; c < 256; ++c)
    odd += static_cast<char>(c);
  for (const auto& text :
       {std::string{}, std::string{"-"}, std::string{"../../etc/passwd"},
        std::string{"'; DROP TABLE source_task; --"}, std::string{"日本語"},
        std::string(100'000, 'x'), std::string(1000, '-'), odd,
        std::string{"a.b_c D"}}) {
    for (auto field : {&task_identity::package, &task_identity::version,
                       &task_identity::command, &task_identity::sync_id,
                       &task_identity::task_id, &task_identity::storage_key,
                       &task_identity::digest}) {
      auto task = faker();
      task.*field = text;
      if (field == &task_identity::command)
        continue;
      CHECK(is_dns_label(make_pod_name(task)));
    }
    for (const auto* command : {"spec", "check", "discover", "read"})
      CHECK(is_dns_label(
          make_pod_name({text, text, command, text, text, text, text})));
  }
}

TEST_CASE("tasks that differ in anything have different names") {
  std::set<std::string> names = {make_pod_name(faker())};
  for (auto field : {&task_identity::package, &task_identity::version,
                     &task_identity::sync_id, &task_identity::task_id,
                     &task_identity::storage_key, &task_identity::digest}) {
    auto task = faker();
    task.*field += "x";
    CHECK(names.insert(make_pod_name(task)).second);
    // What is moved from one field to the next is another task.
    auto moved = faker();
    moved.sync_id = "a";
    moved.task_id = "bc";
    auto other = faker();
    other.sync_id = "ab";
    other.task_id = "c";
    CHECK(make_pod_name(moved) != make_pod_name(other));
  }
  // Alike at both ends, as numbered tasks with a common suffix are.
  for (int i = 0; i < 10'000; ++i) {
    auto task = faker();
    task.task_id = "run-" + std::to_string(i) + "-of-the-same-day";
    CHECK(names.insert(make_pod_name(task)).second);
  }
}
