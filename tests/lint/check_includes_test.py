#!/usr/bin/env python3
"""Tries check_includes.py on a tree of three files."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parent / "check_includes.py"

HEADER = "#pragma once\n#include <cstdint>\nvoid f(uint32_t);\n"
SOURCE = '#include "a/one.hpp"\n// std::vector is not used.\nuint32_t two = 2;\n'


class CheckIncludesTest(unittest.TestCase):
    """Sources of a made-up checkout."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write("a/one.hpp", HEADER)
        self.write("b/two.cpp", SOURCE)
        subprocess.run(["git", "init", "--quiet", self.root], check=True)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def check(self):
        subprocess.run(["git", "add", "."], cwd=self.root, check=True)
        return subprocess.run([sys.executable, CHECK, self.root], check=False,
                              capture_output=True, text=True)

    def test_a_header_may_come_with_another(self):
        done = self.check()
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_a_header_that_is_lacked_is_named(self):
        self.write("b/three.cpp", "std::vector<int> all;\nuint8_t byte;\n")
        done = self.check()
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.splitlines(), [
            "b/three.cpp uses names of <cstdint> and does not include it",
            "b/three.cpp uses names of <vector> and does not include it"])


if __name__ == "__main__":
    unittest.main()
