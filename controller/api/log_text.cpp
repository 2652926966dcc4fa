#include "controller/api/log_text.hpp"

namespace motorcade {

std::string to_text(const log_row& row) {
  auto out =
      to_iso8601_millis(row.time) + ' ' + row.level + ' ' + row.logger + ": ";
  for (auto c : row.message) {
    if (c == '\r')
      continue;
    out += c;
    if (c == '\n')
      out += "    ";
  }
  return out + '\n';
}

std::string log_file_name(const std::string& task_id) {
  constexpr size_t longest = 100;
  std::string out;
  for (auto c : task_id.substr(0, longest)) {
    const auto plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                       || (c >= '0' && c <= '9') || c == '-' || c == '.';
    out += plain ? c : '_';
  }
  return out + ".log";
}

void write_log_text(controller_service& service, const std::string& log_id,
                    http_stream& to) {
  constexpr size_t page = 1000;
  constexpr size_t piece = size_t{64} << 10;
  log_position after;
  for (;;) {
    auto rows = service.logs(log_id, after, page);
    if (!rows) {
      to.write("the rest could not be read: " + rows.error().what + '\n');
      return;
    }
    if (rows->empty())
      return;
    std::string text;
    for (const auto& row : *rows) {
      text += to_text(row);
      if (text.size() < piece)
        continue;
      if (!to.write(text))
        return;
      text.clear();
    }
    if (!text.empty() && !to.write(text))
      return;
    // A client that reads no more does not keep this thread.
    if (!to.pause(std::chrono::milliseconds{0}))
      return;
    after = {rows->back().time, rows->back().id};
  }
}

} // namespace motorcade
