#include "runtime/task/packed_documents.hpp"

#include "runtime/base/whole_file.hpp"

#include <zstd.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>

namespace motorcade {

namespace {

namespace fs = std::filesystem;

/// The level of zstd: documents are packed once for each task, and must fit.
constexpr int level = 12;

constexpr mode_t owner_and_group = 0440;

failure refusal(const std::string& what) {
  return {ec::system_failed, what + ": " + std::strerror(errno)};
}

result<void> write_file(const std::string& path, std::string_view text) {
  // The umask removes bits from open's mode.
  const auto fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                         S_IRUSR | S_IWUSR);
  if (fd < 0)
    return refusal("cannot make " + path);
  auto whole = true;
  while (whole && !text.empty()) {
    const auto done = ::write(fd, text.data(), text.size());
    if (done > 0)
      text.remove_prefix(static_cast<size_t>(done));
    else
      whole = done < 0 && errno == EINTR;
  }
  whole = whole && ::fchmod(fd, owner_and_group) == 0;
  auto written = whole ? result<void>{} : refusal("cannot write " + path);
  ::close(fd);
  return written;
}

} // namespace

std::string pack_document(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const auto size =
      ZSTD_compress(out.data(), out.size(), text.data(), text.size(), level);
  // The room suffices for any text, so only memory can be lacking.
  if (ZSTD_isError(size) != 0)
    throw std::bad_alloc{};
  out.resize(size);
  return out;
}

result<std::string> unpack_document(std::string_view packed, size_t most) {
  const auto size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN)
    return failure{ec::invalid_argument, "no packed document"};
  if (size > most)
    return failure{ec::invalid_argument,
                   "a packed document of " + std::to_string(size)
                       + " bytes, more than the " + std::to_string(most)
                       + " that are taken"};
  std::string out(static_cast<size_t>(size), '\0');
  const auto got =
      ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size());
  if (ZSTD_isError(got) != 0 || got != out.size())
    return failure{ec::invalid_argument, "a packed document that is damaged"};
  return out;
}

result<std::string> text_of_document(std::string_view path, std::string text) {
  if (!path.ends_with(packed_suffix))
    return text;
  auto out = unpack_document(text);
  if (!out)
    return failure{out.error().code,
                   std::string{path} + ": " + out.error().what};
  return out;
}

result<void> unpack_folder(const std::string& from, const std::string& to) {
  std::error_code failed;
  fs::directory_iterator all{from, failed};
  if (failed)
    return failure{ec::system_failed,
                   "cannot look into " + from + ": " + failed.message()};
  for (const auto& one : all) {
    const auto name = one.path().filename().string();
    // Kubernetes keeps the files of a Secret behind names with two dots.
    if (name.starts_with('.') || !name.ends_with(packed_suffix))
      continue;
    const auto packed = read_whole_file(one.path().string());
    if (!packed)
      return failure{ec::system_failed, packed.error().what};
    const auto text = text_of_document(one.path().string(), *packed);
    if (!text)
      return text.error();
    const auto path =
        to + "/" + name.substr(0, name.size() - packed_suffix.size());
    if (auto put = write_file(path, *text); !put)
      return put;
  }
  return {};
}

} // namespace motorcade
