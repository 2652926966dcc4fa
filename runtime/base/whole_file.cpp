#include "runtime/base/whole_file.hpp"

#include "runtime/base/file_handle.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace motorcade {

result<std::string> read_whole_file(const std::string& path) {
  const auto cannot = [&path](int error) {
    return failure{error == ENOENT ? ec::not_found : ec::invalid_argument,
                   "cannot read " + path + ": " + std::strerror(error)};
  };
  const file_handle file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file)
    return cannot(errno);
  constexpr size_t piece = 64 << 10;
  std::string out;
  for (;;) {
    const auto had = out.size();
    out.resize(had + piece);
    const auto n = ::read(file.get(), out.data() + had, piece);
    const auto error = errno;
    out.resize(had + (n > 0 ? static_cast<size_t>(n) : 0));
    if (n == 0)
      return out;
    if (n < 0 && error != EINTR)
      return cannot(error);
  }
}

} // namespace motorcade
