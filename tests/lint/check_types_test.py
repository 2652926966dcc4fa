#!/usr/bin/env python3
"""Tries check_types.py on a tree of two files."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parent / "check_types.py"


def check(first, second):
    """Returns what the check prints about two files."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "a.hpp").write_text(first)
        (root / "b.cpp").write_text(second)
        for command in (["git", "init", "-q"], ["git", "add", "-A"]):
            subprocess.run(command, cwd=root, check=True)
        done = subprocess.run([sys.executable, CHECK, root],
                              capture_output=True, text=True)
        assert done.stderr == "", done.stderr
        assert (done.returncode != 0) == (done.stdout != ""), done
        return done.stdout


def within(space, text):
    return f"namespace {space} {{\n\n{text}\n\n}} // namespace {space}\n"


class CheckTypes(unittest.TestCase):
    def test_two_definitions_of_a_name_are_found(self):
        for kind in ("struct x {", "class x final : public y {",
                     "enum class x : uint8_t {", "class x\n    : y {"):
            with self.subTest(kind):
                self.assertEqual(
                    check(within("m", kind + "\n};"),
                          within("m", "struct x {\n};")),
                    "m::x is defined in a.hpp and in b.cpp\n")

    def test_other_types_pass(self):
        for first, second in (
            ("m", "n"),
            ("m", "m::n"),
            ("m", ""),
        ):
            with self.subTest(second):
                self.assertEqual(check(within(first, "struct x {\n};"),
                                       within(second, "struct x {\n};")), "")
        for text in ("class x;", "struct y {\n  struct x {\n  };\n};",
                     "enum class x : uint8_t;"):
            with self.subTest(text):
                self.assertEqual(check(within("m", "struct x {\n};"),
                                       within("m", text)), "")
        self.assertEqual(
            check(within("m", "struct x {\n};"),
                  within("m", within("", "struct x {\n};"))), "")

    def test_this_checkout_passes(self):
        done = subprocess.run([sys.executable, CHECK], capture_output=True,
                              text=True)
        self.assertEqual(done.stdout + done.stderr, "")
        self.assertEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
