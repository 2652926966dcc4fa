#include "runtime/http/client/stall_watch.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace std::chrono_literals;

namespace {

http_upload limits() {
  http_upload out;
  out.connect_timeout = 1s;
  out.stall_timeout = 10s;
  out.response_timeout = 100s;
  out.abort_timeout = 2s;
  return out;
}

using phase = stall_watch::phase;

} // namespace

TEST_CASE("each phase of an upload has its time limit") {
  struct rule {
    phase now;
    std::chrono::milliseconds limit;
    std::string reason;
  };

  auto r = GENERATE(
      rule{phase::connecting, 11s,
           "stalled: the request's head was not sent "
           "for 11 s"},
      rule{phase::sending, 10s, "stalled: the server took no byte for 10 s"},
      rule{phase::answer_due, 100s, "stalled: no answer 100 s after the end"},
      rule{phase::answering, 10s,
           "stalled: no more of the answer came for 10 s"});
  auto request = limits();
  stall_watch watch{request};
  http_clock::time_point begin{1000s};
  watch.note_progress(begin);
  auto next = watch.watch(begin, {r.now, 5, 0, false});
  REQUIRE(next);
  // Often enough to see that it gets further.
  CHECK(*next <= begin + r.limit / 4);
  CHECK(watch.seen() == r.now);
  CHECK(watch.watch(begin + r.limit - 1ms, {r.now, 5, 0, false}));
  CHECK_FALSE(watch.expired());
  CHECK_FALSE(watch.watch(begin + r.limit, {r.now, 5, 0, false}));
  CHECK(watch.expired());
  CHECK(watch.reason() == r.reason);
}

TEST_CASE("every byte begins the limit anew") {
  auto request = limits();
  stall_watch watch{request};
  http_clock::time_point now{1000s};
  watch.note_progress(now);
  for (uint64_t bytes = 1; bytes < 20; ++bytes) {
    now += 9s;
    auto out = bytes % 2 == 0;
    CHECK(watch.watch(now, {phase::sending, out ? bytes : bytes - 1,
                            out ? bytes - 1 : bytes, false}));
  }
  CHECK_FALSE(watch.expired());
}

TEST_CASE("an upload may wait for rows for ever, but not for an abort") {
  auto request = limits();
  stall_watch watch{request};
  http_clock::time_point now{1000s};
  watch.note_progress(now);
  CHECK_FALSE(watch.watch(now + 1h, {phase::dry, 1, 0, false}));
  CHECK_FALSE(watch.expired());
  now += 1h;
  watch.begin_abort(now);
  // However much still goes.
  CHECK(watch.watch(now + 1s, {phase::sending, 2, 0, true}));
  CHECK_FALSE(watch.watch(now + 2s, {phase::sending, 3, 0, true}));
  CHECK(watch.expired());
}
