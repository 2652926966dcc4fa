#include "runtime/log/repeated_traces.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

namespace {

using strings = std::vector<std::string>;

/// Shows lines as `E <line>`; an empty one ends a message.
strings show(const strings& lines) {
  repeated_traces traces{std::make_shared<std::vector<std::vector<size_t>>>()};
  strings out;
  auto add = [&out](const strings& more) {
    out.insert(out.end(), more.begin(), more.end());
  };
  for (const auto& line : lines)
    add(line == "|" ? traces.close() : traces.push(line, "E " + line));
  add(traces.close());
  return out;
}

const strings trace = {
    "Traceback (most recent call last):", "  File \"x.py\", line 1, in read",
    "    raise ValueError(\"the cause\")", "ValueError: the cause"};

strings join(std::initializer_list<strings> parts) {
  strings out;
  for (const auto& part : parts)
    out.insert(out.end(), part.begin(), part.end());
  return out;
}

strings shown(const strings& lines) {
  strings out;
  for (const auto& line : lines)
    out.push_back("E " + line);
  return out;
}

const strings again = {"E   (a stack trace that is shown above)"};

} // namespace

TEST_CASE("a stack trace is shown once") {
  CHECK(show(trace) == shown(trace));
  CHECK(show(join({trace, trace, trace}))
        == join({shown(trace), again, again}));
  CHECK(
      show(join({{"before"}, trace, {"|", "between"}, trace, {"after"}}))
      == join({{"E before"}, shown(trace), {"E between"}, again, {"E after"}}));
  // Behind a time and a level, as loggers print it.
  auto logged = trace;
  logged.front() = "2026-01-01 ERROR " + trace.front();
  CHECK(show(join({trace, logged})) == join({shown(trace), again}));
}

TEST_CASE("a stack trace that differs is shown whole") {
  for (size_t i = 1; i < trace.size(); ++i) {
    auto other = trace;
    other[i] += " of another kind";
    CHECK(show(join({trace, other})) == shown(join({trace, other})));
    CHECK(show(join({trace, other, other, trace}))
          == join({shown(join({trace, other})), again, again}));
  }
}

TEST_CASE("a stack trace that is cut off is shown as far as it goes") {
  strings part{trace.begin(), trace.begin() + 2};
  CHECK(show(join({trace, part})) == shown(join({trace, part})));
  CHECK(show(join({part, {"|"}, trace})) == shown(join({part, trace})));
}

TEST_CASE("Java's stack traces are recognised") {
  const strings java = {"java.lang.IllegalStateException: no",
                        "\tat a.b.C.d(C.java:1)", "\tat a.b.C.e(C.java:2)",
                        "Caused by: java.io.IOException: gone",
                        "\t... 12 more"};
  CHECK(show(join({java, {"next"}, java, {"next"}}))
        == join(
            {shown(join({java, {"next", java.front()}})), again, {"E next"}}));
}

TEST_CASE("text is left alone") {
  const strings text = {"",  "  indented", "at first", "    at",
                        "x", "",           "x",        "  indented"};
  CHECK(show(text) == shown(text));
}

TEST_CASE("the last line of a stack trace is its message") {
  CHECK(without_stack_traces("it failed: Traceback (most recent call last):\n"
                             "  File \"x\"\n    y\nValueError: the cause")
        == "it failed: ValueError: the cause");
  CHECK(without_stack_traces("one\ntwo\n") == "one\ntwo\n");
  CHECK(without_stack_traces("") == "");
}
