// Bodies in chunks and trailers: what is taken can be written anew and is read
// the same, and every byte is either taken or left for what comes behind.
#include "runtime/http/server/http_chunks.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

using namespace motorcade;

namespace {

constexpr size_t limit = 4096;

void expect(bool fine, const char* what) {
  if (fine)
    return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  http_chunks whole{limit};
  std::string body;
  auto rest = text;
  auto state = whole.take(rest, body);
  expect(body.size() <= limit, "the body is too large");
  // Byte by byte it is the same.
  http_chunks single{limit};
  std::string again;
  auto left = text;
  while (!left.empty()) {
    auto one = left.substr(0, 1);
    if (single.take(one, again) != http_chunks::state::more)
      break;
    left.remove_prefix(1);
  }
  std::string_view none;
  expect(single.take(none, again) == state, "it matters how it was cut");
  expect(again == body, "another body");
  if (state != http_chunks::state::done)
    return 0;
  auto used = text.substr(0, text.size() - rest.size());
  expect(used.ends_with("\r\n\r\n") || used.ends_with("\r\n"), "no end");
  // No line of it ends in anything but CR LF; only data may hold others.
  std::string fresh;
  if (!body.empty()) {
    char head[20];
    std::snprintf(head, sizeof head, "%zx\r\n", body.size());
    fresh = head + body + "\r\n";
  }
  fresh += "0\r\n\r\n";
  http_chunks second{limit};
  std::string same;
  std::string_view view = fresh;
  expect(second.take(view, same) == http_chunks::state::done && view.empty()
             && same == body,
         "what was taken cannot be told again");
  return 0;
}
