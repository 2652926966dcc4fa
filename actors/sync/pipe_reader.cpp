#include "actors/sync/pipe_reader.hpp"

#include "runtime/base/thread_name.hpp"
#include "runtime/stream/followed_file.hpp"
#include "runtime/stream/pipe.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

/// The longest wait before the mailbox is checked.
constexpr auto longest_wait = 200ms;

/// The time for which rows are gathered after a slab, so that a connector which
/// prints row by row does not make a slab of each.
constexpr auto gathering = 4ms;

/// The limits of a sleep while rows are gathered: never longer than this, and
/// never shorter.
constexpr std::chrono::microseconds longest_nap = 1ms;
constexpr std::chrono::microseconds shortest_nap = 50us;

/// The size from which on a pipe may be filled by three quarters in a nap.
constexpr size_t roomy_pipe = 512u << 10;

/// The most bytes that are read after `stop`: all that a pipe can hold, but not
/// all that a connector may go on to write, or that a file holds.
constexpr size_t most_after_stop = 4u << 20;

} // namespace

void pipe_reader_state::poll() {
  if (ended_)
    return;
  if (!source_) {
    auto opened = open_source();
    if (!opened) {
      if (!settings_.end_path.empty()
          || clock::now() - started_ >= settings_.appear_timeout)
        end(opened.error());
      else
        rt::tell_later(self_, 50ms, self_, atom::poll_v);
      return;
    }
    source_ = std::move(*opened);
    name_this_thread(settings_.kind == pipe_kind::out ? "read stdout"
                                                      : "read stderr");
  }
  rt::tell(self_, self_, atom::poll_v);
  if (!wait_for_room())
    return;
  try {
    auto dry = fill();
    if (ended_)
      return;
    if (source_->ended()) {
      hand_over_rest();
      end({});
      return;
    }
    if (!dry || (lines_->has_lines() && small_slab_due()))
      hand_over();
    else if (lines_->has_lines())
      gather();
    else if (source_->wait(longest_wait) == byte_source::event::ended)
      return;
  } catch (const std::bad_alloc&) {
    end({ec::system_failed, "out of memory while reading a line"});
  }
}

bool pipe_reader_state::wait_for_room() {
  const auto wait = [](byte_window& full) {
    if (!full.open())
      wait_readable(full.wake_fd(), longest_wait);
    return false;
  };
  if (!settings_.window->open()) {
    settings_.window->drain();
    // Lines that were read and not handed over may be what fills the window.
    hand_over();
    return wait(*settings_.window);
  }
  if (settings_.kind == pipe_kind::out && !settings_.waiting->open()) {
    settings_.waiting->drain();
    return wait(*settings_.waiting);
  }
  return true;
}

result<std::unique_ptr<byte_source>> pipe_reader_state::open_source() const {
  using source_ptr = std::unique_ptr<byte_source>;
  if (settings_.end_path.empty()) {
    auto opened = pipe::open(settings_.path);
    if (!opened)
      return opened.error();
    return source_ptr{std::make_unique<pipe>(std::move(*opened))};
  }
  auto followed = followed_file::open(settings_.path, settings_.end_path);
  if (!followed)
    return followed.error();
  return source_ptr{std::make_unique<followed_file>(std::move(*followed))};
}

bool pipe_reader_state::fill() {
  for (;;) {
    auto space = lines_->space();
    auto n = source_->read(space.data(), space.size());
    if (!n) {
      end(n.error());
      return true;
    }
    if (*n == 0)
      return true;
    drawn_ += *n;
    lines_->filled(*n);
    if (lines_->full() && lines_->has_lines())
      return false;
  }
}

void pipe_reader_state::stop() {
  if (ended_)
    return;
  // A pipe that was not opened holds nothing; a file may exist by now.
  if (!source_ && !settings_.end_path.empty())
    if (auto opened = open_source())
      source_ = std::move(*opened);
  try {
    for (size_t taken = 0; source_ && taken < most_after_stop;) {
      auto space = lines_->space();
      auto n = source_->read(space.data(), space.size());
      if (!n) {
        hand_over_rest();
        end(n.error());
        return;
      }
      if (*n == 0)
        break;
      taken += *n;
      lines_->filled(*n);
      if (lines_->full())
        hand_over();
    }
    hand_over_rest();
  } catch (const std::bad_alloc&) {
    end({ec::system_failed, "out of memory while reading a line"});
    return;
  }
  end(source_ && source_->ended() ? failure{}
                                  : failure{ec::cancelled, "told to stop"});
}

void pipe_reader_state::gather() {
  const auto fill = std::exchange(drawn_, 0);
  const auto capacity = source_->capacity();
  // The connector writes on while this thread wakes up, and must find room in
  // the pipe for that.
  const auto much = capacity > roomy_pipe ? capacity / 4 * 3 : capacity / 4;
  if (fill > much)
    nap_ = nap_ > shortest_nap ? std::max(nap_ / 2, shortest_nap) : 0us;
  else if (fill < much / 2)
    nap_ = std::clamp(nap_ * 2, shortest_nap, longest_nap);
  if (nap_ > 0us)
    std::this_thread::sleep_for(nap_);
  else
    source_->wait(1ms);
}

bool pipe_reader_state::small_slab_due() const {
  // Lines of stderr need no parser.
  return (settings_.kind == pipe_kind::err || settings_.waiting->used() == 0)
         && clock::now() - handed_over_ >= gathering;
}

void pipe_reader_state::hand_over() {
  while (auto whole = lines_->take())
    hand_over(std::move(whole));
}

void pipe_reader_state::hand_over_rest() {
  while (auto rest = lines_->take_rest())
    hand_over(std::move(rest));
}

void pipe_reader_state::hand_over(slab_ptr slab) {
  handed_over_ = clock::now();
  auto turn = slabs_++;
  if (settings_.kind == pipe_kind::err) {
    rt::tell(self_, coordinator_,
             slab_parser::parse_text(*slab, settings_.window, said_));
    return;
  }
  settings_.waiting->take(slab->text().size());
  rt::tell(self_, settings_.parsers[turn % settings_.parsers.size()],
           std::move(slab));
}

void pipe_reader_state::end(failure reason) {
  if (ended_)
    return;
  ended_ = true;
  auto was_opened = source_ && source_->was_opened();
  auto unread = source_ ? source_->unread() : 0;
  source_.reset();
  rt::tell(self_, coordinator_,
           std::make_shared<const pipe_end>(pipe_end{
               settings_.kind, slabs_, was_opened, std::move(reason), unread}));
}

pipe_reader_actor::behavior_type
pipe_reader_state::make_behavior(pipe_reader_actor::pointer self,
                                 coordinator_actor coordinator,
                                 pipe_reader_settings settings) {
  self_ = self;
  tell_exceptions(self, [](const failure&) {});
  coordinator_ = std::move(coordinator);
  settings_ = std::move(settings);
  started_ = pipe_reader_state::clock::now();
  lines_.emplace(settings_.pool, settings_.max_line_bytes, settings_.window);
  rt::tell(self, self, atom::poll_v);
  return {
      [this](atom::poll) { poll(); },
      [this](atom::stop) { stop(); },
  };
}

pipe_reader_actor::behavior_type
pipe_reader(pipe_reader_actor::stateful_pointer<pipe_reader_state> self,
            coordinator_actor coordinator, pipe_reader_settings settings) {
  return rt::state(self).make_behavior(self, std::move(coordinator),
                                       std::move(settings));
}

} // namespace motorcade
