#include "runtime/process/keeper_channels.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace motorcade {

result<keeper_channels> keeper_channels::make() {
  auto refuse = [](const char* what) {
    return failure{ec::system_failed,
                   std::string{what} + ": " + std::strerror(errno)};
  };
  constexpr int packets = SOCK_SEQPACKET | SOCK_CLOEXEC;
  keeper_channels out;
  int pair[2];
  if (::socketpair(AF_UNIX, packets, 0, pair) != 0)
    return refuse("cannot make a socket");
  out.control_ = file_handle{pair[0]};
  out.control_of_keeper_ = file_handle{pair[1]};
  if (::socketpair(AF_UNIX, packets, 0, pair) != 0)
    return refuse("cannot make a socket");
  out.telling_ = file_handle{pair[0]};
  out.told_ = file_handle{pair[1]};
  if (::pipe2(pair, O_CLOEXEC) != 0)
    return refuse("cannot make a pipe");
  out.log_ = file_handle{pair[0]};
  out.log_of_keeper_ = file_handle{pair[1]};
  return out;
}

keeper_ends keeper_channels::of_keeper() const {
  return {control_of_keeper_.get(), log_of_keeper_.get(), telling_.get(),
          told_.get()};
}

task_keeper keeper_channels::of_controller(pid_t keeper) && {
  return {keeper, std::move(control_), std::move(log_)};
}

} // namespace motorcade
