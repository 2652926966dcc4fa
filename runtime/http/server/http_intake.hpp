#pragma once

#include "runtime/http/server/http_chunks.hpp"
#include "runtime/http/server/http_head.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// The incoming side of a connection without the connection: takes bytes as
/// they come and finds the requests in them, however the bytes were cut. Each
/// byte is looked at a constant number of times.
class http_intake {
public:
  /// What `advance` has come to.
  enum class progress : uint8_t {
    /// More bytes are needed.
    more,
    /// `head` is whole; returned once for each request.
    head,
    /// The request is whole, `body` included.
    whole,
    /// `refusal` says why; nothing more is taken.
    refused,
  };

  /// @param limits Must outlive this.
  http_intake(const http_head_limits& limits, size_t body_limit)
      : limits_{limits}, body_limit_{body_limit} {}

  /// Appends bytes, which `advance` parses.
  void add(std::string_view bytes) { buffer_ += bytes; }

  /// Parses until there is progress to report, or no bytes are left.
  progress advance();

  /// Begins with the next request, whose bytes may have come already.
  void next();

  /// @returns the head of the request, once it is whole.
  http_head& head() { return head_; }

  /// @returns the decoded body as far as it came.
  std::string& body() { return body_; }

  /// @returns why the request was refused.
  const http_refusal& refusal() const { return refusal_; }

  /// @returns whether a part of a request has come.
  bool begun() const { return place_ != place::head || !buffer_.empty(); }

  /// @returns the bytes of heads and of bodies that are held.
  size_t held() const { return buffer_.size() + body_.size(); }

private:
  enum class place : uint8_t { head, body, whole, refused };

  /// Parses the head once it is whole. Ignores one blank line before it (RFC
  /// 9112, section 2.2).
  progress take_head();

  /// Takes bytes of the body off the buffer.
  progress take_body();

  /// Lets go of all bytes and takes nothing more.
  progress refuse(http_refusal why);

  const http_head_limits& limits_;
  const size_t body_limit_;
  place place_ = place::head;
  std::string buffer_;
  /// The part of the buffer that was searched for the end of a head.
  size_t looked_ = 0;
  bool blank_passed_ = false;
  http_head head_;
  std::string body_;
  std::optional<http_chunks> chunks_;
  http_refusal refusal_;
};

} // namespace motorcade
