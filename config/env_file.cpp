#include "config/env_file.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace motorcade {

namespace {

bool is_name(std::string_view text) {
  auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'
           || (c >= '0' && c <= '9');
  };
  return !text.empty() && (text[0] < '0' || text[0] > '9')
         && std::all_of(text.begin(), text.end(), fits);
}

/// Walks over the file's text.
class env_reader {
public:
  explicit env_reader(std::string_view text) : rest_{text} {}

  result<variables> read() {
    variables out;
    for (skip_blank(); !rest_.empty(); skip_blank()) {
      if (rest_[0] == '#') {
        take_line();
        continue;
      }
      auto line = line_;
      constexpr std::string_view word = "export ";
      if (rest_.starts_with(word))
        rest_.remove_prefix(word.size());
      auto equals = rest_.find_first_of("=\n");
      auto name = std::string{rest_.substr(0, equals)};
      while (name.ends_with(' '))
        name.pop_back();
      if (equals == std::string_view::npos || rest_[equals] != '='
          || !is_name(name))
        return wrong(line, "is not NAME=value");
      rest_.remove_prefix(equals + 1);
      auto value = take_value(line);
      if (!value)
        return value.error();
      out[name] = std::move(*value);
    }
    return out;
  }

private:
  static failure wrong(size_t line, const std::string& why) {
    return {ec::invalid_argument, "line " + std::to_string(line) + " " + why};
  }

  void skip_blank() {
    while (!rest_.empty()
           && std::string_view{" \t\r\n"}.find(rest_[0])
                  != std::string_view::npos)
      take();
  }

  char take() {
    auto c = rest_[0];
    rest_.remove_prefix(1);
    line_ += c == '\n' ? 1 : 0;
    return c;
  }

  std::string take_line() {
    std::string out;
    while (!rest_.empty() && rest_[0] != '\n')
      out += take();
    while (!out.empty()
           && (out.back() == ' ' || out.back() == '\r' || out.back() == '\t'))
      out.pop_back();
    return out;
  }

  result<std::string> take_value(size_t line) {
    if (rest_.empty() || (rest_[0] != '"' && rest_[0] != '\''))
      return take_line();
    auto quote = take();
    std::string out;
    while (!rest_.empty() && rest_[0] != quote) {
      auto c = take();
      if (quote == '"' && c == '\\' && !rest_.empty()) {
        auto escaped = take();
        if (escaped == 'n')
          out += '\n';
        else if (escaped == '"' || escaped == '\\')
          out += escaped;
        else
          (out += c) += escaped;
      } else {
        out += c;
      }
    }
    if (rest_.empty())
      return wrong(line, "begins a quote that does not end");
    take();
    if (!take_line().empty())
      return wrong(line, "has something behind its closing quote");
    return out;
  }

  std::string_view rest_;
  size_t line_ = 1;
};

} // namespace

result<variables> read_env_file(std::string_view text) {
  return env_reader{text}.read();
}

} // namespace motorcade
