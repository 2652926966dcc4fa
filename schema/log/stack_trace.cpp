#include "schema/log/stack_trace.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/npos.hpp"
#include "schema/log/log_words.hpp"

#include <algorithm>

namespace motorcade {

namespace {

std::string_view name_at_start(std::string_view body) {
  size_t end = 0;
  while (end < body.size() && is_name_character(body[end]))
    ++end;
  return body.substr(0, end);
}

/// `ValueError: x`, `java.lang.RuntimeException`, `KeyboardInterrupt`.
bool names_exception(std::string_view body) {
  auto name = name_at_start(body);
  if (name.size() < body.size() && body[name.size()] != ':')
    return false;
  for (std::string_view tail :
       {"Error", "Exception", "Throwable", "KeyboardInterrupt", "SystemExit"})
    if (name.ends_with(tail) && name.size() > 5)
      return true;
  return name == "Error" && name.size() < body.size();
}

/// `thread 'main' panicked at …`, of Rust.
bool is_rust_panic(std::string_view body) {
  return body.starts_with("thread '") && body.find(" panicked at ") != npos;
}

/// `/x/y.rb:3:in 'foo': divided by 0 (ZeroDivisionError)`
bool is_ruby_error(std::string_view body) {
  auto mark = body.find(":in ");
  if (mark == npos || mark == 0 || mark + 4 >= body.size()
      || (body[mark + 4] != '`' && body[mark + 4] != '\''))
    return false;
  auto place = body.substr(0, mark);
  return is_ascii_digit(place.back()) && place.find(' ') == npos
         && body.find("': ", mark) != npos;
}

/// @returns whether the line begins a stack trace or a crash.
bool begins_crash(std::string_view body) {
  for (std::string_view head : {"Exception in thread",
                                "Exception ignored in",
                                "Unhandled exception",
                                "Unhandled Exception",
                                "Uncaught ",
                                "UnhandledPromiseRejection",
                                "panic: ",
                                "fatal error: ",
                                "Fatal Python error",
                                "Segmentation fault",
                                "SIGSEGV: ",
                                "SIGABRT: ",
                                "SIGBUS: ",
                                "SIGILL: ",
                                "SIGFPE: ",
                                "unexpected fault address ",
                                "terminate called ",
                                "*** stack smashing",
                                "PHP Fatal error: ",
                                "PHP Parse error: "})
    if (body.starts_with(head))
      return true;
  return is_rust_panic(body) || is_ruby_error(body);
}

/// `/x/y.py:12: DeprecationWarning: …`, `UserWarning: …`, `(node:7) [DEP0005]
/// DeprecationWarning: …`, `PHP Warning:  …`.
bool is_warning(std::string_view body) {
  if (body.starts_with("PHP "))
    return body.starts_with("PHP Warning: ")
           || body.starts_with("PHP Deprecated: ");
  auto mark = body.find("Warning: ");
  if (mark == npos)
    return false;
  auto name = mark;
  while (name > 0 && is_name_character(body[name - 1]))
    --name;
  if (body.starts_with("(node:"))
    return true;
  if (name == 0)
    return mark > 0;
  auto place = body.substr(0, name);
  if (!place.ends_with(": "))
    return false;
  place.remove_suffix(2);
  auto digits = place.size();
  while (digits > 0 && is_ascii_digit(place[digits - 1]))
    --digits;
  return digits > 1 && digits < place.size() && place[digits - 1] == ':';
}

/// `main.main()`, `main.(*T).run(0xc000010000, 0x1)`, of Go.
bool is_go_function(std::string_view body) {
  auto open = body.rfind('(');
  return open != npos && open > 0 && body.ends_with(')')
         && body.substr(0, open).find(' ') == npos
         && body.substr(0, open).find('.') != npos;
}

} // namespace

std::optional<log_level> find_crash_level(std::string_view body) {
  constexpr size_t searched = 2000;
  body = body.substr(0, searched);
  if (is_warning(body))
    return log_level::warn;
  if (names_exception(body) || begins_crash(body))
    return log_level::error;
  return std::nullopt;
}

bool stack_trace::continues_part(std::string_view body, bool indented) const {
  switch (part_) {
  case part::none:
    return false;
  case part::go:
    for (std::string_view head : {"goroutine ", "created by ", "exit status ",
                                  "panic(", "...additional frames elided"})
      if (body.starts_with(head))
        return true;
    return indented || is_go_function(body);
  case part::rust_words:
    return true;
  case part::node_modules:
    return body.starts_with("- ");
  case part::php:
    return body.starts_with('#') && body.size() > 1 && is_ascii_digit(body[1]);
  }
  return false;
}

bool stack_trace::take(std::string_view body, bool indented) {
  if (continues_part(body, indented)) {
    if (part_ == part::rust_words)
      part_ = part::none;
    return true;
  }
  part_ = is_rust_panic(body) && body.ends_with(':') ? part::rust_words
                                                     : part::none;

  struct head {
    std::string_view words;
    part follows;
  };

  for (const auto& [words, follows] : {
           head{"Caused by:", part::none},
           {"Suppressed: ", part::none},
           {"During handling of the above exception", part::none},
           {"The above exception was the direct cause", part::none},
           {"goroutine ", part::go},
           {"[signal ", part::none},
           {"note: run with `RUST_BACKTRACE", part::none},
           {"stack backtrace:", part::none},
           {"Stack backtrace:", part::none},
           {"Require stack:", part::node_modules},
           {"Stack trace:", part::php},
       })
    if (body.starts_with(words)
        && (follows != part::go || body.ends_with("]:"))) {
      part_ = follows;
      return true;
    }
  if (!indented)
    return false;
  for (std::string_view words : {"at ", "File \"", "... ", "^", "from ",
                                 "---> ", "--- End of ", "thrown in "})
    if (body.starts_with(words))
      return true;
  return false;
}

} // namespace motorcade
