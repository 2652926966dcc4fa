#include "runtime/kubernetes/lease_keeper.hpp"

#include "runtime/base/clock.hpp"
#include "support/kube_stand_in.hpp"
#include "support/lease_store.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <vector>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

/// Far more than anything here takes.
constexpr auto patience = 60s;

/// As those that are meant, but quicker.
const lease_limits quick = {2s, 1s, 200ms, 50ms};

/// A candidate.
struct candidate {
  candidate(const kube_stand_in& stand_in, const std::string& host,
            const std::string& pod_uid = {}) {
    kube_access access;
    access.server = stand_in.url();
    keeper = std::make_unique<lease_keeper>(
        std::make_unique<kube_lease_api>(access, "ns", "syncctl",
                                         std::make_shared<kube_counts>(),
                                         lease_patience{200ms, 300ms}),
        lease_candidate::make(host, pod_uid), state,
        [this](uint64_t term) {
          std::lock_guard lock{mutex};
          told.push_back(term);
          changed.notify_all();
        },
        quick);
  }

  /// @returns whether it was told that within `patience`.
  bool hears(uint64_t term) {
    std::unique_lock lock{mutex};
    return changed.wait_for(lock, patience, [&] {
      return std::count(told.begin(), told.end(), term) > 0;
    });
  }

  std::shared_ptr<leadership> state = std::make_shared<leadership>();
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<uint64_t> told;
  // The last: it calls while all of the others are there.
  std::unique_ptr<lease_keeper> keeper;
};

struct fixture {
  lease_store store;
  std::atomic<bool> cut = false;
  kube_stand_in stand_in{[this](const kube_call& call) {
    return cut ? kube_answer{500, "{}"} : store.answer(call);
  }};
};

} // namespace

TEST_CASE("one replica leads, and another one after its end") {
  fixture f;
  candidate first{f.stand_in, "a"};
  REQUIRE(first.hears(1));
  CHECK(first.state->allows(1));
  candidate second{f.stand_in, "b"};
  SECTION("that gives the Lease back") {
    first.keeper->resign();
    CHECK_FALSE(first.state->allows(1));
    CHECK(first.told.back() == 0);
  }
  SECTION("that died") {
    first.keeper.reset();
    CHECK_FALSE(first.state->allows(1));
  }
  REQUIRE(second.hears(1));
  CHECK(second.state->term() == 1);
}

TEST_CASE("a replica that cannot renew the Lease no longer leads") {
  fixture f;
  candidate one{f.stand_in, "a"};
  REQUIRE(one.hears(1));
  f.cut = true;
  REQUIRE(one.hears(0));
  CHECK_FALSE(one.state->allows(1));
  f.cut = false;
  // In a term of its own.
  REQUIRE(one.hears(2));
  CHECK_FALSE(one.state->allows(1));
  CHECK(one.state->allows(2));
  CHECK(one.state->terms() == 2);
}

TEST_CASE("a container that was started again follows itself at once") {
  fixture f;
  {
    candidate before{f.stand_in, "pod", "uid-1"};
    REQUIRE(before.hears(1));
    before.keeper.reset();
  }
  SECTION("in the same Pod") {
    auto calls = f.stand_in.lines().size();
    candidate after{f.stand_in, "pod", "uid-1"};
    REQUIRE(after.hears(1));
    // It looked once, and took it.
    auto lines = f.stand_in.lines();
    CHECK(lines[calls].starts_with("GET"));
    CHECK(lines[calls + 1].starts_with("PUT"));
  }
  SECTION("but not in another one") {
    auto calls = f.stand_in.lines().size();
    candidate after{f.stand_in, "pod", "uid-2"};
    REQUIRE(after.hears(1));
    CHECK(f.stand_in.lines()[calls + 1].starts_with("GET"));
  }
}

TEST_CASE("a leadership has one term at a time") {
  leadership state;
  auto now = boot_clock::now();
  CHECK(state.term() == 0);
  CHECK(state.allows(0));
  CHECK_FALSE(state.allows(1));
  CHECK(state.lead_until(now + 1h, now) == 1);
  CHECK(state.lead_until(now + 2h, now) == 1);
  CHECK(state.allows(1));
  CHECK(state.term(now + 2h) == 0);
  // It was over before.
  CHECK(state.lead_until(now + 9h, now + 3h) == 2);
  CHECK_FALSE(state.allows(1));
  CHECK(state.allows(2));
  state.end();
  CHECK_FALSE(state.allows(2));
  CHECK(leadership::without_rival()->allows(1));
}
