#include "schema/log/telling_lines.hpp"

#include <catch2/catch_all.hpp>

#include <string>
#include <vector>

using namespace motorcade;

TEST_CASE("the last telling line of a stack trace names the error") {
  struct row {
    const char* what;
    std::vector<std::string> lines;
    const char* last;
  };

  const row table[] = {
      {"no trace", {"one", "two"}, "two"},
      {"an indented detail of a message",
       {"1 validation error", "  api_key is missing"},
       "  api_key is missing"},
      {"a message of several lines",
       {"Traceback (most recent call last):\n  File \"x\"\nValueError: x"},
       "Traceback (most recent call last):\n  File \"x\"\nValueError: x"},
      {"Python",
       {"Traceback (most recent call last):",
        "  File \"/airbyte/main.py\", line 3, in <module>", "    run(source)",
        "ValueError: no such table"},
       "ValueError: no such table"},
      {"Python, cut before the error",
       {"ready", "Traceback (most recent call last):",
        "  File \"/airbyte/main.py\", line 3, in <module>", "    run(source)"},
       "ready"},
      {"Java",
       {"Exception in thread \"main\" java.lang.IllegalStateException: no",
        "\tat io.airbyte.Main.run(Main.java:10)",
        "\tat io.airbyte.Main.main(Main.java:3)"},
       "Exception in thread \"main\" java.lang.IllegalStateException: no"},
      {"Java with a cause",
       {"Exception in thread \"main\" java.lang.IllegalStateException: no",
        "\tat io.airbyte.Main.main(Main.java:3)",
        "Caused by: java.net.ConnectException: refused", "\t... 12 more"},
       "Caused by: java.net.ConnectException: refused"},
      {"Go",
       {"panic: runtime error: index out of range [3] with length 2",
        "goroutine 1 [running]:", "main.main()", "\t/src/main.go:7 +0x1d",
        "exit status 2"},
       "panic: runtime error: index out of range [3] with length 2"},
      {"Node",
       {"TypeError: x is not a function",
        "    at Object.<anonymous> (/app/index.js:3:11)",
        "    at node:internal/main/run_main_module:28:49"},
       "TypeError: x is not a function"},
      {"Rust",
       {"thread 'main' panicked at src/main.rs:2:5:", "index out of bounds",
        "note: run with `RUST_BACKTRACE=1` environment variable to display a "
        "backtrace"},
       "index out of bounds"},
      {"Ruby",
       {"/x/y.rb:3:in 'foo': divided by 0 (ZeroDivisionError)",
        "\tfrom /x/y.rb:7:in '<main>'"},
       "/x/y.rb:3:in 'foo': divided by 0 (ZeroDivisionError)"},
      {".NET",
       {"Unhandled exception. System.InvalidOperationException: no",
        "   at Program.Main() in /src/Program.cs:line 3"},
       "Unhandled exception. System.InvalidOperationException: no"},
      {"PHP",
       {"PHP Fatal error:  Uncaught Exception: no in /x.php:3",
        "Stack trace:", "#0 {main}", "  thrown in /x.php on line 3"},
       "PHP Fatal error:  Uncaught Exception: no in /x.php:3"},
      {"another line behind a trace",
       {"TypeError: x", "    at f (/app/index.js:3:11)", "giving up"},
       "giving up"},
  };
  for (const auto& [what, lines, last] : table) {
    INFO(what);
    telling_lines telling;
    std::string found;
    for (const auto& line : lines)
      if (telling.take(line))
        found = line;
    CHECK(found == last);
  }
}
