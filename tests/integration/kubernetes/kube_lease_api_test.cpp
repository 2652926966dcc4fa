#include "runtime/kubernetes/kube_lease_api.hpp"

#include "runtime/base/clock.hpp"
#include "support/kube_stand_in.hpp"
#include "support/lease_store.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <future>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const std::string leases = "/apis/coordination.k8s.io/v1/namespaces/ns/leases";

kube_access access_to(const kube_stand_in& stand_in) {
  kube_access out;
  out.server = stand_in.url();
  return out;
}

struct fixture {
  lease_store store;
  kube_stand_in stand_in{[this](const kube_call& call) {
    return store.answer(call);
  }};
  kube_lease_api api{access_to(stand_in), "ns", "syncctl",
                     std::make_shared<kube_counts>()};

  json last_spec() const {
    return json::parse(stand_in.calls().back().body)["spec"];
  }
};

lease_record held_by(const std::string& holder) {
  lease_record out;
  out.holder = holder;
  out.duration = 12s;
  return out;
}

template <class T>
ec code_of(const result<T>& done) {
  return done ? ec::none : done.error().code;
}

/// An API that answers everything alike.
struct dull {
  explicit dull(int status, const std::string& body = "{}")
      : stand_in{[=](const kube_call&) {
          return kube_answer{status, body, {{"Retry-After", "30"}}};
        }} {}

  kube_stand_in stand_in;
  kube_lease_api api{access_to(stand_in), "ns", "syncctl",
                     std::make_shared<kube_counts>()};
};

} // namespace

TEST_CASE("a Lease is created, read and renewed") {
  fixture f;
  CHECK(code_of(f.api.get()) == ec::not_found);
  auto created = f.api.create(held_by("me"));
  REQUIRE(created);
  CHECK(created->holder == "me");
  CHECK(created->duration == 12s);
  CHECK(created->transitions == 0);
  CHECK(created->uid == "uid-1");
  CHECK(created->version == "2");
  // Times as MicroTime has them.
  CHECK(from_iso8601_micros(created->renewed_at));
  CHECK(created->acquired_at == created->renewed_at);
  auto got = f.api.get();
  REQUIRE(got);
  CHECK(*got == *created);
  auto renewed = f.api.update(*got);
  REQUIRE(renewed);
  CHECK(renewed->version == "3");
  CHECK(renewed->acquired_at == created->acquired_at);
  CHECK(from_iso8601_micros(renewed->renewed_at)
        >= from_iso8601_micros(created->renewed_at));
  CHECK(f.stand_in.lines()
        == std::vector<std::string>{
            "GET " + leases + "/syncctl", "POST " + leases,
            "GET " + leases + "/syncctl", "PUT " + leases + "/syncctl"});
}

TEST_CASE("a Lease changes hands and is given back") {
  fixture f;
  auto lease = f.api.create(held_by("me"));
  REQUIRE(lease);
  lease->holder = "another";
  lease->acquired_at.clear();
  ++lease->transitions;
  auto taken = f.api.update(*lease);
  REQUIRE(taken);
  CHECK(taken->holder == "another");
  CHECK(taken->transitions == 1);
  CHECK(taken->acquired_at == taken->renewed_at);
  taken->holder.clear();
  auto free = f.api.update(*taken);
  REQUIRE(free);
  CHECK(free->holder.empty());
  CHECK_FALSE(f.last_spec().contains("holderIdentity"));
}

TEST_CASE("the second of two writes is refused") {
  fixture f;
  auto lease = f.api.create(held_by("me"));
  REQUIRE(lease);
  CHECK(code_of(f.api.create(held_by("another"))) == ec::already_exists);
  REQUIRE(f.api.update(*lease));
  CHECK(code_of(f.api.update(*lease)) == ec::already_exists);
  f.store.erase();
  CHECK(code_of(f.api.update(*lease)) == ec::not_found);
  REQUIRE(f.api.create(held_by("another")));
  CHECK(code_of(f.api.update(*lease)) == ec::already_exists);
}

TEST_CASE("an answer that is no Lease is not taken for one") {
  auto body =
      GENERATE(as<std::string>{}, "", "[]", "{}", "null", R"({"metadata":7})",
               R"({"metadata":{"uid":"u"},"spec":{}})",
               R"({"metadata":{"resourceVersion":"1"},"spec":{}})");
  dull d{200, body};
  auto got = d.api.get();
  CHECK(code_of(got) == ec::service_unavailable);
  CHECK_THAT(got.error().what, Catch::Matchers::ContainsSubstring("no Lease"));
}

TEST_CASE("a Lease that another program made is read as far as possible") {
  dull d{200, R"({"metadata":{"uid":"u","resourceVersion":"1"},"spec":)"
              R"({"holderIdentity":null,"leaseDurationSeconds":"x",)"
              R"("leaseTransitions":null,"renewTime":3}})"};
  auto got = d.api.get();
  REQUIRE(got);
  CHECK(got->holder.empty());
  CHECK(got->duration == 0s);
  CHECK(got->transitions == 0);
}

TEST_CASE("a call about a Lease does not wait for a busy API") {
  dull d{429};
  CHECK(code_of(d.api.get()) == ec::too_busy);
  CHECK(d.stand_in.calls().size() == 1);
}

TEST_CASE("failures name the Lease") {
  dull d{403, R"({"reason":"Forbidden","message":"no right"})"};
  auto got = d.api.get();
  REQUIRE_FALSE(got);
  CHECK(got.error().code == ec::system_failed);
  CHECK(got.error().what
        == "Kubernetes: cannot get Lease syncctl: HTTP 403 Forbidden: "
           "no right");
}

TEST_CASE(
    "an API that does not answer is given up, or left at once on a stop") {
  std::promise<void> asked;
  kube_stand_in stand_in{[&](const kube_call&) {
    asked.set_value();
    stand_in.hang();
    return kube_answer{};
  }};
  auto patience = GENERATE(100ms, 30'000ms);
  kube_lease_api api{access_to(stand_in),
                     "ns",
                     "syncctl",
                     std::make_shared<kube_counts>(),
                     {patience, patience}};
  auto got = std::async(std::launch::async, [&api] { return api.get(); });
  asked.get_future().wait();
  if (patience > 1s) {
    api.stop();
    CHECK(code_of(got.get()) == ec::cancelled);
  } else {
    CHECK(code_of(got.get()) == ec::service_unavailable);
  }
}

TEST_CASE("an election works over HTTP") {
  fixture f;
  // The clock stands where the test puts it.
  lease_election::time_point now{1h};
  auto elect = [&](lease_election& election) {
    auto step = election.next(now);
    if (step == lease_step::read)
      election.answered(f.api.get(), now);
    else if (step == lease_step::create)
      election.answered(f.api.create(election.wanted()), now);
    else if (step == lease_step::update)
      election.answered(f.api.update(election.wanted()), now);
    return step;
  };
  lease_election one{"one"};
  lease_election two{"two"};
  for (int i = 0; i < 300 && !one.leads(now); ++i, now += 100ms) {
    elect(one);
    CHECK_FALSE(two.leads(now));
  }
  REQUIRE(one.leads(now));
  for (int i = 0; i < 300; ++i, now += 100ms) {
    elect(one);
    elect(two);
    REQUIRE(one.leads(now));
    REQUIRE_FALSE(two.leads(now));
  }
  CHECK(two.holder() == "one");
  SECTION("the one resigns") {
    one.resign();
    CHECK(elect(one) == lease_step::update);
    CHECK(elect(one) == lease_step::done);
    now += 2s;
    elect(two);
    CHECK(elect(two) == lease_step::update);
    CHECK(two.leads(now));
  }
  SECTION("the one is gone") {
    auto since = now;
    for (; !two.leads(now); now += 100ms) {
      elect(two);
      REQUIRE(now < since + 20s);
    }
    CHECK_FALSE(one.leads(now));
    CHECK(now > since + 8s);
  }
}
