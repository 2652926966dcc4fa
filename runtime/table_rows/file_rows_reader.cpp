#include "runtime/table_rows/file_rows_reader.hpp"

#include "runtime/base/file_handle.hpp"
#include "schema/json/json_check.hpp"
#include "schema/json/json_view.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <memory>
#include <system_error>
#include <unordered_map>
#include <utility>

namespace motorcade {

namespace {

using clock = std::chrono::steady_clock;

/// The longest row that is kept, in bytes; a longer one is passed over.
constexpr size_t longest_row = size_t{1} << 20;
/// The most bytes of rows that are kept; of longer ones there are fewer.
constexpr size_t most_bytes = size_t{16} << 20;

failure unreadable(const std::string& path, const std::string& why) {
  return {ec::service_unavailable,
          "the file " + path + " cannot be read: " + why};
}

/// Keeps the last lines of a text that comes in pieces.
class last_lines {
public:
  explicit last_lines(size_t most) : most_{most} {}

  void add(std::string_view piece) {
    for (;;) {
      const auto end = piece.find('\n');
      if (line_.size() + std::min(end, piece.size()) <= longest_row)
        line_ += piece.substr(0, end);
      else
        too_long_ = true;
      if (end == std::string_view::npos)
        return;
      if (!too_long_ && !line_.empty()) {
        bytes_ += line_.size();
        lines_.push_back(std::move(line_));
      }
      // A row that is passed over is one of the further ones.
      more_ = more_ || too_long_;
      while (lines_.size() > most_ || bytes_ > most_bytes) {
        bytes_ -= lines_.front().size();
        lines_.pop_front();
        more_ = true;
      }
      line_.clear();
      too_long_ = false;
      piece.remove_prefix(end + 1);
    }
  }

  std::deque<std::string>& lines() { return lines_; }

  bool more() const { return more_; }

private:
  const size_t most_;
  std::deque<std::string> lines_;
  size_t bytes_ = 0;
  std::string line_;
  bool too_long_ = false;
  bool more_ = false;
};

struct context_deleter {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

/// Reads the file until its end, or until the time is over.
/// @returns whether it came to the end.
result<bool> read_lines(const std::string& path, clock::time_point until,
                        last_lines& to) {
  const file_handle file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file)
    return unreadable(path, std::generic_category().message(errno));
  const std::unique_ptr<ZSTD_DCtx, context_deleter> context{ZSTD_createDCtx()};
  if (!context)
    return unreadable(path, "there is no memory");
  std::string packed(ZSTD_DStreamInSize(), 0);
  std::string piece(ZSTD_DStreamOutSize(), 0);
  for (;;) {
    const auto size = ::read(file.get(), packed.data(), packed.size());
    if (size < 0 && errno == EINTR)
      continue;
    if (size < 0)
      return unreadable(path, std::generic_category().message(errno));
    if (size == 0)
      return true;
    ZSTD_inBuffer from{packed.data(), static_cast<size_t>(size), 0};
    auto full = false;
    while (from.pos < from.size || full) {
      ZSTD_outBuffer out{piece.data(), piece.size(), 0};
      const auto left = ZSTD_decompressStream(context.get(), &out, &from);
      if (ZSTD_isError(left) != 0)
        return unreadable(path, ZSTD_getErrorName(left));
      to.add({piece.data(), out.pos});
      full = out.pos == out.size;
      if (clock::now() > until)
        return false;
    }
  }
}

/// @returns a value as it is shown; nothing: null.
std::optional<std::string> shown(const json_view& value,
                                 const table_look& look) {
  if (value.is_null())
    return {};
  auto text = value.is_string() ? value.text() : std::string{value.raw()};
  return cut_value(std::move(text), look.characters);
}

} // namespace

result<table_page> read_file_rows(const std::string& path,
                                  const table_look& look) {
  table_page out;
  const auto there = find_regular(path);
  if (!there)
    return there.error();
  if (!*there)
    return out;
  last_lines last{look.rows};
  auto whole = read_lines(path, clock::now() + look.time, last);
  if (!whole)
    return whole.error();
  out.order = *whole ? "inserted" : "none";
  out.more = last.more() || !*whole;
  std::unordered_map<std::string, size_t> places;
  auto& lines = last.lines();
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (check_json(*line))
      return unreadable(path, "a line is not JSON");
    auto& row = out.rows.emplace_back(out.columns.size());
    json_view{*line}.for_each_member(
        [&](std::string_view name, const json_view& value) {
          const auto [place, added] =
              places.try_emplace(std::string{name}, out.columns.size());
          if (added && out.columns.size() == look.columns) {
            places.erase(place);
            return;
          }
          if (added)
            out.columns.emplace_back(name);
          row.resize(std::max(row.size(), place->second + 1));
          row[place->second] = shown(value, look);
        });
  }
  if (const auto most = look.rows_of(out.columns.size());
      out.rows.size() > most) {
    out.rows.resize(most);
    out.more = true;
  }
  for (auto& row : out.rows)
    row.resize(out.columns.size());
  return out;
}

} // namespace motorcade
