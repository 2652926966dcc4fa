#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace motorcade::bench {

using bench_clock = std::chrono::steady_clock;

/// When a running count of rows reached a value.
struct milestone {
  uint64_t rows;
  bench_clock::time_point when;
};

/// A server on 127.0.0.1 that is out of the way: it takes HTTP requests with
/// chunked bodies, counts their rows and bytes, and answers 200; of a
/// connection that does not begin like HTTP it counts the bytes. One thread.
class counting_sink {
public:
  /// Listens on a port that is free, and starts the thread.
  counting_sink();
  ~counting_sink();
  counting_sink(const counting_sink&) = delete;
  counting_sink& operator=(const counting_sink&) = delete;

  /// @returns the port of 127.0.0.1.
  uint16_t port() const { return port_; }

  /// The bytes of all bodies since the last `reset`, without HTTP's framing.
  uint64_t bytes() const { return bytes_.load(std::memory_order_acquire); }

  /// The newlines of all bodies since the last `reset`.
  uint64_t rows() const { return rows_.load(std::memory_order_acquire); }

  /// The requests that were answered since the last `reset`.
  uint64_t requests() const {
    return requests_.load(std::memory_order_acquire);
  }

  /// @returns when a request was answered last.
  bench_clock::time_point last_answer() const {
    return bench_clock::time_point{
        bench_clock::duration{last_answer_.load(std::memory_order_acquire)}};
  }

  /// Waits until connections that sent raw bytes are closed by the other side.
  void wait_for_raw_end();

  /// @param note_arrivals From now on note when which row arrived.
  void reset(bool note_arrivals);

  /// @returns when which row arrived since `reset(true)`.
  std::vector<milestone> arrivals() const;

private:
  struct connection;

  /// Runs in the sink's thread until the destructor ends it.
  void serve();

  /// Reads a request piece by piece and answers it once it is whole. A
  /// connection that does not begin like a POST sends raw bytes, which are
  /// counted.
  void take(connection& from, const char* data, size_t size);

  /// Counts bytes and the rows in them, and notes their arrival if that is
  /// wanted.
  void count(const char* data, size_t size);

  int listener_ = -1;
  int stop_fd_ = -1;
  uint16_t port_ = 0;
  std::atomic<uint64_t> bytes_ = 0;
  std::atomic<uint64_t> rows_ = 0;
  std::atomic<uint64_t> requests_ = 0;
  std::atomic<uint64_t> raw_ends_ = 0;
  std::atomic<bench_clock::rep> last_answer_ = 0;
  std::atomic<bool> note_ = false;
  mutable std::mutex mutex_;
  std::vector<milestone> arrivals_;
  std::thread thread_;
};

} // namespace motorcade::bench
