#include "actors/supervision/pod_worker.hpp"

#include "runtime/kubernetes/pod_runner.hpp"
#include "support/actor_fixture.hpp"
#include "support/scripted_pod_api.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;

namespace {

struct worker_world : actor_fixture {
  worker_world() {
    worker =
        spawn(pod_worker,
              std::make_shared<pod_runner>(api, controller_settings{}), lead);
  }

  /// @returns `ok`, or the code of the failure.
  template <class Answer, class... Ts>
  std::string ask(Ts... xs) {
    std::string out = "pending";
    spawn([&, this](caf::event_based_actor* own) {
      rt::ask(own, write_patience, worker, xs...)
          .then([&out](const Answer&) { out = "ok"; },
                [&out](const caf::error& why) {
                  out = std::string{to_string(to_failure(why).code)};
                });
    });
    return out;
  }

  std::string remove(lead_term term) {
    pod_removal which;
    which.name = "p";
    which.term = term;
    return ask<bool>(
        pod_removal_ptr{std::make_shared<const pod_removal>(std::move(which))});
  }

  std::shared_ptr<scripted_pod_api> api = std::make_shared<scripted_pod_api>();
  std::shared_ptr<leadership> lead = leadership::without_rival();
  pod_worker_actor worker;
};

} // namespace

TEST_CASE_METHOD(worker_world,
                 "an act of a leader is not done without the lead") {
  api->put("p", pod_state::running);
  lead->end();
  CHECK(remove(1) == "cancelled");
  CHECK(ask<uint64_t>(atom::sweep_v, lead_term{1}) == "cancelled");
  CHECK(api->calls.empty());
  lead->lead_until(leadership::time_point::max());
  // An act of the term before.
  CHECK(remove(1) == "cancelled");
  CHECK(api->calls.empty());
  CHECK(remove(2) == "ok");
  CHECK(ask<uint64_t>(atom::sweep_v, lead_term{2}) == "ok");
}

TEST_CASE_METHOD(
    worker_world,
    "a call without a term is made by a replica that does not lead") {
  api->put("p", pod_state::running);
  lead->end();
  CHECK(remove(0) == "ok");
  CHECK(api->count("delete_pod") == 1);
}
