#!/usr/bin/env python3
"""Holds the rooms of the code to cmake/rooms.txt.

Each row of that table names a room, which is a folder, and the rooms that it may
include. Prints what does not keep to it and exits with 1:

- a row that names a room which does not stand above it, so that there is no
  circle, or an edge that no #include needs
- a source file outside the rooms, or an #include of a room that the row of its
  own room does not name
- a file of over 400 lines, a room of over 4,000, a room of a single file
- a room's README whose paragraph `Includes: ROOM, ROOM….` (`no other room` where
  there is none) does not name the rooms of its row in their order

Usage: check_rooms.py [ROOT]   (without it: the checkout that this file is in)
"""
import collections
import pathlib
import re
import subprocess
import sys

MOST_LINES_OF_FILE = 400
MOST_LINES_OF_ROOM = 4000
INCLUDES = re.compile(r"^(Includes: .*?)(?=\n\n|\Z)", re.M | re.S)
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')


def read_table(path, complain):
    """Returns the rooms that each room may include, by its name."""
    table = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        room, colon, rest = line.partition(":")
        where = f"cmake/rooms.txt:{number}"
        if not colon or room in table:
            complain(f"{where}: want one row `ROOM: ROOM…` for each room")
            continue
        for other in rest.split():
            if other not in table:
                complain(f"{where}: {room} may include only rooms of the rows "
                         f"above, and {other} is none of them")
        table[room] = rest.split()
    return table


def check_readme(root, room, others, complain):
    """Compares what a room's README says it includes with its row."""
    name = f"{room}/README.md"
    if not (root / name).exists():
        complain(f"{name}: is not there; each room has one")
        return
    text = (root / name).read_text()
    found = INCLUDES.search(text)
    said = " ".join(found[1].split()) if found else ""
    wanted = f"Includes: {', '.join(others) or 'no other room'}."
    if said != wanted:
        complain(f"{name}: must say `{wanted}` in a paragraph of its own, as its "
                 f"row in cmake/rooms.txt does")


def source_files(root):
    """Returns the tracked source files of the programs, not of their tests."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={root}", "ls-files", "-z", "--",
         "*.cpp", "*.hpp"],
        cwd=root, check=True, capture_output=True, text=True).stdout
    return [name for name in listed.split("\0")
            if name and not name.startswith("tests/") and (root / name).exists()]


def check(root, complain):
    table = read_table(root / "cmake/rooms.txt", complain)
    lines_of = collections.Counter()
    files_of = collections.Counter()
    used = set()
    for name in source_files(root):
        room = str(pathlib.PurePath(name).parent)
        if room not in table:
            complain(f"{name}: its folder has no row in cmake/rooms.txt")
            continue
        lines = (root / name).read_text().splitlines()
        lines_of[room] += len(lines)
        files_of[room] += 1
        if len(lines) > MOST_LINES_OF_FILE:
            complain(f"{name}: has {len(lines)} lines, the limit is "
                     f"{MOST_LINES_OF_FILE}; split it by concept")
        for number, line in enumerate(lines, 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            other = str(pathlib.PurePath(found[1]).parent)
            used.add((room, other))
            if other != room and other not in table[room]:
                complain(f"{name}:{number}: {room} must not include {other}: "
                         f"its row in cmake/rooms.txt does not name it")
    for room, others in table.items():
        check_readme(root, room, others, complain)
        for other in others:
            if (room, other) not in used:
                complain(f"cmake/rooms.txt: {room} includes nothing of {other}; "
                         f"take it out of the row")
        if lines_of[room] > MOST_LINES_OF_ROOM:
            complain(f"{room}: has {lines_of[room]} lines, the limit is "
                     f"{MOST_LINES_OF_ROOM}; cut it in two")
        if files_of[room] < 2:
            complain(f"{room}: is a room of {files_of[room]} files; put them "
                     f"into another")


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1
                        else pathlib.Path(__file__).parents[2]).resolve()
    faults = []
    check(root, faults.append)
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
