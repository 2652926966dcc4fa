#include "runtime/base/gzip_stream.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

namespace motorcade {

namespace {

/// The level of zlib: rows of JSON shrink to a sixth, and a core takes 100 MB a
/// second.
constexpr int level = 1;

/// Asks zlib for the form of gzip.
constexpr int gzip_form = 16;

} // namespace

struct gzip_stream::stream {
  explicit stream(bool small) {
    const auto window_bits = small ? 12 : MAX_WBITS;
    const auto memory_level = small ? 5 : 8;
    if (deflateInit2(&z, level, Z_DEFLATED, window_bits + gzip_form,
                     memory_level, Z_DEFAULT_STRATEGY)
        != Z_OK)
      throw std::bad_alloc{};
  }

  ~stream() { deflateEnd(&z); }

  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  z_stream z = {};
};

gzip_stream::gzip_stream(bool small)
    : stream_{std::make_unique<stream>(small)} {}

gzip_stream::~gzip_stream() = default;

result<void> gzip_stream::append(std::string_view bytes, const sink& to) {
  while (!bytes.empty()) {
    const auto part = bytes.substr(
        0, std::numeric_limits<decltype(stream_->z.avail_in)>::max());
    if (auto ok = feed(part, Z_NO_FLUSH, to); !ok)
      return ok;
    bytes.remove_prefix(part.size());
  }
  return {};
}

result<void> gzip_stream::finish(const sink& to) {
  return feed({}, Z_FINISH, to);
}

result<void> gzip_stream::feed(std::string_view bytes, int flush,
                               const sink& to) {
  auto& z = stream_->z;
  // zlib only reads these bytes.
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<decltype(z.avail_in)>(bytes.size());
  char portion[16 << 10];
  do {
    z.next_out = reinterpret_cast<Bytef*>(portion);
    z.avail_out = sizeof portion;
    // The only errors are those of a stream that is used wrongly.
    deflate(&z, flush);
    const auto size = sizeof portion - z.avail_out;
    if (auto ok = size == 0 ? result<void>{} : to({portion, size}); !ok)
      return ok;
  } while (z.avail_out == 0);
  return {};
}

} // namespace motorcade
