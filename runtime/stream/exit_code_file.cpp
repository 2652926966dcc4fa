#include "runtime/stream/exit_code_file.hpp"

#include "runtime/files/private_file.hpp"

#include <charconv>
#include <fstream>
#include <system_error>

namespace motorcade {

result<int> read_exit_code(const std::string& path) {
  std::ifstream file{path};
  if (!file)
    return failure{ec::invalid_argument, "there is no such file"};
  std::string text;
  std::string more;
  file >> text;
  int code = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), code);
  if (error != std::errc{} || end != text.data() + text.size() || code < 0
      || file >> more)
    return failure{ec::invalid_argument, "it does not hold an exit code"};
  return code;
}

result<void> write_exit_code(const std::string& path, int code) {
  return write_private_file(path, std::to_string(code) + "\n");
}

} // namespace motorcade
