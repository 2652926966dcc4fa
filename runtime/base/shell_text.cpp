#include "runtime/base/shell_text.hpp"

namespace motorcade {

std::string quote_for_shell(std::string_view text) {
  std::string out = "'";
  for (const auto c : text)
    if (c == '\'')
      out += R"('\'')";
    else
      out += c;
  return out + '\'';
}

} // namespace motorcade
