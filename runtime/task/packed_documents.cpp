#include "runtime/task/packed_documents.hpp"

#include "runtime/base/whole_file.hpp"

#include <zstd.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <set>

namespace motorcade {

namespace {

namespace fs = std::filesystem;

/// The level of zstd: documents are packed once for each task, and must fit.
constexpr int level = 12;

constexpr mode_t owner_and_group = 0440;
constexpr size_t most_unpacked = size_t{64} << 20;

failure refusal(const std::string& what) {
  return {ec::system_failed, what + ": " + std::strerror(errno)};
}

/// A file that is written piece by piece.
class new_file {
public:
  explicit new_file(std::string path)
      : path_{std::move(path)},
        // The umask removes bits from open's mode.
        fd_{::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                   S_IRUSR | S_IWUSR)} {}

  ~new_file() {
    if (fd_ >= 0)
      ::close(fd_);
  }

  new_file(const new_file&) = delete;
  new_file& operator=(const new_file&) = delete;

  result<void> write(std::string_view text) {
    if (fd_ < 0)
      return refusal("cannot make " + path_);
    while (!text.empty()) {
      const auto done = ::write(fd_, text.data(), text.size());
      if (done > 0)
        text.remove_prefix(static_cast<size_t>(done));
      else if (done == 0 || errno != EINTR)
        return refusal("cannot write " + path_);
    }
    return {};
  }

  /// Lets others read the file, once it is whole.
  result<void> finish() {
    if (fd_ < 0 || ::fchmod(fd_, owner_and_group) != 0)
      return refusal("cannot write " + path_);
    return {};
  }

private:
  std::string path_;
  int fd_;
};

struct free_stream {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

/// Unpacks a document that comes in one or several parts.
class unpacker {
public:
  /// @param name Names the document in errors.
  unpacker(std::string name, const std::string& to)
      : name_{std::move(name)}, out_{to}, stream_{ZSTD_createDStream()} {
    if (!stream_)
      throw std::bad_alloc{};
  }

  result<void> take(std::string_view part) {
    ZSTD_inBuffer in{part.data(), part.size(), 0};
    std::string piece(ZSTD_DStreamOutSize(), '\0');
    // Even with all bytes taken there may be more to come out.
    for (auto full = true; in.pos < in.size || (full && left_ != 0);) {
      ZSTD_outBuffer out{piece.data(), piece.size(), 0};
      left_ = ZSTD_decompressStream(stream_.get(), &out, &in);
      if (ZSTD_isError(left_) != 0)
        return refuse(bytes_ == 0 ? "no packed document"
                                  : "a packed document that is damaged");
      full = out.pos == out.size;
      bytes_ += out.pos;
      if (bytes_ > most_unpacked)
        return refuse("a packed document of more than the "
                      + std::to_string(most_unpacked)
                      + " bytes that are taken");
      if (auto put = out_.write({piece.data(), out.pos}); !put)
        return put;
    }
    return {};
  }

  result<void> finish() {
    // That much is lacking of the frame.
    if (left_ != 0)
      return refuse("a packed document that is damaged");
    return out_.finish();
  }

private:
  failure refuse(const std::string& why) const {
    return {ec::invalid_argument, name_ + ": " + why};
  }

  std::string name_;
  new_file out_;
  std::unique_ptr<ZSTD_DStream, free_stream> stream_;
  size_t left_ = 1;
  size_t bytes_ = 0;
};

/// @returns the name without the end that a part's has.
std::string_view without_part(std::string_view name) {
  constexpr size_t digits = 3;
  if (name.size() <= digits + 1)
    return name;
  const auto end = name.substr(name.size() - digits);
  const auto is_part =
      name[name.size() - digits - 1] == '.'
      && end.find_first_not_of("0123456789") == std::string_view::npos;
  return is_part ? name.substr(0, name.size() - digits - 1) : name;
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

std::string part_suffix(size_t number) {
  constexpr size_t digits = 3;
  auto text = std::to_string(number);
  return "." + std::string(digits - std::min(digits, text.size()), '0') + text;
}

result<void> unpack_folder(const std::string& from, const std::string& to) {
  std::error_code failed;
  fs::directory_iterator all{from, failed};
  if (failed)
    return failure{ec::system_failed,
                   "cannot look into " + from + ": " + failed.message()};
  // The parts of each document, in their order.
  std::map<std::string, std::set<std::string>, std::less<>> documents;
  for (const auto& one : all) {
    const auto name = one.path().filename().string();
    const auto document = without_part(name);
    // Kubernetes keeps the files of a Secret behind names with two dots.
    if (!name.starts_with('.') && document.ends_with(packed_suffix))
      documents[std::string{document}].insert(name);
  }
  for (const auto& [document, parts] : documents) {
    const auto path = from + "/" + document;
    unpacker unpack{
        path,
        to + "/" + document.substr(0, document.size() - packed_suffix.size())};
    for (size_t number = 1; const auto& part : parts) {
      if (part != document && part != document + part_suffix(number++))
        return failure{ec::invalid_argument,
                       path + ": a part before " + part + " is lacking"};
      const auto packed = read_whole_file(from + "/" + part);
      if (!packed)
        return failure{ec::system_failed, packed.error().what};
      if (auto taken = unpack.take(*packed); !taken)
        return taken;
    }
    if (auto whole = unpack.finish(); !whole)
      return whole;
  }
  return {};
}

} // namespace motorcade
