#pragma once

#include "actors/sync/parser.hpp"
#include "actors/sync/pipe_reader.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace motorcade::test {

/// Long enough for any machine; reached only if a test fails.
constexpr auto pipe_patience = std::chrono::seconds{60};

/// The messages to the coordinator, seen from the test's thread. Rows are
/// copied, so that their share of the window is given back.
class pipe_inbox {
public:
  void put(const parsed_slab& slab) {
    std::string text;
    uint64_t count = 0;
    for (const auto& item : slab.items)
      if (const auto* batch = std::get_if<row_batch>(&item)) {
        text += batch->rows->view();
        count += batch->rows->rows();
      }
    std::lock_guard lock{mutex_};
    slabs_.emplace(slab.number, std::move(text));
    rows_ += count;
    changed_.notify_all();
  }

  void put(const log_batch& lines) {
    std::lock_guard lock{mutex_};
    for (size_t i = 0; i < lines.size(); ++i)
      lines_.emplace_back(lines[i].text);
    changed_.notify_all();
  }

  void put(const pipe_end_ptr& end) {
    std::lock_guard lock{mutex_};
    (end->pipe == pipe_kind::out ? out_ : err_) = end;
    changed_.notify_all();
  }

  /// @returns how the pipe ended, once it has and all its slabs are here.
  pipe_end wait_for_end(pipe_kind kind) {
    std::unique_lock lock{mutex_};
    auto& end = kind == pipe_kind::out ? out_ : err_;
    REQUIRE(changed_.wait_for(lock, pipe_patience, [&] {
      return end != nullptr
             && (kind == pipe_kind::err || slabs_.size() == end->slabs);
    }));
    return *end;
  }

  void wait_for_rows(uint64_t count) {
    std::unique_lock lock{mutex_};
    REQUIRE(
        changed_.wait_for(lock, pipe_patience, [&] { return rows_ >= count; }));
  }

  void wait_for_lines(size_t count) {
    std::unique_lock lock{mutex_};
    REQUIRE(changed_.wait_for(lock, pipe_patience,
                              [&] { return lines_.size() >= count; }));
  }

  /// @returns all rows in the order of their slabs.
  std::string rows() {
    std::lock_guard lock{mutex_};
    std::string out;
    uint64_t expected = 0;
    for (const auto& [number, text] : slabs_) {
      REQUIRE(number == expected++);
      out += text;
    }
    return out;
  }

  std::vector<std::string> lines() {
    std::lock_guard lock{mutex_};
    return lines_;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<uint64_t, std::string> slabs_;
  uint64_t rows_ = 0;
  std::vector<std::string> lines_;
  pipe_end_ptr out_;
  pipe_end_ptr err_;
};

/// The coordinator that passes messages on to the test.
inline coordinator_actor::behavior_type
pass_on(const std::shared_ptr<pipe_inbox>& to) {
  return {
      [](atom::run) -> caf::result<task_result_ptr> {
        return caf::make_error(ec::invalid_argument, "not this one");
      },
      [to](const parsed_slab_ptr& slab) { to->put(*slab); },
      [to](const log_batch_ptr& lines) { to->put(*lines); },
      [to](const pipe_end_ptr& end) { to->put(end); },
      [](atom::commit, uint64_t, uint64_t) {},
      [](const failure_ptr&, uint64_t) {},
      [](atom::abort, uint64_t) {},
      [](atom::cancel) {},
      [](const failure_ptr&) {},
      [](atom::tick) {},
      [](atom::watch) {},
  };
}

/// Real pipes, readers in threads of their own, and real parsers.
struct pipe_world {
  pipe_world() {
    REQUIRE(::mkfifo(out_path.c_str(), 0600) == 0);
    REQUIRE(::mkfifo(err_path.c_str(), 0600) == 0);
    rt::configure(config, 2);
    system = std::make_unique<caf::actor_system>(config);
    leader = system->spawn([to = box] { return pass_on(to); });
  }

  ~pipe_world() {
    // A reader that is not told so reads for ever.
    for (auto& reader : readers)
      rt::tell_from_outside(reader, atom::stop_v);
    readers.clear();
    leader = nullptr;
  }

  void start(pipe_kind kind) {
    pipe_reader_settings settings;
    settings.kind = kind;
    settings.path = kind == pipe_kind::out ? out_path : err_path;
    settings.end_path = end_path;
    settings.appear_timeout = appear_timeout;
    settings.pool = pool;
    settings.window = window;
    settings.waiting = waiting;
    for (int i = 0; i < 3; ++i)
      settings.parsers.push_back(make_parser());
    readers.push_back(
        system->spawn<caf::detached>(pipe_reader, leader, std::move(settings)));
  }

  /// Opens a pipe as a connector does: this waits for the reader.
  static int open_writer(const std::string& path) {
    return ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  }

  scratch_folder folder;
  std::string out_path = folder.path("stdout");
  std::string err_path = folder.path("stderr");
  /// Not empty: the path of stdout is that of a plain file, which ends so.
  std::string end_path;
  std::chrono::milliseconds appear_timeout = pipe_patience;
  std::shared_ptr<pipe_inbox> box = std::make_shared<pipe_inbox>();
  byte_window_ptr window = std::make_shared<byte_window>(1 << 20);
  slab_pool_ptr pool = std::make_shared<slab_pool>(64 << 10);
  byte_window_ptr waiting = std::make_shared<byte_window>(3 * (64 << 10));
  std::function<parser_actor()> make_parser = [this] {
    slab_parser_settings parsing;
    parsing.streams = {{"", "a"}};
    parsing.window = window;
    return system->spawn(parser, parsing, leader, waiting);
  };
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  coordinator_actor leader;
  std::vector<pipe_reader_actor> readers;
};

} // namespace motorcade::test
