#!/usr/bin/env python3
"""Finds functions of headers without a contract.

A contract is a comment of `///` directly above a declaration. One that begins
with `Each of these` or `These` holds for all declarations up to the next blank
line, and one of a function holds for the overloads that follow it. None is asked
of what has its contract elsewhere or has only one meaning: a function that
overrides another, a destructor, what copies, moves or compares by default, a
friend, a call operator (its class says what it is), a constructor without
parameters, and a constructor that is private.

Prints each function that lacks one and exits with 1.

Usage: check_contracts.py [ROOT]   (without it: the checkout that this file is in)
"""
import pathlib
import re
import subprocess
import sys

TOKEN = re.compile(r"""
    (?P<contract>///[^\n]*)
  | (?P<skipped>//[^\n]* | /\*.*?\*/ | ^[ ]*\#(?:[^\n]*\\\n)*[^\n]*)
  | (?P<text>R"(?P<tag>[^\s(]*)\(.*?\)(?P=tag)"
      | "(?:\\.|[^"\\])*" | (?<![0-9A-Za-z])'(?:\\.|[^'\\])*')
  | (?P<blank>\n[ ]*(?=\n))
  | (?P<code>.)
  """, re.S | re.M | re.X)
NO_FUNCTION = re.compile(r"(using|friend|static_assert|alignas|typedef|enum|"
                         r"concept|[A-Z_]+\()\b|[A-Z_]+ ?\(")
TEMPLATE = re.compile(r"^template <(?:[^<>]|<(?:[^<>]|<[^<>]*>)*>)*> ?")
CLASS = re.compile(r"(class|struct|union)\b([^(:]*)")
FUNCTION = re.compile(r"(operator ?(?:\(\)|[^\s(]+)|~?\w+) ?\((.*)$")
ACCESS = re.compile(r"\s*(public|protected|private)\s*$")
BEHIND_PARAMETERS = re.compile(r"\)\s*(const|noexcept|override|final|&|\s)*:(?!:)")


class Scope:
    """A namespace, a class or a body, and the last function declared there."""

    def __init__(self, kind, name="", access="public"):
        self.kind = kind
        self.name = name
        self.access = access
        self.covered = ""


def without_brackets(text):
    """Leaves out what stands in square and angle brackets: it may hold
    parentheses."""
    text = re.sub(r"(?<!operator)\[+[^\]]*\]+", "", text)
    before = None
    while before != text:
        before = text
        text = re.sub(r"(?<!operator)<[^<>=]*>", "", text)
    return text


def find_function(statement):
    """Returns name and rest of a function's declaration, or nothing."""
    plain = TEMPLATE.sub("", " ".join(statement.split()))
    if NO_FUNCTION.match(plain):
        return None
    plain = without_brackets(plain)
    found = FUNCTION.search(plain)
    if not found or ("=" in plain[:found.start()]):
        return None
    return found[1], found[2]


def needs_contract(name, rest, scope):
    if (name[0] == "~" or name.startswith(("operator()", "operator ()"))
            or re.search(r"\b(override|final)\b|= ?(default|delete)$", rest)):
        return False
    parameters = rest.split(")")[0].strip()
    of_itself = re.fullmatch(rf"(const )?{scope.name} ?&&?( \w+)?", parameters)
    if name == "operator=" and of_itself:
        return False
    if scope.kind != "class" or name != scope.name:
        return True
    return bool(parameters) and not of_itself and scope.access != "private"


class Header:
    """Reads a header and tells of each function without a contract."""

    def __init__(self, complain):
        self.complain = complain
        self.scopes = [Scope("namespace")]
        self.group = False
        self.begin_statement()
        self.contract = ""

    def begin_statement(self):
        self.statement = ""
        self.depth = 0
        self.contract = ""

    def declare(self):
        """Judges the statement if it is a function's; returns whether it is."""
        found = find_function(self.statement)
        if not found:
            return False
        name, rest = found
        scope = self.scopes[-1]
        if self.contract or self.group or scope.covered == name:
            scope.covered = name
            self.group = self.group or re.match(r"/// (Each of these|These)\b",
                                                self.contract) is not None
        elif needs_contract(name, rest, scope):
            scope.covered = ""
            self.complain(self.line, name)
        return True

    def open_brace(self):
        words = TEMPLATE.sub("", " ".join(self.statement.split()))
        if words.startswith(("namespace", "inline namespace", "extern")):
            scope = Scope("namespace")
        elif found := CLASS.match(words):
            name = found[2].replace("final", "").split()
            scope = Scope("class", name[-1] if name else "",
                          "private" if found[1] == "class" else "public")
        elif words.startswith("enum"):
            scope = Scope("body")
        elif (not find_function(self.statement)
              or (BEHIND_PARAMETERS.search(words)
                  and re.match(r"[\w>]", words[-1]))):
            # The braces of a value, perhaps in a constructor's list of them.
            self.depth += 1
            self.statement += "{"
            return
        else:
            self.declare()
            scope = Scope("body")
        self.scopes.append(scope)
        self.begin_statement()

    def read_code(self, char, line):
        scope = self.scopes[-1]
        if scope.kind == "body":
            if char == "{":
                self.scopes.append(Scope("body"))
            elif char == "}":
                self.scopes.pop()
            return
        if self.depth == 0 and char == "{":
            self.open_brace()
        elif self.depth == 0 and char == "}":
            self.scopes.pop()
            self.begin_statement()
        elif self.depth == 0 and char == ";":
            self.declare()
            self.begin_statement()
        elif char == ":" and (found := ACCESS.match(self.statement)):
            scope.access = found[1]
            self.begin_statement()
        else:
            if not self.statement and char.isspace():
                return
            self.line = self.line if self.statement else line
            self.depth += (char in "({[") - (char in ")}]")
            self.statement += char

    def read(self, text):
        line = 1
        for token in TOKEN.finditer(text):
            kind = token.lastgroup
            if kind == "contract" and not self.statement:
                self.contract = self.contract or token[0]
            elif kind == "blank" and not self.statement:
                self.contract = ""
                self.group = False
            elif kind == "text":
                self.statement += "text" if self.scopes[-1].kind != "body" else ""
            elif kind in ("code", "blank"):
                self.read_code(token[0][0], line)
            line += token[0].count("\n")


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1
                        else pathlib.Path(__file__).parents[2]).resolve()
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={root}", "ls-files", "-z", "--", "*.hpp"],
        cwd=root, check=True, capture_output=True, text=True).stdout
    faults = []
    for name in listed.split("\0"):
        if name and not name.startswith("tests/") and (root / name).exists():
            Header(lambda line, function, name=name: faults.append(
                f"{name}:{line}: {function} has no contract; say in a comment of "
                f"/// above it what it promises")).read((root / name).read_text())
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
