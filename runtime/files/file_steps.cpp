#include "runtime/files/file_steps.hpp"

#include "runtime/files/durable_folder.hpp"
#include "schema/base/excerpt.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

namespace motorcade {

namespace {

constexpr uint64_t longest_piece = 64u << 20;

} // namespace

failure file_failure(const char* action, const std::string& path, int error) {
  auto code = ec::destination_rejected;
  switch (error) {
  case EMFILE:
  case ENFILE:
  case ENOMEM:
  case EAGAIN:
  case ENOLCK:
  case ESTALE:
  case ETIMEDOUT:
    code = ec::destination_unavailable;
    break;
  default:
    break;
  }
  return {code, std::string{"cannot "} + action + " " + excerpt(path, 500)
                    + ": " + std::generic_category().message(error)};
}

failure file_failure(const failure& found) {
  return {found.code == ec::system_failed ? ec::destination_unavailable
                                          : ec::destination_rejected,
          found.what};
}

result<void> write_all(int fd, const std::string& path, const char* from,
                       size_t size) {
  while (size > 0) {
    auto written = ::write(fd, from, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return file_failure("write", path, errno);
    from += written;
    size -= static_cast<size_t>(written);
  }
  return {};
}

result<void> copy_rest(int from, const std::string& from_path, int to,
                       const std::string& to_path, uint64_t most,
                       const std::function<bool()>& stopped) {
  auto stop = [&] {
    return stopped && stopped();
  };
  failure cancelled{ec::cancelled, "told to stop copying to " + to_path};
  while (most > 0) {
    if (stop())
      return cancelled;
    auto copied = ::copy_file_range(from, nullptr, to, nullptr,
                                    std::min(most, longest_piece), 0);
    if (copied > 0)
      most -= static_cast<uint64_t>(copied);
    if (copied > 0 || (copied < 0 && errno == EINTR))
      continue;
    // Some file systems return 0 although there is more; only a read shows the
    // end for sure.
    if (copied == 0 || errno == EXDEV || errno == EINVAL || errno == ENOSYS
        || errno == EOPNOTSUPP || errno == EPERM)
      break;
    return file_failure("copy to", to_path, errno);
  }
  std::vector<char> buffer(256 << 10);
  while (most > 0) {
    if (stop())
      return cancelled;
    auto size =
        ::read(from, buffer.data(), std::min<uint64_t>(most, buffer.size()));
    if (size < 0 && errno == EINTR)
      continue;
    if (size < 0)
      return file_failure("read", from_path, errno);
    if (size == 0)
      break;
    most -= static_cast<uint64_t>(size);
    auto written =
        write_all(to, to_path, buffer.data(), static_cast<size_t>(size));
    if (!written)
      return written;
  }
  return {};
}

result<file_handle> open_folder(const std::string& path) {
  file_handle folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!folder)
    return file_failure("open", path, errno);
  return folder;
}

result<void> make_folders(const std::string& path) {
  std::string failed_path;
  if (auto error = make_durable_folders(path, table_folder_mode, failed_path);
      error != 0)
    return file_failure("create", failed_path, error);
  return {};
}

bool folder_ignores_case(const std::string& path) {
  auto lower = path + "/.case-" + std::to_string(::getpid());
  auto upper = path + "/.CASE-" + std::to_string(::getpid());
  file_handle made{
      ::open(lower.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (!made)
    return false;
  auto same = ::access(upper.c_str(), F_OK) == 0;
  ::unlink(lower.c_str());
  return same;
}

result<void> lock_folder(const file_handle& folder, const std::string& path) {
  while (::flock(folder.get(), LOCK_EX) != 0)
    if (errno != EINTR)
      return file_failure("lock", path, errno);
  return {};
}

} // namespace motorcade
