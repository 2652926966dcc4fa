#include "runtime/stream/block.hpp"

#include <cstring>

namespace motorcade {

block_ptr make_block(std::string_view ndjson, size_t rows,
                     const byte_window_ptr& window) {
  auto bytes = std::make_unique_for_overwrite<char[]>(ndjson.size());
  std::memcpy(bytes.get(), ndjson.data(), ndjson.size());
  return std::make_shared<const block>(std::move(bytes), ndjson.size(), rows,
                                       window_share{window, ndjson.size()});
}

} // namespace motorcade
