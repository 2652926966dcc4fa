#include "runtime/stream/slab_reader.hpp"

#include "schema/lines/line_parser.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace motorcade {

slab_reader::slab_reader(slab_pool_ptr pool, size_t max_line_bytes,
                         byte_window_ptr window)
    : pool_{std::move(pool)},
      max_line_bytes_{std::max<size_t>(max_line_bytes, 1)},
      window_{std::move(window)},
      buffer_{pool_->take()},
      capacity_{pool_->slab_bytes()} {}

slab_reader::~slab_reader() {
  pool_->give(buffer_, capacity_);
}

std::span<char> slab_reader::space() {
  if (size_ == capacity_)
    grow();
  return {buffer_ + size_, capacity_ - size_};
}

bool slab_reader::full() const noexcept {
  return size_ == capacity_ || long_line_ended_;
}

void slab_reader::note_time() {
  // The number of marks is bounded, since a connector may write byte by byte.
  constexpr size_t most_marks = 1000;
  // A line that was begun in an earlier slab has the time of its next part: it
  // is not to stand among the lines of that slab.
  if (marks_.size() < most_marks)
    marks_.push_back({marks_.empty() ? 0 : size_, next_time()});
}

std::vector<read_mark> slab_reader::take_marks() {
  if (marks_.empty())
    note_time();
  return std::exchange(marks_, {});
}

void slab_reader::filled(size_t n) {
  bytes_ += n;
  if (n > 0 && (!dropping_ || long_line_ended_))
    note_time();
  auto* begin = buffer_ + size_;
  if (dropping_ && !long_line_ended_) {
    auto* newline = static_cast<char*>(std::memchr(begin, '\n', n));
    if (newline == nullptr) {
      // The space is used again and again until the line ends.
      in_long_line_.read({begin, n}, long_line_bytes_);
      long_line_bytes_ += n;
      return;
    }
    auto rest = static_cast<size_t>(newline - begin);
    in_long_line_.read({begin, rest}, long_line_bytes_);
    long_line_bytes_ += rest;
    long_line_ended_ = true;
    cut_ = static_cast<size_t>(newline - buffer_) + 1;
    size_ += n;
    return;
  }
  if (const auto* newline = static_cast<const char*>(::memrchr(begin, '\n', n)))
    cut_ = static_cast<size_t>(newline - buffer_) + 1;
  size_ += n;
  if (!dropping_ && size_ - cut_ > max_line_bytes_ && cut_ == 0)
    start_dropping();
}

slab_ptr slab_reader::take() {
  if (long_line_ended_) {
    auto bytes = long_line_bytes_;
    auto made = make_long_slab(cut_);
    offset_ += bytes + 1;
    return made;
  }
  if (cut_ == 0)
    return nullptr;
  auto begin = offset_;
  auto made = make_slab(cut_, cut_, 0, {});
  offset_ = begin + made->text().size();
  return made;
}

slab_ptr slab_reader::take_rest() {
  if (auto made = take())
    return made;
  if (dropping_)
    return make_long_slab(size_);
  if (size_ == 0)
    return nullptr;
  return make_slab(size_, size_, 0, {});
}

slab_ptr slab_reader::make_long_slab(size_t rest) {
  dropping_ = long_line_ended_ = false;
  auto seen = in_long_line_.end_kind();
  return make_slab(head_bytes_, rest, std::exchange(long_line_bytes_, 0), seen);
}

slab_ptr slab_reader::make_slab(size_t size, size_t rest,
                                uint64_t long_line_bytes,
                                std::optional<message_kind> long_line_kind) {
  // The rest may be most of a long line; then the new buffer is large, too.
  auto left = size_ - rest;
  auto capacity = pool_->slab_bytes();
  char* fresh = nullptr;
  if (left <= capacity) {
    fresh = pool_->take();
  } else {
    capacity = capacity_;
    fresh = static_cast<char*>(std::malloc(capacity + line_parser::padding));
    if (fresh == nullptr)
      throw std::bad_alloc{};
  }
  std::memcpy(fresh, buffer_ + rest, left);
  std::memset(buffer_ + size, 0, line_parser::padding);
  // A byte order mark has no meaning in UTF-8; as white space it does no harm.
  if (offset_ == 0 && size >= 3 && std::memcmp(buffer_, "\xEF\xBB\xBF", 3) == 0)
    std::memset(buffer_, ' ', 3);
  auto made = std::make_shared<const slab>(
      pool_, buffer_, capacity_, size, number_++, offset_, long_line_bytes,
      window_share{window_, size}, take_marks(), long_line_kind);
  buffer_ = fresh;
  capacity_ = capacity;
  size_ = left;
  cut_ = 0;
  // The rest may hold whole lines if a dropped line came before it.
  if (const auto* newline =
          static_cast<const char*>(::memrchr(buffer_, '\n', size_)))
    cut_ = static_cast<size_t>(newline - buffer_) + 1;
  return made;
}

void slab_reader::grow() {
  auto capacity = std::min(capacity_ * 2, max_line_bytes_ + 2);
  capacity = std::max(capacity, capacity_ + 1);
  auto* larger = static_cast<char*>(
      std::realloc(buffer_, capacity + line_parser::padding));
  if (larger == nullptr)
    throw std::bad_alloc{};
  buffer_ = larger;
  capacity_ = capacity;
}

void slab_reader::start_dropping() {
  dropping_ = true;
  long_line_bytes_ = size_;
  in_long_line_ = begin_long_line({buffer_, size_});
  head_bytes_ = std::min({kept_of_long_line, size_, pool_->slab_bytes() / 2});
  if (capacity_ > pool_->slab_bytes()) {
    auto* small = pool_->take();
    std::memcpy(small, buffer_, head_bytes_);
    pool_->give(buffer_, capacity_);
    buffer_ = small;
    capacity_ = pool_->slab_bytes();
  }
  size_ = head_bytes_;
  marks_.resize(std::min<size_t>(marks_.size(), 1));
}

} // namespace motorcade
