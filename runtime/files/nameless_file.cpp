#include "runtime/files/nameless_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace motorcade {

namespace {

failure system_failure(int error) {
  return {ec::system_failed, std::strerror(error)};
}

} // namespace

result<file_handle> make_nameless_file(const std::string& folder) {
  auto fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
    // Some network file systems cannot make a file without a name.
    auto path = folder + "/motorcade-spool-XXXXXX";
    fd = ::mkostemp(path.data(), O_CLOEXEC);
    if (fd >= 0)
      ::unlink(path.c_str());
  }
  if (fd < 0)
    return system_failure(errno);
  return file_handle{fd};
}

result<void> write_at_offset(const file_handle& file, std::string_view bytes,
                             uint64_t offset) {
  for (size_t done = 0; done < bytes.size();) {
    auto n = ::pwrite(file.get(), bytes.data() + done, bytes.size() - done,
                      static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return system_failure(errno);
    done += static_cast<size_t>(n);
  }
  return {};
}

result<void> read_at_offset(const file_handle& file, char* to, size_t size,
                            uint64_t offset) {
  for (size_t done = 0; done < size;) {
    auto n = ::pread(file.get(), to + done, size - done,
                     static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return system_failure(errno);
    if (n == 0)
      return failure{ec::system_failed, "a kept block is cut off"};
    done += static_cast<size_t>(n);
  }
  return {};
}

} // namespace motorcade
