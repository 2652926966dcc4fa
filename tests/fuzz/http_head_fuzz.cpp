// Heads of requests, and bodies in chunks with their trailers: for any bytes,
// cutting them otherwise makes no difference, and an accepted request has one
// meaning.
#include "runtime/http/server/http_intake.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace motorcade;

namespace {

constexpr size_t body_limit = 4096;

void expect(bool fine, const char* what) {
  if (fine)
    return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

/// The requests that were found, and whether more may come.
struct finding {
  std::string text;
  bool over = false;

  bool operator==(const finding&) const = default;
};

void check_head(const http_head& head) {
  expect(head.old_version || head.find("host") != nullptr, "no host");
  size_t lengths = 0;
  for (const auto& [name, value] : head.headers) {
    expect(is_http_header(name + ": " + value), "an odd header was taken");
    lengths += name == "content-length" || name == "transfer-encoding" ? 1 : 0;
  }
  expect(lengths <= 1, "the length is open to opinions");
  expect(!head.chunked || head.content_length == 0, "two lengths");
  // Must not fail in any other way than by saying so.
  (void)parse_http_target(head.target);
}

void take(http_intake& intake, finding& into) {
  while (!into.over) {
    switch (intake.advance()) {
    case http_intake::progress::more:
      return;
    case http_intake::progress::head:
      check_head(intake.head());
      into.text += intake.head().method + ' ' + intake.head().target + '\n';
      break;
    case http_intake::progress::whole:
      expect(intake.body().size() <= body_limit, "the body is too large");
      into.text += intake.body() + '\n';
      intake.next();
      break;
    case http_intake::progress::refused:
      into.text += std::to_string(intake.refusal().status);
      into.over = true;
    }
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const http_head_limits limits{512, 256, 1024, 10};
  std::string_view text{reinterpret_cast<const char*>(data), size};
  http_intake whole{limits, body_limit};
  finding first;
  whole.add(text);
  take(whole, first);
  http_intake pieces{limits, body_limit};
  finding second;
  for (size_t at = 0; at < size && !second.over;) {
    // The data says how it is cut.
    auto part = text.substr(at, 1 + data[at] % 7);
    pieces.add(part);
    take(pieces, second);
    at += part.size();
  }
  // One that is too large is refused with what it is found by first.
  auto limit = [](const finding& of) {
    return of.text.ends_with("414") || of.text.ends_with("431");
  };
  if (!(limit(first) && limit(second)) && !limit(first) && !limit(second))
    expect(first == second, "it matters how it was cut");
  return 0;
}
