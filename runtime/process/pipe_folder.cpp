#include "runtime/process/pipe_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace motorcade {

result<void> prepare_pipe_folder(const std::string& folder) {
  auto refuse = [](const std::string& what) {
    return failure{ec::system_failed, what + ": " + std::strerror(errno)};
  };

  struct stat info {};

  if (::stat(folder.c_str(), &info) != 0)
    return refuse("cannot use the folder " + folder);
  for (std::string_view name :
       {"stdout", "stderr", "exit-code", "exit-code.tmp"}) {
    auto path = folder + "/" + std::string{name};
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
      return refuse("cannot remove " + path);
  }
  for (const auto* name : {"/stdout", "/stderr"}) {
    auto path = folder + name;
    // The umask removes bits from mkfifo's mode.
    if (::mkfifo(path.c_str(), 0666) != 0 || ::chmod(path.c_str(), 0666) != 0)
      return refuse("cannot make the pipe " + path);
  }
  // The connector's shell writes the exit code; a sticky folder would keep it
  // from opening pipes of another user (fs.protected_fifos).
  constexpr mode_t wanted = 0777;
  constexpr mode_t sticky = S_ISVTX;
  if ((info.st_mode & (wanted | sticky)) != wanted
      && ::chmod(folder.c_str(), wanted) != 0)
    return refuse("cannot let all users into the folder " + folder);
  return {};
}

} // namespace motorcade
