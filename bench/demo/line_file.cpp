#include "bench/demo/line_file.hpp"

#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace motorcade {

namespace {

constexpr size_t text_chunk = 256u << 10;

std::string reason(int code) {
  return std::generic_category().message(code);
}

} // namespace

void line_file::decoder_deleter::operator()(
    ZSTD_DCtx_s* decoder) const noexcept {
  ZSTD_freeDCtx(decoder);
}

line_file::line_file(std::string path, int fd, size_t max_line_bytes)
    : path_{std::move(path)}, fd_{fd}, max_line_bytes_{max_line_bytes} {}

line_file::line_file(line_file&& other) noexcept
    : path_{std::move(other.path_)},
      fd_{std::exchange(other.fd_, -1)},
      max_line_bytes_{other.max_line_bytes_},
      decoder_{std::move(other.decoder_)},
      packed_{std::move(other.packed_)},
      packed_begin_{other.packed_begin_},
      packed_end_{other.packed_end_},
      text_{std::move(other.text_)},
      begin_{other.begin_},
      scanned_{other.scanned_},
      end_{other.end_},
      packed_bytes_{other.packed_bytes_},
      line_number_{other.line_number_},
      within_frame_{other.within_frame_},
      output_full_{other.output_full_},
      at_end_{other.at_end_},
      failed_{std::move(other.failed_)} {}

line_file& line_file::operator=(line_file&& other) noexcept {
  if (this != &other) {
    std::destroy_at(this);
    std::construct_at(this, std::move(other));
  }
  return *this;
}

line_file::~line_file() {
  if (fd_ >= 0)
    ::close(fd_);
}

result<line_file> line_file::open(const std::string& path,
                                  size_t max_line_bytes) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    auto code = errno == ENOENT || errno == ENOTDIR ? ec::invalid_argument
                                                    : ec::system_failed;
    return failure{code, "cannot open " + path + ": " + reason(errno)};
  }
  line_file file{path, fd, max_line_bytes};
  file.text_.resize(text_chunk);
  if (path.ends_with(".zst")) {
    file.decoder_.reset(ZSTD_createDCtx());
    if (!file.decoder_)
      return failure{ec::system_failed, "no memory to decompress " + path};
    file.packed_.resize(ZSTD_DStreamInSize());
  }
  return file;
}

result<std::optional<std::string_view>> line_file::next() {
  for (;;) {
    const char* from = text_.data() + scanned_;
    const void* newline = nullptr;
    if (scanned_ < end_)
      newline = std::memchr(from, '\n', end_ - scanned_);
    size_t line_end = end_;
    if (newline != nullptr)
      line_end = static_cast<const char*>(newline) - text_.data();
    if (line_end - begin_ > max_line_bytes_ && !failed_)
      failed_ =
          broken("line " + std::to_string(line_number_ + 1) + " is longer than "
                 + std::to_string(max_line_bytes_) + " bytes");
    if (newline == nullptr && !failed_ && !at_end_) {
      scanned_ = end_;
      if (auto filled = fill(); !filled)
        failed_ = filled.error();
      continue;
    }
    if (failed_)
      return *failed_;
    if (newline == nullptr && begin_ == end_)
      return std::optional<std::string_view>{};
    std::string_view line{text_.data() + begin_, line_end - begin_};
    begin_ = scanned_ = std::min(line_end + 1, end_);
    ++line_number_;
    return std::optional{line};
  }
}

result<void> line_file::fill() {
  make_room();
  return decoder_ ? fill_compressed() : fill_plain();
}

void line_file::make_room() {
  if (begin_ > 0) {
    std::memmove(text_.data(), text_.data() + begin_, end_ - begin_);
    scanned_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  // Doubling keeps the copies of a long line linear in its length.
  if (text_.size() - end_ < text_chunk / 2)
    text_.resize(text_.size() * 2);
}

result<void> line_file::fill_plain() {
  auto got = read_some(text_.data() + end_, text_.size() - end_);
  if (!got)
    return got.error();
  end_ += *got;
  at_end_ = *got == 0;
  return {};
}

result<void> line_file::fill_compressed() {
  // What did not fit in the text last time is still inside the decoder, so it
  // is asked again before more is read.
  if (packed_begin_ == packed_end_ && !output_full_) {
    auto got = read_some(packed_.data(), packed_.size());
    if (!got)
      return got.error();
    if (*got == 0) {
      if (packed_bytes_ == 0)
        return broken("it is empty, not zstd");
      if (within_frame_)
        return broken("it ends within a zstd frame");
      at_end_ = true;
      return {};
    }
    packed_begin_ = 0;
    packed_end_ = *got;
    packed_bytes_ += *got;
  }
  ZSTD_inBuffer in{packed_.data(), packed_end_, packed_begin_};
  ZSTD_outBuffer out{text_.data(), text_.size(), end_};
  size_t hint = ZSTD_decompressStream(decoder_.get(), &out, &in);
  if (ZSTD_isError(hint) != 0)
    return broken(std::string{"not zstd, or damaged: "}
                  + ZSTD_getErrorName(hint));
  packed_begin_ = in.pos;
  end_ = out.pos;
  within_frame_ = hint != 0;
  output_full_ = within_frame_ && out.pos == out.size;
  return {};
}

result<size_t> line_file::read_some(char* to, size_t size) {
  for (;;) {
    ssize_t got = ::read(fd_, to, size);
    if (got >= 0)
      return static_cast<size_t>(got);
    if (errno != EINTR) {
      auto code = errno == EISDIR ? ec::invalid_argument : ec::system_failed;
      return failure{code, "cannot read " + path_ + ": " + reason(errno)};
    }
  }
}

failure line_file::broken(const std::string& why) const {
  return {ec::invalid_argument, "cannot read " + path_ + ": " + why};
}

} // namespace motorcade
