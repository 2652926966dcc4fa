#!/usr/bin/env python3
"""Finds types of the product that two files define under one name.

C++ allows one definition of a name in a namespace (the one-definition rule). A
compiler sees one file at a time and a linker does not look at types, so that two
of one name compile, link and mix their inline functions. Types within another
type, and those of unnamed namespaces, are not meant.

Prints each such name with its files and exits with 1.

Usage: check_types.py [ROOT]   (without it: the checkout that this file is in)
"""
import collections
import pathlib
import re
import subprocess
import sys

LINE = re.compile(
    r"^(?:namespace (?P<space>[\w:]*) ?\{"
    r"|(?P<end>\} // namespace)"
    r"|(?:template <.*> )?(?:struct|class|union|enum(?: class| struct)?)"
    r" (?:\[\[\w+\]\] )?(?P<type>\w+)(?![\w:<])(?P<rest>[^;(]*)$)", re.M)
PATTERNS = ["*.hpp", "*.cpp", ":!tests"]


def types_of(text):
    """Returns the names of the types that a file defines outside of others."""
    spaces = []
    found = []
    for match in LINE.finditer(text):
        if match["space"] is not None:
            spaces.append(match["space"])
        elif match["end"]:
            if spaces:
                spaces.pop()
        elif all(spaces):
            behind = match["rest"] + text[match.end():]
            # Without a body it is a declaration.
            if re.match(r"[^;{]*\{", behind):
                found.append("::".join([*spaces, match["type"]]))
    return found


def main():
    root = (pathlib.Path(sys.argv[1]) if len(sys.argv) > 1
            else pathlib.Path(__file__).resolve().parents[2])
    names = subprocess.run(
        ["git", "-c", f"safe.directory={root}", "ls-files", "--", *PATTERNS],
        cwd=root, check=True, capture_output=True, text=True).stdout.split()
    places = collections.defaultdict(set)
    for name in names:
        for found in types_of((root / name).read_text()):
            places[found].add(name)
    doubled = {name: files for name, files in places.items() if len(files) > 1}
    for name, files in sorted(doubled.items()):
        print(f"{name} is defined in {' and in '.join(sorted(files))}")
    return 1 if doubled else 0


if __name__ == "__main__":
    sys.exit(main())
