#include "runtime/stream/slab.hpp"

#include "schema/lines/line_parser.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace motorcade {

namespace {

/// The most idle buffers that are kept: more are only in use while many slabs
/// wait.
constexpr size_t kept_buffers = 4;

} // namespace

slab_pool::slab_pool(size_t slab_bytes) : slab_bytes_{slab_bytes} {
  free_.reserve(kept_buffers);
}

slab_pool::~slab_pool() {
  for (auto* buffer : free_)
    std::free(buffer);
}

char* slab_pool::take() {
  {
    std::lock_guard lock{mutex_};
    if (!free_.empty()) {
      auto* buffer = free_.back();
      free_.pop_back();
      return buffer;
    }
  }
  auto* buffer =
      static_cast<char*>(std::malloc(slab_bytes_ + line_parser::padding));
  if (buffer == nullptr)
    throw std::bad_alloc{};
  return buffer;
}

void slab_pool::give(char* buffer, size_t capacity) noexcept {
  if (buffer == nullptr)
    return;
  if (capacity == slab_bytes_) {
    std::lock_guard lock{mutex_};
    if (free_.size() < kept_buffers) {
      free_.push_back(buffer);
      return;
    }
  }
  std::free(buffer);
}

wall_time slab::read_at(size_t offset) const noexcept {
  auto behind = std::upper_bound(
      marks_.begin(), marks_.end(), offset,
      [](size_t at, const read_mark& mark) { return at < mark.offset; });
  return behind == marks_.begin() ? marks_.front().time
                                  : std::prev(behind)->time;
}

} // namespace motorcade
