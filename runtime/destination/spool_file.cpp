#include "runtime/destination/spool_file.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace motorcade {

namespace {

/// Faster than most disks, and rows of JSON still shrink to a third.
constexpr int level = -5;

failure spool_failure(const std::string& directory, const std::string& why) {
  return {ec::system_failed, "SPOOL_DIR " + directory + ": " + why};
}

} // namespace

spool_file::spool_file(int fd, std::string directory)
    : fd_{fd}, directory_{std::move(directory)} {}

spool_file::~spool_file() {
  ::close(fd_);
}

result<std::unique_ptr<spool_file>>
spool_file::create(const std::string& directory) {
  auto fd = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
    // Some network file systems cannot make a file without a name.
    auto path = directory + "/motorcade-spool-XXXXXX";
    fd = ::mkostemp(path.data(), O_CLOEXEC);
    if (fd >= 0)
      ::unlink(path.c_str());
  }
  if (fd < 0)
    return spool_failure(directory, std::strerror(errno));
  return std::unique_ptr<spool_file>{new spool_file{fd, directory}};
}

result<void> spool_file::append(const block& rows) {
  buffer_.resize(ZSTD_compressBound(rows.size()));
  auto stored = ZSTD_compress(buffer_.data(), buffer_.size(),
                              rows.view().data(), rows.size(), level);
  if (ZSTD_isError(stored) != 0)
    return spool_failure(directory_, ZSTD_getErrorName(stored));
  for (size_t done = 0; done < stored;) {
    auto n = ::pwrite(fd_, buffer_.data() + done, stored - done,
                      static_cast<off_t>(end_ + done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return spool_failure(directory_, std::strerror(errno));
    done += static_cast<size_t>(n);
  }
  index_.push_back({end_, static_cast<uint32_t>(stored),
                    static_cast<uint32_t>(rows.size()), rows.rows(),
                    rows.files()});
  end_ += stored;
  return {};
}

result<block_ptr> spool_file::read(size_t i,
                                   const byte_window_ptr& window) const {
  const auto& wanted = index_[i];
  std::vector<char> stored(wanted.stored_bytes);
  for (size_t done = 0; done < stored.size();) {
    auto n = ::pread(fd_, stored.data() + done, stored.size() - done,
                     static_cast<off_t>(wanted.offset + done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return spool_failure(directory_, n == 0 ? "a kept block is cut off"
                                              : std::strerror(errno));
    done += static_cast<size_t>(n);
  }
  auto bytes = std::make_unique_for_overwrite<char[]>(wanted.bytes);
  auto got =
      ZSTD_decompress(bytes.get(), wanted.bytes, stored.data(), stored.size());
  if (got != wanted.bytes)
    return spool_failure(directory_, "a kept block is damaged");
  return block_ptr{std::make_shared<const block>(
      std::move(bytes), wanted.bytes, wanted.rows,
      window_share{window, wanted.bytes}, wanted.files)};
}

} // namespace motorcade
