#include "runtime/http/server/http_intake.hpp"

#include <algorithm>

namespace motorcade {

using progress = http_intake::progress;

progress http_intake::advance() {
  switch (place_) {
  case place::head:
    return take_head();
  case place::body:
    return take_body();
  case place::whole:
    return progress::whole;
  case place::refused:
    break;
  }
  return progress::refused;
}

void http_intake::next() {
  place_ = place::head;
  looked_ = 0;
  blank_passed_ = false;
  head_ = {};
  body_ = {};
  chunks_.reset();
}

progress http_intake::refuse(http_refusal why) {
  place_ = place::refused;
  refusal_ = std::move(why);
  buffer_ = {};
  body_ = {};
  return progress::refused;
}

progress http_intake::take_head() {
  // RFC 9112, section 2.2: a blank line before the request is ignored.
  if (!blank_passed_ && buffer_.starts_with("\r\n")) {
    buffer_.erase(0, 2);
    blank_passed_ = true;
    looked_ = 0;
  }
  auto size = find_head_end(buffer_, looked_);
  if (!size) {
    looked_ = buffer_.size();
    if (buffer_.find('\n') == std::string::npos) {
      if (looked_ > limits_.request_line)
        return refuse({414, "the target is too long"});
    } else if (looked_ > limits_.head) {
      return refuse({431, "the headers are too large"});
    }
    return progress::more;
  }
  auto parsed =
      parse_http_head(std::string_view{buffer_}.substr(0, *size), limits_);
  if (auto* no = std::get_if<http_refusal>(&parsed))
    return refuse(std::move(*no));
  head_ = std::move(std::get<http_head>(parsed));
  buffer_.erase(0, *size);
  if (head_.chunked)
    chunks_.emplace(body_limit_);
  place_ = place::body;
  return progress::head;
}

progress http_intake::take_body() {
  auto too_large = [this] {
    return refuse({413, "the body is larger than " + std::to_string(body_limit_)
                            + " bytes"});
  };
  if (!chunks_) {
    if (head_.content_length > body_limit_)
      return too_large();
    auto part = std::min(head_.content_length - body_.size(), buffer_.size());
    body_.append(buffer_, 0, part);
    buffer_.erase(0, part);
    if (body_.size() < head_.content_length)
      return progress::more;
  } else {
    std::string_view bytes = buffer_;
    auto state = chunks_->take(bytes, body_);
    buffer_.erase(0, buffer_.size() - bytes.size());
    if (state == http_chunks::state::too_large)
      return too_large();
    if (state == http_chunks::state::malformed)
      return refuse({400, "the chunks of the body are malformed"});
    if (state == http_chunks::state::more)
      return progress::more;
  }
  place_ = place::whole;
  return progress::whole;
}

} // namespace motorcade
