#include "runtime/leadership/lease_election.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <vector>

using namespace motorcade;
using namespace std::chrono_literals;

namespace {

/// Time that no candidate knows.
using real_time = std::chrono::nanoseconds;

constexpr auto call_timeout = 3s;
constexpr auto longest_delay = 15s;
constexpr auto longest_pause = 40s;

/// The API, some candidates and what lies between them.
class world {
public:
  explicit world(unsigned seed) : random_{seed} {
    auto count = 2 + pick(3);
    for (size_t i = 0; i < count; ++i)
      candidates_.push_back(std::make_unique<candidate>());
    for (auto& one : candidates_)
      begin(*one);
  }

  /// Lets everything happen that can.
  void torment(real_time length) {
    faults_ = true;
    auto end = now_ + length;
    while (now_ < end) {
      auto until = std::min(end, now_ + some(4s));
      run_until(until);
      auto& victim = *candidates_[pick(candidates_.size())];
      switch (pick(12)) {
      case 0:
        victim.cut_off_until = now_ + some(30s);
        break;
      case 1:
        api_away_until_ = now_ + some(15s);
        break;
      case 2:
        victim.paused_until = now_ + some(longest_pause);
        break;
      case 3:
        // Starts anew.
        begin(victim);
        break;
      case 4:
        if (pick(3) == 0)
          lease_.reset();
        break;
      case 5:
        victim.election->resign();
        victim.resigned = true;
        break;
      default:
        break;
      }
    }
    faults_ = false;
    api_away_until_ = now_;
    for (auto& one : candidates_) {
      one->cut_off_until = now_;
      if (one->resigned)
        begin(*one);
    }
    // Until all is awake and nothing of before is on its way.
    run_for(longest_pause + longest_delay + call_timeout);
  }

  void run_for(real_time length) { run_until(now_ + length); }

  /// Lets time pass until somebody leads.
  /// @returns how long that took; nothing if it took too long.
  std::optional<real_time> await_leader(real_time longest) {
    auto since = now_;
    while (leader() == nullptr) {
      if (now_ - since > longest)
        return std::nullopt;
      run_for(100ms);
    }
    return now_ - since;
  }

  /// The leader dies, and comes back as another.
  void kill_leader() {
    begin(*leader());
    check();
  }

  std::string leader_name() const { return leader()->name; }

private:
  struct candidate {
    std::string name;
    std::unique_ptr<lease_election> election;
    /// Counts starts: what belongs to an earlier one is void.
    int life = 0;
    /// The number of the call that is waited for; 0: none.
    uint64_t call = 0;
    real_time paused_until{0};
    real_time cut_off_until{0};
    bool resigned = false;
    /// Its clock.
    double rate = 1;
    real_time offset{0};

    lease_election::time_point local(real_time now) const {
      return lease_election::time_point{
          offset
          + real_time{
              static_cast<int64_t>(static_cast<double>(now.count()) * rate)}};
    }
  };

  struct event {
    real_time at;
    uint64_t number;
    std::function<void()> what;

    bool operator<(const event& other) const {
      return std::pair{at, number} > std::pair{other.at, other.number};
    }
  };

  size_t pick(size_t n) { return static_cast<size_t>(random_() % n); }

  real_time some(real_time most) {
    return real_time{
        static_cast<int64_t>(pick(static_cast<size_t>(most.count()) + 1))};
  }

  real_time delay() {
    if (!faults_ || pick(8) != 0)
      return some(50ms);
    return some(pick(3) == 0 ? real_time{longest_delay} : real_time{4s});
  }

  bool lost() { return faults_ && pick(10) == 0; }

  void at(real_time when, std::function<void()> what) {
    events_.push({std::max(when, now_), ++events_made_, std::move(what)});
  }

  /// In a candidate's life, once it is not paused.
  void at(candidate& who, real_time when, std::function<void()> what) {
    at(when, [this, &who, life = who.life, what = std::move(what)] {
      if (who.life != life)
        return;
      if (who.paused_until > now_)
        at(who, who.paused_until, what);
      else
        what();
    });
  }

  void begin(candidate& who) {
    ++who.life;
    who.call = 0;
    who.resigned = false;
    who.name = "candidate-" + std::to_string(++names_);
    who.rate = 0.9 + 0.2 * static_cast<double>(pick(1001)) / 1000;
    who.offset = some(1000h);
    who.election = std::make_unique<lease_election>(who.name);
    at(who, now_ + some(1s), [this, &who] { step(who); });
  }

  void step(candidate& who) {
    auto local = who.local(now_);
    auto what = who.election->next(local);
    switch (what) {
    case lease_step::done:
      return;
    case lease_step::wait: {
      auto wait = static_cast<double>((who.election->wake_at() - local).count())
                  / who.rate;
      at(who, now_ + real_time{static_cast<int64_t>(wait) + 1},
         [this, &who] { step(who); });
      return;
    }
    default:
      break;
    }
    auto call = ++calls_;
    who.call = call;
    // A pause may come between the decision and the sending.
    at(who, now_ + delay() / 10,
       [this, &who, what, call] { send(who, what, call); });
  }

  void send(candidate& who, lease_step what, uint64_t call) {
    at(who, now_ + call_timeout, [this, &who, call] {
      answer(who, call, failure{ec::service_unavailable, "timed out"});
    });
    if (who.cut_off_until > now_ || lost())
      return;
    // What was sent may arrive long after its sender died.
    at(now_ + delay(), [this, &who, life = who.life, what, call,
                        wanted = who.election->wanted()] {
      if (api_away_until_ > now_)
        return;
      auto done = serve(what, wanted);
      if (lost())
        return;
      at(now_ + delay(), [this, &who, life, call, done] {
        if (who.life == life && who.cut_off_until <= now_)
          at(who, now_, [this, &who, call, done] { answer(who, call, done); });
      });
    });
  }

  void answer(candidate& who, uint64_t call, const result<lease_record>& with) {
    if (who.call != call)
      return;
    who.call = 0;
    who.election->answered(with, who.local(now_));
    step(who);
  }

  result<lease_record> serve(lease_step what, const lease_record& wanted) {
    if (!lease_ && what != lease_step::create)
      return failure{ec::not_found, "none"};
    if (what == lease_step::read)
      return *lease_;
    if (lease_
        && (what == lease_step::create || lease_->version != wanted.version))
      return failure{ec::already_exists, "conflict"};
    auto uid = lease_ ? lease_->uid : "uid-" + std::to_string(versions_ + 1);
    lease_ = wanted;
    lease_->uid = uid;
    lease_->version = std::to_string(++versions_);
    return *lease_;
  }

  candidate* leader() const {
    for (const auto& one : candidates_)
      if (one->election->leads(one->local(now_)))
        return one.get();
    return nullptr;
  }

  /// Who leads begins to at an event, so that these moments are enough.
  void check() {
    size_t leaders = 0;
    for (const auto& one : candidates_)
      leaders += one->election->leads(one->local(now_)) ? 1 : 0;
    if (leaders > 1)
      FAIL(leaders << " lead at " << now_.count());
  }

  void run_until(real_time until) {
    while (!events_.empty() && events_.top().at <= until) {
      auto next = events_.top();
      events_.pop();
      now_ = next.at;
      next.what();
      check();
    }
    now_ = until;
    check();
  }

  std::mt19937_64 random_;
  real_time now_{1h};
  std::priority_queue<event> events_;
  std::vector<std::unique_ptr<candidate>> candidates_;
  std::optional<lease_record> lease_;
  uint64_t versions_ = 0;
  uint64_t events_made_ = 0;
  uint64_t calls_ = 0;
  uint64_t names_ = 0;
  bool faults_ = false;
  real_time api_away_until_{0};
};

} // namespace

TEST_CASE("against a model, no two lead, and a leader comes back") {
  auto base = std::random_device{}();
  for (unsigned round = 0; round < 3000; ++round) {
    auto seed = base + round;
    INFO("seed " << seed);
    world all{seed};
    all.torment(5min);
    REQUIRE(all.await_leader(20s));
    auto first = all.leader_name();
    all.run_for(1min);
    // Nobody else, as long as nothing is wrong.
    REQUIRE(all.await_leader(0ms));
    CHECK(all.leader_name() == first);
    all.kill_leader();
    auto took = all.await_leader(20s);
    REQUIRE(took);
    CHECK(all.leader_name() != first);
  }
}
