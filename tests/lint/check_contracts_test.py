#!/usr/bin/env python3
"""Tries check_contracts.py on headers with one function in them at a time."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parent / "check_contracts.py"

# Each is found without the comment above it, and not with it.
ASKED = (
    ("a function", "int size(const std::string& text);"),
    ("a template", "template <class T, class... Ts>\nvoid put(T&& one, Ts&&... rest) {\n}"),
    ("a type in angle brackets with parentheses",
     "std::map<int, std::function<void(int)>> handlers(std::function<int()> f);"),
    ("a declaration of two lines", "std::vector<std::string>\nsplit(int from);"),
    ("a method", "struct box {\n  bool open() const noexcept { return a == 1; }\n};"),
    ("a private method", "class box {\n  void shut();\n};"),
    ("a method without a body here", "class box {\n  virtual int turn(int) = 0;\n};"),
    ("a method behind another's body",
     'struct box {\n  ~box() { if (a) { f("}"); } }\n  int size();\n};'),
    ("a method behind a constructor with a list of values",
     "class box {\n  explicit box(int a) : a_{a}, b_{f(a)} {}\n  void f();\n};"),
    ("a constructor with parameters", "class box {\npublic:\n  explicit box(int a);\n};"),
    ("an operator", "struct box {\n  explicit operator bool() const;\n};"),
    ("a comparison", "struct box {\n  bool operator<(const lid& other) const;\n};"),
    ("a conversion", "struct box {\n  box& operator=(int other);\n};"),
    ("a nested class's method",
     "class box {\n  struct lid {\n    void lift();\n  };\n};"),
    ("a default that calls", "void wait(int longest = f(), std::string why = {});"),
    ("a method behind a member with braces",
     "class box {\n  std::atomic<bool> open_{false};\n  int n_ = f();\n  void f();\n};"),
)

# These have their contract elsewhere, or are no functions.
FREE = (
    ("special members", "class box {\npublic:\n  box();\n  ~box();\n  box(box&&) noexcept;\n"
     "  box(const box& other) = delete;\n  box& operator=(box&&);\n};"),
    ("a private constructor", "class box {\n  explicit box(int a) : a_{a} {}\n};"),
    ("what overrides", "class box : base {\n  void f(int a) override;\n  int g() final;\n};"),
    ("a call operator", "struct closer {\n  void operator()(int fd) const;\n};"),
    ("a friend", "struct box {\n  friend bool operator==(box, box) = default;\n};"),
    ("data", "struct box {\n  std::function<void(int)> f;\n  int a = g(1);\n"
     "  std::vector<int> b{1, 2};\n  int c[sizeof(int)] = {};\n};"),
    ("constants and aliases", "using f = int (*)(int);\nconstexpr int a = g(1);\n"
     "static_assert(sizeof(int) == 4);\nenum class b : int { c = f(1) };"),
    ("macros", "#define F(x) \\\n  g(x);\nADD_TYPE(motorcade, (box))\nADD_TYPE(motorcade, lid)"),
    ("what stands in text", 'constexpr auto a = R"(void f();)";\nconstexpr auto b = "void g();";'),
    ("what a comment says", "// void f();\n/* void g(); */"),
)


def check(text):
    """Returns what the check prints about a tree with this header."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "a.hpp").write_text("#pragma once\n\nnamespace motorcade {\n\n"
                                    + text + "\n\n} // namespace motorcade\n")
        for command in (["git", "init", "-q"], ["git", "add", "-A"]):
            subprocess.run(command, cwd=root, check=True)
        done = subprocess.run([sys.executable, CHECK, root],
                              capture_output=True, text=True)
        assert done.stderr == "", done.stderr
        assert (done.returncode != 0) == (done.stdout != ""), done
        return done.stdout


def with_comment(text, comment):
    """Puts a comment above each line that begins a declaration."""
    lines = []
    for line in text.split("\n"):
        bare = line.strip()
        if bare.endswith((";", "{", "}", "split(int from);", ">")) and bare[0] not in "}":
            if not lines or not lines[-1].strip().endswith(">"):
                lines.append(line[:len(line) - len(bare)] + comment)
        lines.append(line)
    return "\n".join(lines)


class CheckContracts(unittest.TestCase):
    def test_function_without_contract_is_found(self):
        for what, text in ASKED:
            with self.subTest(what):
                self.assertEqual(check(text).count("has no contract"), 1)

    def test_contract_is_enough(self):
        for what, text in ASKED:
            with self.subTest(what):
                self.assertEqual(check(with_comment(text, "/// What it does.")), "")

    def test_remark_is_no_contract(self):
        for what, text in ASKED:
            with self.subTest(what):
                self.assertNotEqual(check(with_comment(text, "// A remark.")), "")

    def test_nothing_is_asked_of_what_needs_none(self):
        for what, text in FREE:
            with self.subTest(what):
                self.assertEqual(check(text), "")

    def test_line_and_name_are_told(self):
        self.assertIn("a.hpp:6: shut has no contract",
                      check("class box {\n  void shut();\n};"))

    def test_contract_holds_for_its_own_function_alone(self):
        self.assertIn("a.hpp:7: g has no contract",
                      check("/// What it does.\nvoid f();\nvoid g();"))

    def test_contract_behind_a_blank_line_holds_for_nothing(self):
        self.assertIn("f has no contract", check("/// What it does.\n\nvoid f();"))

    def test_contract_holds_for_overloads_behind_it(self):
        self.assertEqual(check("/// What it does.\nvoid f();\n\nvoid f(int a);"), "")

    def test_contract_of_a_group_ends_at_a_blank_line(self):
        for words in ("Each of these waits.", "These wait."):
            with self.subTest(words):
                told = check(f"/// {words}\nvoid f();\nvoid g();\n\nvoid h();")
                self.assertEqual(told.count("has no contract"), 1)
                self.assertIn("h has no contract", told)


if __name__ == "__main__":
    unittest.main()
