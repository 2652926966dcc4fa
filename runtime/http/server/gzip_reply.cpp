#include "runtime/http/server/gzip_reply.hpp"

#include "runtime/base/gzip_stream.hpp"
#include "schema/base/ascii.hpp"
#include "schema/base/trim.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

namespace {

/// In bytes: less is one packet in any case.
constexpr size_t least = 1024;

constexpr std::string_view followed_lines = "application/x-ndjson";

/// A stream whose bytes are compressed on their way.
class compressed_stream final : public http_stream {
public:
  explicit compressed_stream(http_stream& to) : to_{to} {}

  bool write(std::string_view bytes) override {
    return static_cast<bool>(gzip_.append(bytes, sink()));
  }

  bool pause(std::chrono::milliseconds time) override {
    return to_.pause(time);
  }

  /// Writes the end of the compressed form.
  void end() { (void)static_cast<bool>(gzip_.finish(sink())); }

private:
  gzip_stream::sink sink() {
    return [this](std::string_view bytes) -> result<void> {
      if (to_.write(bytes))
        return {};
      return failure{ec::cancelled, "the client is gone"};
    };
  }

  http_stream& to_;
  gzip_stream gzip_{true};
};

std::string compressed(std::string_view text) {
  std::string out;
  const gzip_stream::sink sink = [&out](std::string_view bytes) {
    out += bytes;
    return result<void>{};
  };
  gzip_stream gzip{false};
  // The sink never fails.
  if (!gzip.append(text, sink) || !gzip.finish(sink))
    return {};
  return out;
}

/// @returns the quality that a part of Accept-Encoding gives, in thousandths.
int quality_of(std::string_view parameters) {
  for (auto rest = parameters; !rest.empty();) {
    const auto semicolon = std::min(rest.find(';'), rest.size());
    const auto one = trim(rest.substr(0, semicolon), header_blanks);
    rest.remove_prefix(std::min(semicolon + 1, rest.size()));
    if (!one.starts_with("q=") && !one.starts_with("Q="))
      continue;
    // Only whether it is zero counts.
    const auto value = one.substr(2);
    return value.find_first_of("123456789") == std::string_view::npos ? 0 : 1;
  }
  return 1;
}

std::pair<std::string, std::string>* find_header(http_fields& headers,
                                                 std::string_view name) {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const auto& header) {
        return equal_ignoring_case(header.first, name);
      });
  return found == headers.end() ? nullptr : &*found;
}

} // namespace

bool accepts_gzip(std::string_view accepted) {
  auto any = false;
  while (!accepted.empty()) {
    const auto comma = std::min(accepted.find(','), accepted.size());
    const auto part = accepted.substr(0, comma);
    accepted.remove_prefix(std::min(comma + 1, accepted.size()));
    const auto semicolon = std::min(part.find(';'), part.size());
    const auto name = trim(part.substr(0, semicolon), header_blanks);
    const auto taken = quality_of(part.substr(semicolon)) > 0;
    if (equal_ignoring_case(name, "gzip")
        || equal_ignoring_case(name, "x-gzip"))
      return taken;
    if (name == "*")
      any = taken;
  }
  return any;
}

std::string gzip_tag(const std::string& tag) {
  return tag.substr(0, tag.size() - 1) + "-gzip\"";
}

void compress_reply(const http_fields& request_headers, http_reply& reply) {
  auto* tag = find_header(reply.headers, "ETag");
  const auto page = reply.content_type.starts_with("text/html");
  if (reply.content_type == followed_lines || (tag != nullptr && !page)
      || (!reply.stream && reply.body.size() < least))
    return;
  reply.headers.emplace_back("Vary", "Accept-Encoding");
  const auto accepted = std::find_if(
      request_headers.begin(), request_headers.end(),
      [](const auto& header) { return header.first == "accept-encoding"; });
  if (accepted == request_headers.end() || !accepts_gzip(accepted->second))
    return;
  tag = find_header(reply.headers, "ETag");
  if (tag != nullptr)
    tag->second = gzip_tag(tag->second);
  reply.headers.emplace_back("Content-Encoding", "gzip");
  if (!reply.stream) {
    reply.body = compressed(reply.body);
    return;
  }
  reply.stream = [plain = std::move(reply.stream)](http_stream& to) {
    compressed_stream smaller{to};
    plain(smaller);
    smaller.end();
  };
}

} // namespace motorcade
