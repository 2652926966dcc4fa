#!/usr/bin/env python3
"""Tries check_rooms.py on a tree of three rooms, with one fault in it at a time."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parent / "check_rooms.py"
ROOT = CHECK.parents[2]

SOUND = {
    "cmake/rooms.txt": "# Rooms.\nlow:\nmiddle: low\nhigh: low middle\n",
    "low/README.md": "# Low\n\nIncludes: no other room.\n",
    "middle/README.md": "# Middle\n\nIncludes: low.\n\nStart with a.\n",
    "high/README.md": "# High\n\nIncludes: low,\nmiddle.\n",
    "low/a.hpp": "#pragma once\n",
    "low/b.hpp": "#pragma once\n",
    "middle/a.hpp": '#include "low/a.hpp"\n',
    "middle/b.hpp": '#include "middle/a.hpp"\n',
    "high/a.cpp": '#include "low/b.hpp"\n#include "middle/b.hpp"\n',
    "high/b.cpp": "#include <string>\n",
}


def check(files):
    """Returns what the check prints about a tree of these files."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        for command in (["git", "init", "-q"], ["git", "add", "-A"]):
            subprocess.run(command, cwd=root, check=True)
        done = subprocess.run([sys.executable, CHECK, root],
                              capture_output=True, text=True)
        assert done.stderr == "", done.stderr
        assert (done.returncode != 0) == (done.stdout != ""), done
        return done.stdout


class CheckRooms(unittest.TestCase):
    def test_sound_tree_passes(self):
        self.assertEqual(check(SOUND), "")

    def test_each_fault_is_found(self):
        table = SOUND["cmake/rooms.txt"]
        for name, text, wanted in (
            ("low/b.hpp", '#include "high/x.hpp"\n',
             "low/b.hpp:1: low must not include high"),
            ("middle/b.hpp", '  #  include "high/x.hpp"\n#include "middle/a.hpp"',
             "middle/b.hpp:1: middle must not include high"),
            ("low/b.hpp", '\n#include "unknown/x.hpp"\n',
             "low/b.hpp:2: low must not include unknown"),
            ("attic/a.cpp", "", "attic/a.cpp: its folder has no row"),
            ("low/deep/a.cpp", "", "low/deep/a.cpp: its folder has no row"),
            ("cmake/rooms.txt", table.replace("low:", "low: high"),
             "low may include only rooms of the rows above, and high is none"),
            ("cmake/rooms.txt", table.replace("low:", "low: low"),
             "low may include only rooms of the rows above, and low is none"),
            ("cmake/rooms.txt", table + "low:\n", "want one row"),
            ("cmake/rooms.txt", table + "some words\n", "want one row"),
            ("high/a.cpp", '#include "middle/b.hpp"\n',
             "high includes nothing of low"),
            ("low/README.md", "# Low\n",
             "low/README.md: must say `Includes: no other room.`"),
            ("middle/README.md", "# Middle\n\nIncludes: no other room.\n",
             "middle/README.md: must say `Includes: low.`"),
            ("high/README.md", "# High\n\nIncludes: low.\n",
             "high/README.md: must say `Includes: low, middle.`"),
            ("high/README.md", "# High\n\nIncludes: low, middle, attic.\n",
             "high/README.md: must say `Includes: low, middle.`"),
            ("low/b.hpp", "\n" * 401, "low/b.hpp: has 401 lines, the limit is 400"),
        ):
            with self.subTest(name=name, text=text[:40]):
                self.assertIn(wanted, check({**SOUND, name: text}))

    def test_room_without_readme_is_found(self):
        files = {name: text for name, text in SOUND.items()
                 if name != "low/README.md"}
        self.assertIn("low/README.md: is not there", check(files))

    def test_room_of_one_file_is_found(self):
        files = {name: text for name, text in SOUND.items()
                 if name != "high/b.cpp"}
        self.assertIn("high: is a room of 1 files", check(files))

    def test_large_room_is_found(self):
        files = {**SOUND, **{f"low/c{i}.hpp": "\n" * 400 for i in range(11)}}
        self.assertIn("low: has 4402 lines, the limit is 4000", check(files))

    def test_edge_taken_from_our_own_table_is_missed(self):
        names = subprocess.run(
            ["git", "-c", f"safe.directory={ROOT}", "ls-files", "*.cpp", "*.hpp",
             "*/README.md", "cmake/rooms.txt"],
            cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
        files = {name: (ROOT / name).read_text() for name in names
                 if not name.startswith("tests/")}
        self.assertEqual(check(files), "")
        rows = files["cmake/rooms.txt"].splitlines()
        row = next(row for row in rows if row.startswith("runtime/stream: "))
        for other in row.split()[1:]:
            less = row.replace(f" {other} ", " ") if f" {other} " in row \
                else row.removesuffix(f" {other}")
            files["cmake/rooms.txt"] = "\n".join(
                less if each == row else each for each in rows)
            self.assertIn(f"runtime/stream must not include {other}:",
                          check(files))


if __name__ == "__main__":
    unittest.main()
