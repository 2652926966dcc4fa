#include "runtime/log/leading_lines.hpp"

namespace motorcade {

void leading_lines::add(const line& next) {
  if (ended_)
    return;
  if (lines_.size() == withheld_lines::longest_rest) {
    end();
    return;
  }
  text_ += next.clean;
  lines_.push_back(
      {text_.size(), next.more, static_cast<uint32_t>(next.entry), next.mixed});
}

leading_lines::line leading_lines::operator[](size_t i) const {
  const size_t begin = i == 0 ? 0 : lines_[i - 1].end;
  const auto& found = lines_[i];
  return {std::string_view{text_}.substr(begin, found.end - begin), found.mixed,
          found.more, found.entry};
}

} // namespace motorcade
