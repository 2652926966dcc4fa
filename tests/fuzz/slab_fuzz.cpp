// Any split of the input into reads gives the same lines: the first bytes say
// how large the slabs, the reads and the longest line are.
#include "runtime/stream/slab_reader.hpp"

#include "schema/lines/line_parser.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

using namespace motorcade;

namespace {

/// Lines with their offsets; of one that is too long the length alone.
std::vector<std::string> expected(std::string_view text, size_t longest) {
  std::vector<std::string> out;
  for (size_t at = 0; at < text.size();) {
    auto end = std::min(text.find('\n', at), text.size());
    auto line = text.substr(at, end - at);
    out.push_back(std::to_string(at) + " "
                  + (line.size() > longest ? std::to_string(line.size())
                                           : std::string{line}));
    at = end + 1;
  }
  return out;
}

void collect(const slab& piece, size_t longest, std::vector<std::string>& out) {
  if (piece.long_line_bytes() > 0) {
    out.push_back(std::to_string(piece.offset()) + " "
                  + std::to_string(piece.long_line_bytes()));
    return;
  }
  for (auto& line : expected(piece.text(), longest)) {
    auto space = line.find(' ');
    out.push_back(
        std::to_string(piece.offset() + std::stoull(line.substr(0, space)))
        + line.substr(space));
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3)
    return 0;
  auto slab_bytes = size_t{16} + data[0];
  auto most_at_once = size_t{1} + data[1];
  auto longest = size_t{1} + data[2] * size_t{4};
  std::string text{reinterpret_cast<const char*>(data) + 3, size - 3};
  // A mark at the start becomes white space; that is tested elsewhere.
  if (text.starts_with("\xEF\xBB\xBF"))
    return 0;
  auto pool = std::make_shared<slab_pool>(slab_bytes);
  slab_reader reader{pool, longest, nullptr};
  std::vector<std::string> got;
  for (size_t at = 0; at < text.size();) {
    auto space = reader.space();
    auto n = std::min({space.size(), most_at_once, text.size() - at});
    std::memcpy(space.data(), text.data() + at, n);
    reader.filled(n);
    at += n;
    if (reader.full() || at % 3 == 0)
      while (auto piece = reader.take())
        collect(*piece, longest, got);
  }
  while (auto piece = reader.take_rest())
    collect(*piece, longest, got);
  if (got != expected(text, longest)) {
    std::fprintf(stderr, "%zu lines, expected %zu\n", got.size(),
                 expected(text, longest).size());
    std::abort();
  }
  return 0;
}
