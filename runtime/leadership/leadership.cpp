#include "runtime/leadership/leadership.hpp"

#include <utility>

namespace motorcade {

std::shared_ptr<leadership> leadership::without_rival() {
  auto out = std::make_shared<leadership>();
  out->lead_until(time_point::max());
  return out;
}

uint64_t leadership::lead_until(time_point end, time_point now) {
  std::lock_guard lock{mutex_};
  if (now >= until_)
    ++terms_;
  until_ = end;
  return terms_;
}

void leadership::end() {
  std::lock_guard lock{mutex_};
  until_ = time_point::min();
}

void leadership::note_holder(std::string identity) {
  std::lock_guard lock{mutex_};
  holder_ = std::move(identity);
}

std::string leadership::holder() const {
  std::lock_guard lock{mutex_};
  return holder_;
}

uint64_t leadership::term(time_point now) const {
  std::lock_guard lock{mutex_};
  return now < until_ ? terms_ : 0;
}

bool leadership::allows(uint64_t term) const {
  return term == 0 || term == this->term();
}

uint64_t leadership::terms() const {
  std::lock_guard lock{mutex_};
  return terms_;
}

} // namespace motorcade
