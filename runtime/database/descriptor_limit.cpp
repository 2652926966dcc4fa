#include "runtime/database/descriptor_limit.hpp"

#include "runtime/base/file_handle.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include <cerrno>
#include <string>
#include <vector>

namespace motorcade {

namespace {

/// @returns EMFILE or ENFILE if so many files cannot be opened; 0: they can, or
/// another error comes first.
int try_to_open(size_t files) {
  std::vector<file_handle> opened;
  for (size_t i = 0; i < files; ++i) {
    opened.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!opened.back())
      return errno == EMFILE || errno == ENFILE ? errno : 0;
  }
  return 0;
}

} // namespace

failure name_lack_of_descriptors(failure why, size_t needed) {
  auto error = try_to_open(needed);
  if (error == 0)
    return why;
  if (error == ENFILE)
    return {ec::database_rejected,
            why.what
                + ": Too many open files in system (ENFILE): "
                  "raise fs.file-max, or end what holds them"};
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return {ec::database_rejected,
          why.what
              + ": Too many open files (EMFILE): this process may have no more "
                "than "
              + std::to_string(limit.rlim_cur)
              + ": raise the limit, e.g. with `ulimit -n "
                "1024`"};
}

} // namespace motorcade
