#include "runtime/process/sidecar_forks.hpp"

#include "runtime/base/log.hpp"
#include "runtime/process/fork_server.hpp"
#include "runtime/process/keeper_channels.hpp"
#include "runtime/process/packed_plan.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace motorcade {

namespace {

/// The longest wait for a fork server's answer.
constexpr int patience_ms = 10'000;

kept_program server_program(const std::string& path) {
  kept_program out;
  out.path = path;
  out.arguments = {fork_server_argument};
  for (const auto* name : {"PATH", "LANG"})
    if (const auto* value = std::getenv(name))
      out.environment.push_back(std::string{name} + "=" + value);
  return out;
}

/// Becomes the fork server, in a copy of a process that had other threads.
[[noreturn]] void become_server(const exec_words& program, int socket) {
  // Ctrl-C in a terminal is for syncctl, which ends it once its tasks are over.
  ::setsid();
  const auto null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (auto fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    ::dup2(null, fd);
  // `dup2` to itself would leave it to be closed by the exec.
  if (socket == fork_server_socket)
    ::fcntl(socket, F_SETFD, 0);
  else
    ::dup2(socket, fork_server_socket);
  ::close_range(fork_server_socket + 1, ~0U, 0);
  program.execute();
  ::_exit(cannot_run);
}

/// @returns the bytes of the next packet; 0: there is none in time.
size_t receive(const file_handle& socket, char* bytes, size_t most) {
  pollfd waited{socket.get(), POLLIN, 0};
  int ready = 0;
  do
    ready = ::poll(&waited, 1, patience_ms);
  while (ready < 0 && errno == EINTR);
  const auto got =
      ready > 0 ? ::recv(socket.get(), bytes, most, MSG_DONTWAIT) : 0;
  return got > 0 ? static_cast<size_t>(got) : 0;
}

/// @returns a file in memory that holds the bytes; empty: there can be none.
file_handle in_memory(const std::string& bytes) {
  file_handle out{::memfd_create("plan", MFD_CLOEXEC)};
  size_t done = 0;
  while (out && done < bytes.size()) {
    const auto put =
        ::write(out.get(), bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno != EINTR)
      return {};
    done += put > 0 ? static_cast<size_t>(put) : 0;
  }
  return out;
}

bool send_descriptors(
    const file_handle& socket,
    const std::array<int, fork_request_descriptors>& numbers) {
  char byte = 0;
  iovec content{&byte, 1};
  alignas(cmsghdr) char room[CMSG_SPACE(sizeof numbers)] = {};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = room;
  message.msg_controllen = sizeof room;
  auto* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof numbers);
  std::memcpy(CMSG_DATA(head), numbers.data(), sizeof numbers);
  return ::sendmsg(socket.get(), &message, MSG_NOSIGNAL) == 1;
}

} // namespace

result<task_keeper> sidecar_forks::start(const keeper_plan& plan) {
  if (!program_.empty() && (server_ > 0 || begin())) {
    if (auto started = ask(plan))
      return std::move(*started);
    // The server may have started a keeper without telling. Such a keeper ends
    // at once, since `ask` has closed the controller's end of its socket.
    log::warn("the process that starts sidecars does not answer, it is "
              "started anew for the next task");
    end();
  }
  return start_task_keeper(plan);
}

bool sidecar_forks::begin() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
    return false;
  socket_ = file_handle{pair[0]};
  file_handle theirs{pair[1]};
  const exec_words program{server_program(program_)};
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
#ifdef __SANITIZE_THREAD__
  server_ = ::fork();
#else
  server_ = ::_Fork();
#endif
  if (server_ == 0)
    become_server(program, theirs.get());
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  // Now a program that ends instead is seen to end.
  theirs = file_handle{};
  if (server_ < 0) {
    server_ = 0;
    return false;
  }
  std::array<char, 64> greeting{};
  const auto size = receive(socket_, greeting.data(), greeting.size());
  if (std::string_view{greeting.data(), size} == fork_server_greeting)
    return true;
  log::warn("{} does not start sidecars of its own (it may be another version "
            "than syncctl), so that each of them is started by itself, which "
            "takes longer",
            program_);
  end();
  program_.clear();
  return false;
}

std::optional<result<task_keeper>>
sidecar_forks::ask(const keeper_plan& plan) const {
  auto channels = keeper_channels::make();
  if (!channels)
    return channels.error();
  const auto written = in_memory(pack_plan(plan));
  if (!written)
    return std::nullopt;
  const auto ends = channels->of_keeper();
  if (!send_descriptors(socket_, {written.get(), ends.control, ends.log,
                                  ends.telling, ends.told}))
    return std::nullopt;
  pid_t pid = 0;
  char bytes[sizeof pid];
  if (receive(socket_, bytes, sizeof bytes) != sizeof bytes)
    return std::nullopt;
  std::memcpy(&pid, bytes, sizeof pid);
  if (pid <= 0)
    return failure{ec::system_failed, std::string{"cannot start a process: "}
                                          + std::strerror(-pid)};
  return std::move(*channels).of_controller(pid);
}

void sidecar_forks::end() {
  socket_ = {};
  if (server_ <= 0)
    return;
  ::kill(server_, SIGKILL);
  while (::waitpid(server_, nullptr, 0) < 0 && errno == EINTR) {}
  server_ = 0;
}

} // namespace motorcade
