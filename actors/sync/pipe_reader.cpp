#include "actors/sync/pipe_reader.hpp"

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

/// A connector that prints row by row must not cost a slab for each: after one
/// was handed over, small ones are gathered for so long.
constexpr auto gathering = 4ms;

/// Meanwhile it sleeps, never longer than this, and never shorter.
constexpr std::chrono::microseconds longest_nap = 1ms;
constexpr std::chrono::microseconds shortest_nap = 50us;

/// The most that is read after the word to stop: all that a pipe can hold, and
/// not all that a connector may go on to write, or that a file holds.
constexpr size_t most_after_stop = 4u << 20;

} // namespace

void pipe_reader_state::poll() {
  if (ended)
    return;
  if (!source) {
    auto opened = open_source();
    if (!opened) {
      if (!settings.end_path.empty()
          || clock::now() - started >= settings.appear_timeout)
        end(opened.error());
      else
        rt::tell_later(self, 50ms, self, atom::poll_v);
      return;
    }
    source = std::move(*opened);
  }
  rt::tell(self, self, atom::poll_v);
  if (!settings.window->open()) {
    settings.window->drain();
    // Lines that were read and not handed over may be what fills the window.
    hand_over();
    if (!settings.window->open())
      wait_readable(settings.window->wake_fd(), longest_wait);
    return;
  }
  try {
    auto dry = fill();
    if (ended)
      return;
    if (source->ended()) {
      hand_over_rest();
      end({});
      return;
    }
    if (!dry || (lines->has_lines() && small_slab_due()))
      hand_over();
    else if (lines->has_lines())
      gather();
    else if (source->wait(longest_wait) == byte_source::event::ended)
      return;
  } catch (const std::bad_alloc&) {
    end({ec::system_failed, "out of memory while reading a line"});
  }
}

result<std::unique_ptr<byte_source>> pipe_reader_state::open_source() const {
  using source_ptr = std::unique_ptr<byte_source>;
  if (settings.end_path.empty()) {
    auto opened = pipe::open(settings.path);
    if (!opened)
      return opened.error();
    return source_ptr{std::make_unique<pipe>(std::move(*opened))};
  }
  auto followed = followed_file::open(settings.path, settings.end_path);
  if (!followed)
    return followed.error();
  return source_ptr{std::make_unique<followed_file>(std::move(*followed))};
}

bool pipe_reader_state::fill() {
  for (;;) {
    auto space = lines->space();
    auto n = source->read(space.data(), space.size());
    if (!n) {
      end(n.error());
      return true;
    }
    if (*n == 0)
      return true;
    drawn += *n;
    lines->filled(*n);
    if (lines->full() && lines->has_lines())
      return false;
  }
}

void pipe_reader_state::stop() {
  if (ended)
    return;
  // A pipe that was not opened holds nothing; a file may be there by now.
  if (!source && !settings.end_path.empty())
    if (auto opened = open_source())
      source = std::move(*opened);
  try {
    for (size_t taken = 0; source && taken < most_after_stop;) {
      auto space = lines->space();
      auto n = source->read(space.data(), space.size());
      if (!n) {
        hand_over_rest();
        end(n.error());
        return;
      }
      if (*n == 0)
        break;
      taken += *n;
      lines->filled(*n);
      if (lines->full())
        hand_over();
    }
    hand_over_rest();
  } catch (const std::bad_alloc&) {
    end({ec::system_failed, "out of memory while reading a line"});
    return;
  }
  end(source && source->ended() ? failure{}
                                : failure{ec::cancelled, "told to stop"});
}

void pipe_reader_state::gather() {
  auto fill = std::exchange(drawn, 0);
  if (fill > source->capacity() / 4)
    nap = nap > shortest_nap ? std::max(nap / 4, shortest_nap) : 0us;
  else if (fill < source->capacity() / 16)
    nap = std::clamp(nap * 2, shortest_nap, longest_nap);
  if (nap > 0us)
    std::this_thread::sleep_for(nap);
  else
    source->wait(1ms);
}

bool pipe_reader_state::small_slab_due() const {
  return settings.waiting->load(std::memory_order_acquire) == 0
         && clock::now() - handed_over >= gathering;
}

void pipe_reader_state::hand_over() {
  while (auto whole = lines->take())
    hand_over(std::move(whole));
}

void pipe_reader_state::hand_over_rest() {
  while (auto rest = lines->take_rest())
    hand_over(std::move(rest));
}

void pipe_reader_state::hand_over(slab_ptr slab) {
  handed_over = clock::now();
  auto turn = slabs++;
  if (settings.kind == pipe_kind::err) {
    rt::tell(self, coordinator,
             slab_parser::parse_text(*slab, settings.window, said));
    return;
  }
  settings.waiting->fetch_add(1, std::memory_order_relaxed);
  rt::tell(self, settings.parsers[turn % settings.parsers.size()],
           std::move(slab));
}

void pipe_reader_state::end(failure reason) {
  if (ended)
    return;
  ended = true;
  auto was_opened = source && source->was_opened();
  auto unread = source ? source->unread() : 0;
  source.reset();
  rt::tell(self, coordinator,
           std::make_shared<const pipe_end>(pipe_end{
               settings.kind, slabs, was_opened, std::move(reason), unread}));
}

pipe_reader_actor::behavior_type
pipe_reader(pipe_reader_actor::stateful_pointer<pipe_reader_state> self,
            coordinator_actor coordinator, pipe_reader_settings settings) {
  auto& st = rt::state(self);
  st.self = self;
  tell_exceptions(self, [](const failure&) {});
  st.coordinator = std::move(coordinator);
  st.settings = std::move(settings);
  st.started = pipe_reader_state::clock::now();
  st.lines.emplace(st.settings.pool, st.settings.max_line_bytes,
                   st.settings.window);
  rt::tell(self, self, atom::poll_v);
  return {
      [&st](atom::poll) { st.poll(); },
      [&st](atom::stop) { st.stop(); },
  };
}

} // namespace motorcade
