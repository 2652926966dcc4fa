#include "runtime/process/fork_server.hpp"

#include "runtime/base/file_handle.hpp"
#include "runtime/process/packed_plan.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <string>

namespace motorcade {

namespace {

using request_descriptors = std::array<file_handle, fork_request_descriptors>;

/// @returns nothing if the socket is closed.
std::optional<request_descriptors> receive_request() {
  char byte = 0;
  iovec content{&byte, 1};
  alignas(
      cmsghdr) char room[CMSG_SPACE(sizeof(int) * fork_request_descriptors)];
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = room;
  message.msg_controllen = sizeof room;
  ssize_t got = 0;
  do
    got = ::recvmsg(fork_server_socket, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got <= 0)
    return std::nullopt;
  request_descriptors out;
  const auto* head = CMSG_FIRSTHDR(&message);
  if (head == nullptr || head->cmsg_type != SCM_RIGHTS
      || head->cmsg_len != CMSG_LEN(sizeof(int) * fork_request_descriptors))
    return std::nullopt;
  std::array<int, fork_request_descriptors> numbers{};
  std::memcpy(numbers.data(), CMSG_DATA(head), sizeof numbers);
  for (size_t i = 0; i < numbers.size(); ++i)
    out[i] = file_handle{numbers[i]};
  return out;
}

/// @returns the bytes of a file in memory.
std::string read_all(const file_handle& file) {
  struct stat info = {};
  if (::fstat(file.get(), &info) != 0)
    return {};
  std::string out(static_cast<size_t>(info.st_size), '\0');
  const auto got = ::pread(file.get(), out.data(), out.size(), 0);
  return got == info.st_size ? out : std::string{};
}

/// Starts the keeper, reports its process id or, negative, an errno, and ends.
[[noreturn]] void begin_keeper(const request_descriptors& given, int answer,
                               sidecar_body body) {
  const auto plan = unpack_plan(read_all(given[0]));
  pid_t pid = -EINVAL;
  if (plan) {
    const keeper_means means{*plan, body};
    pid = ::_Fork();
    if (pid == 0)
      live_as_keeper(means, {given[1].get(), given[2].get(), given[3].get(),
                             given[4].get()});
    if (pid < 0)
      pid = -errno;
  }
  ::_exit(::write(answer, &pid, sizeof pid) == sizeof pid ? 0 : 1);
}

/// @returns the keeper's process id, or, negative, an errno.
pid_t start_keeper(const request_descriptors& given, sidecar_body body) {
  int pair[2];
  if (::pipe2(pair, O_CLOEXEC) != 0)
    return -errno;
  const file_handle in{pair[0]};
  file_handle out{pair[1]};
  const auto starter = ::_Fork();
  if (starter == 0)
    begin_keeper(given, out.get(), body);
  const auto error = errno;
  out = file_handle{};
  if (starter < 0)
    return -error;
  pid_t keeper = -EIO;
  if (::read(in.get(), &keeper, sizeof keeper) != sizeof keeper)
    keeper = -EIO;
  // Once it is gone the keeper belongs to the controller.
  while (::waitpid(starter, nullptr, 0) < 0 && errno == EINTR) {}
  return keeper;
}

} // namespace

int run_fork_server(sidecar_body body) {
  ::prctl(PR_SET_NAME, "fork-server");
  // A keeper expects all of them to be blocked.
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::fcntl(fork_server_socket, F_SETFD, FD_CLOEXEC);
  if (::send(fork_server_socket, fork_server_greeting.data(),
             fork_server_greeting.size(), MSG_NOSIGNAL)
      < 0)
    return 1;
  while (const auto request = receive_request()) {
    const auto pid = start_keeper(*request, body);
    if (::send(fork_server_socket, &pid, sizeof pid, MSG_NOSIGNAL) < 0)
      return 1;
  }
  return 0;
}

} // namespace motorcade
