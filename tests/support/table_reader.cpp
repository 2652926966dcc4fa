#include "support/table_reader.hpp"

#include <zstd.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <stdexcept>

namespace motorcade::support {

std::vector<std::string> read_table(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  if (!in)
    return {};
  std::string packed{std::istreambuf_iterator<char>{in}, {}};
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context{
      ZSTD_createDCtx(), &ZSTD_freeDCtx};
  std::string text;
  std::string piece(ZSTD_DStreamOutSize(), 0);
  ZSTD_inBuffer source{packed.data(), packed.size(), 0};
  size_t left = 0;
  bool full = false;
  while (source.pos < source.size || full) {
    ZSTD_outBuffer to{piece.data(), piece.size(), 0};
    left = ZSTD_decompressStream(context.get(), &to, &source);
    if (ZSTD_isError(left))
      throw std::runtime_error{ZSTD_getErrorName(left)};
    text.append(piece, 0, to.pos);
    full = to.pos == to.size;
  }
  if (left != 0)
    throw std::runtime_error{"the last frame is cut short"};
  std::vector<std::string> rows;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);)
    rows.push_back(line);
  return rows;
}

std::vector<std::string> hidden_files(const std::filesystem::path& folder) {
  std::vector<std::string> out;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator{folder})
    if (auto name = entry.path().filename().string();
        name.starts_with(".") && name.ends_with(".partial"))
      out.push_back(name);
  return out;
}

} // namespace motorcade::support
