#include "support/spawned_program.hpp"

#include <cerrno>
#include <system_error>

#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

extern char** environ;

namespace motorcade::test {

namespace {

void expect(bool went_well, const char* what, int code) {
  if (!went_well)
    throw std::system_error{code, std::generic_category(), what};
}

std::vector<char*> pointers_to(const std::vector<std::string>& words) {
  std::vector<char*> out;
  for (const auto& word : words)
    out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

spawned_program spawn(const std::vector<std::string>& arguments,
                      char** environment, const posix_spawnattr_t* how) {
  int out[2];
  int err[2];
  expect(::pipe2(out, O_CLOEXEC) == 0, "pipe", errno);
  expect(::pipe2(err, O_CLOEXEC) == 0, "pipe", errno);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                   O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
  auto argv = pointers_to(arguments);
  spawned_program made{-1, out[0], err[0]};
  auto code = ::posix_spawn(&made.pid, argv[0], &actions, how, argv.data(),
                            environment);
  posix_spawn_file_actions_destroy(&actions);
  ::close(out[1]);
  ::close(err[1]);
  if (code != 0) {
    ::close(made.out);
    ::close(made.err);
  }
  expect(code == 0, argv[0], code);
  return made;
}

} // namespace

spawned_program spawn_program(const std::vector<std::string>& arguments) {
  return spawn(arguments, environ, nullptr);
}

spawned_program spawn_program(const std::vector<std::string>& arguments,
                              const std::vector<std::string>& environment) {
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t usual;
  sigemptyset(&usual);
  posix_spawnattr_setsigmask(&attributes, &usual);
  sigaddset(&usual, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  auto envp = pointers_to(environment);
  auto made = spawn(arguments, envp.data(), &attributes);
  posix_spawnattr_destroy(&attributes);
  return made;
}

} // namespace motorcade::test
