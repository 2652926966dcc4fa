#include "runtime/destination/spool_file.hpp"

#include "runtime/files/nameless_file.hpp"

#include <zstd.h>

#include <utility>

namespace motorcade {

namespace {

/// The level of zstd: faster than most disks, and rows of JSON still shrink to
/// a third.
constexpr int level = -5;

failure spool_failure(const std::string& directory, const std::string& why) {
  return {ec::system_failed, "SPOOL_DIR " + directory + ": " + why};
}

} // namespace

spool_file::spool_file(file_handle file, std::string directory)
    : file_{std::move(file)}, directory_{std::move(directory)} {}

spool_file::~spool_file() = default;

result<std::unique_ptr<spool_file>>
spool_file::create(const std::string& directory) {
  auto made = make_nameless_file(directory);
  if (!made)
    return spool_failure(directory, made.error().what);
  return std::unique_ptr<spool_file>{
      new spool_file{*std::move(made), directory}};
}

result<void> spool_file::append(const block& rows) {
  buffer_.resize(ZSTD_compressBound(rows.size()));
  auto stored = ZSTD_compress(buffer_.data(), buffer_.size(),
                              rows.view().data(), rows.size(), level);
  if (ZSTD_isError(stored) != 0)
    return spool_failure(directory_, ZSTD_getErrorName(stored));
  if (auto ok = write_at_offset(file_, {buffer_.data(), stored}, end_); !ok)
    return spool_failure(directory_, ok.error().what);
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
  if (auto ok =
          read_at_offset(file_, stored.data(), stored.size(), wanted.offset);
      !ok)
    return spool_failure(directory_, ok.error().what);
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
