#include "schema/log/telling_lines.hpp"

#include "schema/base/trim.hpp"

namespace motorcade {

bool telling_lines::take(std::string_view line) {
  line = trim_right(line);
  auto body = trim_left(line);
  // A message of several lines is whole.
  if (body.empty() || body.find('\n') != std::string_view::npos)
    return !body.empty();
  auto indented = body.size() < line.size();
  const auto words = trace_.expects_words();
  auto continues = trace_.take(body, indented);
  if (body.starts_with("Traceback (most recent call last)")) {
    in_traceback_ = true;
    return false;
  }
  in_traceback_ = in_traceback_ && indented;
  if (in_traceback_)
    return false;
  return !continues || words || body.starts_with("Caused by: ");
}

} // namespace motorcade
