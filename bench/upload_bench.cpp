// How fast rows reach an HTTP server that only counts them, and what that
// costs: upload_bench [total MB] [block KB] [uploads].

#include "runtime/base/byte_window.hpp"
#include "runtime/destination/bulker/bulker_destination.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace motorcade;

namespace {

void serve(int fd) {
  std::vector<char> buffer(1 << 20);
  char tail[7] = {};
  for (;;) {
    auto size = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (size <= 0)
      break;
    // The body's end may be split between two reads.
    auto n = std::min<size_t>(static_cast<size_t>(size), sizeof(tail));
    std::memmove(tail, tail + n, sizeof(tail) - n);
    std::memcpy(tail + sizeof(tail) - n, buffer.data() + size - n, n);
    if (std::memcmp(tail, "\r\n0\r\n\r\n", sizeof(tail)) != 0)
      continue;
    const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    if (::send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL) < 0)
      break;
  }
  ::close(fd);
}

[[noreturn]] void run_sink(int listener) {
  for (;;) {
    int fd = ::accept(listener, nullptr, nullptr);
    if (fd < 0)
      std::_Exit(1);
    std::thread{serve, fd}.detach();
  }
}

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

} // namespace

int main(int argc, char** argv) {
  auto argument = [&](int i, size_t otherwise) {
    return argc > i ? std::strtoull(argv[i], nullptr, 10) : otherwise;
  };
  auto total = argument(1, 4000) * 1'000'000;
  auto block_size = argument(2, 512) * 1'000;
  auto uploads = argument(3, 1);
  int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0
      || ::listen(listener, 128) != 0
      || ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length)
             != 0) {
    std::perror("listen");
    return 1;
  }
  auto sink = ::fork();
  if (sink == 0)
    run_sink(listener);
  destination_settings settings;
  settings.url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  auto made = bulker_destination::make(settings);
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error().what.c_str());
    return 1;
  }
  auto destination = *std::move(made);
  auto window = std::make_shared<byte_window>(32 << 20);
  std::string row(516, 'x');
  row += '\n';
  std::string rows;
  while (rows.size() < block_size)
    rows += row;
  std::mutex mutex;
  std::condition_variable ended;
  size_t committed = 0;
  size_t over = 0;
  auto before = std::chrono::steady_clock::now();
  std::vector<upload_ptr> open;
  for (size_t i = 0; i < uploads; ++i) {
    upload_request request;
    request.connection_id = "bench";
    request.table = "t" + std::to_string(i);
    open.push_back(destination->open(request, [&](upload_outcome outcome) {
      std::lock_guard lock{mutex};
      ++over;
      committed += outcome.committed() ? 1 : 0;
      if (outcome.error)
        std::fprintf(stderr, "%s\n", outcome.error->what.c_str());
      ended.notify_one();
    }));
  }
  rusage filled = {};
  size_t sent = 0;
  for (size_t i = 0; sent < total; ++i, sent += rows.size()) {
    while (!window->open()) {
      std::this_thread::sleep_for(std::chrono::microseconds{200});
      window->drain();
    }
    open[i % uploads]->write(
        make_block(rows, rows.size() / row.size(), window));
  }
  for (auto& upload : open)
    upload->finish();
  std::unique_lock lock{mutex};
  ended.wait(lock, [&] { return over == uploads; });
  std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - before;
  ::getrusage(RUSAGE_SELF, &filled);
  auto gigabytes = static_cast<double>(sent) / 1e9;
  std::printf("%.2f GB/s, client %.2f core-seconds per GB (user %.2f, "
              "system %.2f), peak %ld MiB, %zu of %zu committed\n",
              gigabytes / took.count(),
              (seconds(filled.ru_utime) + seconds(filled.ru_stime)) / gigabytes,
              seconds(filled.ru_utime) / gigabytes,
              seconds(filled.ru_stime) / gigabytes, filled.ru_maxrss / 1024,
              committed, static_cast<size_t>(uploads));
  ::kill(sink, SIGKILL);
  ::waitpid(sink, nullptr, 0);
  return committed == uploads ? 0 : 1;
}
