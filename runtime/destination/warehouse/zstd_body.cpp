#include "runtime/destination/warehouse/zstd_body.hpp"

#include <zstd.h>

#include <new>
#include <stdexcept>
#include <utility>

namespace motorcade {

namespace {

/// The level of zstd: stronger compression would be slower than the network.
constexpr int level = 1;

} // namespace

struct zstd_body::stream {
  stream() : context{ZSTD_createCCtx()} {
    if (context == nullptr)
      throw std::bad_alloc{};
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
  }

  ~stream() { ZSTD_freeCCtx(context); }

  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  void feed(std::string_view text, ZSTD_EndDirective how, std::string& out) {
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    for (;;) {
      char portion[16 << 10];
      ZSTD_outBuffer to{portion, sizeof portion, 0};
      const auto left = ZSTD_compressStream2(context, &to, &in, how);
      if (ZSTD_isError(left) != 0)
        throw std::runtime_error{std::string{"zstd: "}
                                 + ZSTD_getErrorName(left)};
      out.append(portion, to.pos);
      if (how == ZSTD_e_end ? left == 0 : in.pos == in.size)
        return;
    }
  }

  ZSTD_CCtx* context;
};

zstd_body::zstd_body() : stream_{std::make_unique<stream>()} {}

zstd_body::~zstd_body() = default;

void zstd_body::append(std::string_view text) {
  raw_ += text.size();
  stream_->feed(text, ZSTD_e_continue, out_);
}

std::string zstd_body::take() {
  stream_->feed({}, ZSTD_e_end, out_);
  raw_ = 0;
  return std::exchange(out_, {});
}

} // namespace motorcade
