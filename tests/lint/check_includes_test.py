#!/usr/bin/env python3
"""Tries check_includes.py on a tree of a few files."""
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

    def test_a_type_whose_header_is_lacked_is_named(self):
        self.write("a/file_handle.hpp", "#pragma once\nclass file_handle {\n};\n")
        users = {"declared": "class file_handle;\nvoid f(const file_handle&);\n",
                 "included": '#include "a/file_handle.hpp"\nfile_handle file{1};\n',
                 "indirect": '#include "a/two.hpp"\nfile_handle file{1};\n',
                 "lacking": "int f() {\n  file_handle file{1};\n}\n",
                 "pointing": "std::unique_ptr<file_handle> p;\n#include <memory>\n",
                 "another": "void f(other::file_handle& a, int file_handle);\n",
                 "own": "enum class file_handle { a };\nfile_handle f();\n",
                 "told": '// A file_handle& here.\nauto a = "file_handle b;";\n'}
        self.write("a/two.hpp", '#pragma once\n#include "a/file_handle.hpp"\n')
        for name, text in users.items():
            self.write(f"b/{name}.cpp", text)
        self.assertEqual(self.check().stdout.splitlines(), [
            f"b/{name}.cpp uses file_handle of a/file_handle.hpp and does not "
            "include it" for name in ("lacking", "pointing")])


if __name__ == "__main__":
    unittest.main()
