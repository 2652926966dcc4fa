#include "runtime/leadership/lease_election.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>

using namespace motorcade;
using namespace std::chrono_literals;

namespace {

const failure lost{ec::service_unavailable, "lost"};
const failure absent{ec::not_found, "none"};
const failure conflict{ec::already_exists, "somebody was faster"};

/// A candidate and its clock.
struct candidate {
  lease_step next() { return election.next(now); }

  /// Lets time pass until there is something to do.
  lease_step wait() {
    auto step = next();
    while (step == lease_step::wait) {
      REQUIRE(election.wake_at() > now);
      now = election.wake_at();
      step = next();
    }
    return step;
  }

  void answer(const result<lease_record>& with) {
    election.answered(with, now);
  }

  bool leads() const { return election.leads(now); }

  /// The API does what is wanted.
  lease_record grant() {
    auto out = election.wanted();
    out.uid = "u";
    out.version = "own-" + std::to_string(++writes);
    answer(out);
    return out;
  }

  /// Takes a Lease that nobody holds.
  void win() {
    REQUIRE(wait() == lease_step::read);
    lease_record free;
    free.uid = "u";
    free.version = "0";
    answer(free);
    REQUIRE(next() == lease_step::update);
    grant();
    REQUIRE(leads());
  }

  lease_election election{"me"};
  lease_election::time_point now{1h};
  int writes = 0;
};

lease_record of_another(const std::string& version) {
  lease_record out;
  out.uid = "u";
  out.version = version;
  out.holder = "another";
  out.duration = 12s;
  out.transitions = 4;
  return out;
}

} // namespace

TEST_CASE("a Lease without a holder is taken at once") {
  candidate c;
  c.win();
  CHECK(c.election.wanted().holder == "me");
  CHECK(c.election.wanted().transitions == 1);
  CHECK(c.election.holder() == "me");
}

TEST_CASE("a lead is counted from the sending of the renewal") {
  candidate c;
  c.win();
  CHECK(c.wait() == lease_step::update);
  CHECK(c.election.wanted().version == "own-1");
  auto sent = c.now;
  c.now += 3s;
  c.grant();
  CHECK(c.election.lead_until() == sent + 8s);
  SECTION("and late news is of no use") {
    CHECK(c.next() == lease_step::update);
    c.now += 9s;
    CHECK_FALSE(c.leads());
    c.grant();
    CHECK_FALSE(c.leads());
    // Nobody took it meanwhile.
    CHECK(c.next() == lease_step::update);
    c.grant();
    CHECK(c.leads());
  }
}

TEST_CASE("a holder without an answer no longer leads") {
  candidate c;
  c.win();
  auto until = c.election.lead_until();
  while (c.now < until) {
    CHECK(c.leads());
    REQUIRE(c.wait() != lease_step::wait);
    c.answer(lost);
  }
  CHECK_FALSE(c.leads());
}

TEST_CASE("a renewal whose answer was lost is found and gone on from") {
  candidate c;
  c.win();
  REQUIRE(c.wait() == lease_step::update);
  auto stored = c.election.wanted();
  stored.version = "landed";
  c.answer(lost);
  REQUIRE(c.wait() == lease_step::read);
  SECTION("as long as it leads") {
    c.answer(stored);
    CHECK(c.next() == lease_step::update);
    CHECK(c.election.wanted().version == "landed");
    c.grant();
    CHECK(c.leads());
  }
  SECTION("but waited for like another's after that") {
    c.now += 10s;
    c.answer(stored);
    auto since = c.now;
    CHECK(c.wait() == lease_step::read);
    c.answer(stored);
    while (c.wait() == lease_step::read)
      c.answer(stored);
    CHECK(c.now == since + 12s);
    c.grant();
    CHECK(c.leads());
  }
}

TEST_CASE("a Lease of another is taken once it stood still for its duration") {
  candidate c;
  auto lease = of_another("1");
  auto duration = GENERATE(12s, 30s, 5s, 100h);
  lease.duration = duration;
  REQUIRE(c.wait() == lease_step::read);
  c.answer(lease);
  c.now += 7s;
  lease.version = "2";
  lease.renewed_at = "later";
  while (c.wait() == lease_step::read && c.election.holder() == "another"
         && c.now < lease_election::time_point{1h + 7s})
    c.answer(lease);
  c.answer(lease);
  auto since = c.now;
  while (c.wait() == lease_step::read) {
    CHECK_FALSE(c.leads());
    // What nobody knows changes nothing.
    c.answer(c.now.time_since_epoch() % 4s == 0s ? result<lease_record>{lost}
                                                 : lease);
  }
  auto expected = std::min<std::chrono::seconds>(std::max(12s, duration), 60s);
  CHECK(c.now >= since + expected);
  CHECK(c.now <= since + expected + 2s);
  CHECK(c.election.wanted().version == "2");
  CHECK(c.election.wanted().transitions == 5);
  CHECK(c.election.wanted().acquired_at.empty());
  SECTION("unless somebody is faster") {
    c.answer(conflict);
    CHECK_FALSE(c.leads());
    CHECK(c.wait() == lease_step::read);
    c.answer(of_another("3"));
    CHECK(c.wait() == lease_step::read);
  }
  SECTION("and leads then") {
    c.grant();
    CHECK(c.leads());
  }
}

TEST_CASE("a candidate waits before it uses a Lease that it created") {
  candidate c;
  REQUIRE(c.next() == lease_step::read);
  c.answer(absent);
  REQUIRE(c.next() == lease_step::create);
  CHECK(c.election.wanted().holder == "me");
  CHECK(c.election.wanted().duration == 12s);
  SECTION("by who created it") {
    auto created = c.grant();
    CHECK_FALSE(c.leads());
    auto since = c.now;
    while (c.wait() == lease_step::read)
      c.answer(created);
    CHECK(c.now == since + 12s);
    c.grant();
    CHECK(c.leads());
  }
  SECTION("and by who was slower") {
    c.answer(conflict);
    CHECK(c.wait() == lease_step::read);
  }
}

TEST_CASE("a leader whose Lease is deleted makes another and goes on") {
  candidate c;
  c.win();
  REQUIRE(c.wait() == lease_step::update);
  c.answer(absent);
  REQUIRE(c.wait() == lease_step::read);
  c.answer(absent);
  REQUIRE(c.next() == lease_step::create);
  auto until = c.election.lead_until();
  c.grant();
  CHECK(c.election.lead_until() == until);
  REQUIRE(c.next() == lease_step::update);
  c.grant();
  CHECK(c.election.lead_until() > until);
}

TEST_CASE("an update that made a new Lease does not count as a renewal") {
  candidate c;
  c.win();
  REQUIRE(c.wait() == lease_step::update);
  auto until = c.election.lead_until();
  auto made = c.election.wanted();
  made.uid = "of another";
  made.version = "x";
  c.answer(made);
  CHECK(c.election.lead_until() == until);
}

TEST_CASE("a leader that finds another holder stops") {
  candidate c;
  c.win();
  REQUIRE(c.wait() == lease_step::update);
  c.answer(conflict);
  CHECK(c.leads());
  REQUIRE(c.wait() == lease_step::read);
  c.answer(of_another("9"));
  CHECK_FALSE(c.leads());
  CHECK(c.election.holder() == "another");
}

TEST_CASE("a leader that resigns gives the Lease back") {
  candidate c;
  SECTION("where it holds it") {
    c.win();
    c.election.resign();
    CHECK_FALSE(c.leads());
    REQUIRE(c.next() == lease_step::update);
    CHECK(c.election.wanted().holder.empty());
    CHECK(c.election.wanted().version == "own-1");
    SECTION("once") {
      c.grant();
    }
    SECTION("or tries to") {
      c.answer(lost);
    }
  }
  SECTION("where its last renewal is under way") {
    c.win();
    REQUIRE(c.wait() == lease_step::update);
    c.election.resign();
    c.grant();
    CHECK_FALSE(c.leads());
    REQUIRE(c.next() == lease_step::update);
    CHECK(c.election.wanted().holder.empty());
    c.grant();
  }
  SECTION("and where it does not, leaves it alone") {
    REQUIRE(c.wait() == lease_step::read);
    c.answer(of_another("1"));
    c.election.resign();
  }
  SECTION("or does not know what it is about") {
    c.election.resign();
  }
  CHECK(c.next() == lease_step::done);
  CHECK_FALSE(c.leads());
}

TEST_CASE("the clock of the machine goes forward") {
  auto before = boot_clock::now();
  CHECK(before.time_since_epoch() > 0s);
  CHECK(boot_clock::now() >= before);
}
