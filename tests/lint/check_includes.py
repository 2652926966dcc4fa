#!/usr/bin/env python3
"""Finds files that use a name of the standard library, or a type of the project,
without its header.

A header of the standard library may bring others in, and which ones differs from
one version of a compiler to the next: what compiles with g++ 12 by chance does not
with g++ 14. A header of the project may have been included by another file of the
room, where a room is compiled as one, and be missing where each file is compiled by
itself. A file has a header if it includes it, or if one of the project's files that
it includes has it.

Of the types those are looked for whose names have two words: names of one word are
those of variables, too.

Prints each such file with the header and exits with 1.

Usage: check_includes.py [ROOT]   (without it: the checkout that this file is in)
"""
import collections
import functools
import pathlib
import posixpath
import re
import subprocess
import sys

from check_types import types_of

# Of each header the names that are ours to notice; others come with them.
NAMES = {
    "algorithm": r"std::(sort|stable_sort|find|find_if|any_of|all_of|none_of|count_if"
                 r"|min|max|min_element|max_element|clamp|copy|transform|equal"
                 r"|for_each|lower_bound|remove_if|reverse)\(",
    "array": r"std::array\b",
    "atomic": r"std::atomic\b",
    "charconv": r"std::(from_chars|to_chars)\b",
    "chrono": r"std::chrono\b",
    "climits": r"\bINT_M(AX|IN)\b",
    "cstdint": r"\bu?int(8|16|32|64)_t\b|\bUINT64_MAX\b",
    "cstring": r"std::(memcpy|memchr|memcmp|strlen|strerror)\b",
    "functional": r"std::function\b",
    "iterator": r"std::(back_inserter|make_move_iterator)\b",
    "limits": r"std::numeric_limits\b",
    "map": r"std::map\b",
    "memory": r"std::(unique_ptr|shared_ptr|make_unique|make_shared)\b",
    "mutex": r"std::(mutex|lock_guard|unique_lock)\b",
    "optional": r"std::optional\b",
    "set": r"std::set\b",
    "span": r"std::span\b",
    "string": r"std::string\b",
    "thread": r"std::(thread|jthread|this_thread)\b",
    "tuple": r"std::(tuple|tie)\b",
    "utility": r"std::(exchange|pair)\b",
    "variant": r"std::(variant|get_if)\b",
    "vector": r"std::vector\b",
}
NOT_CODE = re.compile(r'//.*|"(?:[^"\\\n]|\\.)*"|^#include.*', re.M)
# Where a word is a type: before a reference, a scope, a bracket or a name.
AS_TYPE = re.compile(r"(?<![\w.>])(?<!(?<!motorcade)::)(\w+_\w+)"
                     r"(?=(?: const)?[&*]|>|::|\{| \w+[;,={(\[)])")
DECLARED = re.compile(r"\b(?:enum class|struct|class|enum|using|namespace) (\w+)")
OURS = re.compile(r'^#include "([^"]+)"', re.M)
STANDARD = re.compile(r"^#include <([a-z_]+)>", re.M)


class Tree:
    """The tracked sources and headers below a folder."""

    def __init__(self, root):
        names = subprocess.run(
            ["git", "-c", f"safe.directory={root}", "ls-files", "--", "*.hpp",
             "*.cpp", ":!tests/catch2_v2"], cwd=root, check=True, capture_output=True,
            text=True).stdout.split()
        self.texts = {name: (root / name).read_text() for name in names}

    def included(self, name):
        """Returns the project's files that a file includes itself."""
        for path in OURS.findall(self.texts[name]):
            # Paths begin at the root, of tests' support at tests/.
            for place in ("", "tests", posixpath.dirname(name)):
                found = posixpath.join(place, path)
                if found in self.texts:
                    yield found
                    break

    @functools.lru_cache(maxsize=None)
    def reached(self, name):
        """Returns a file and all of the project's that it includes."""
        seen, left = {name}, [name]
        while left:
            for other in self.included(left.pop()):
                if other not in seen:
                    seen.add(other)
                    left.append(other)
        return seen

    @functools.lru_cache(maxsize=None)
    def types(self):
        """Returns the headers that define each type, by its name alone."""
        found = collections.defaultdict(set)
        for name, text in self.texts.items():
            if name.endswith(".hpp"):
                for one in types_of(text):
                    found[one.split("::")[-1]].add(name)
        return found

    def lacks(self):
        """Yields each file with what it lacks: a header, and whose."""
        for name, text in self.texts.items():
            code = NOT_CODE.sub("", text)
            reached = self.reached(name)
            standard = set()
            declared = set()
            for one in reached:
                standard.update(STANDARD.findall(self.texts[one]))
                declared.update(DECLARED.findall(self.texts[one]))
            for header, names in NAMES.items():
                if re.search(names, code) and header not in standard:
                    yield name, f"names of <{header}>"
            for used in sorted(set(AS_TYPE.findall(code)) - declared):
                headers = self.types().get(used, set())
                if headers and not headers & reached:
                    yield name, f"{used} of {' or '.join(sorted(headers))}"


def main():
    root = (pathlib.Path(sys.argv[1]) if len(sys.argv) > 1
            else pathlib.Path(__file__).resolve().parents[2])
    lacks = list(Tree(root).lacks())
    for name, what in lacks:
        print(f"{name} uses {what} and does not include it")
    return 1 if lacks else 0


if __name__ == "__main__":
    sys.exit(main())
