#!/usr/bin/env python3
"""Puts single faults into the code, and tells whether the tests notice.

Each `*.patch` beside this file is one fault. Its head says what it breaks, and
which suites (names of ctest) must fail with it:

    # A state is saved before the rows that it stands for.
    # suites: schema-test read-session-test
    --- a/schema/state/checkpoint_ledger.cpp
    ...

The lines that a hunk removes, with those around them that it names, must stand
exactly once in the file, wherever that is: line numbers do not count, so that
a patch survives changes beside it.

Works on a copy of all files that git does not ignore, below .cache/mutate, never
on the tree itself, and builds only the suites that are named.
"""
import argparse
import datetime
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
COPY = ROOT / ".cache" / "mutate"

# Stands before a faulty file: a fault may leave something unused.
LENIENT = "".join(
    f'#pragma GCC diagnostic ignored "-Wunused-{what}"\n' for what in
    ("variable", "function", "parameter", "but-set-variable",
     "const-variable", "value")) + "#line 1\n"


class Fault(Exception):
    """A patch that is none."""


class Patch:
    def __init__(self, path):
        self.name = path.stem
        head, body = [], []
        for line in path.read_text().splitlines():
            (head if line.startswith("# ") and not body else body).append(line)
        suites = [line for line in head if line.startswith("# suites: ")]
        if len(suites) != 1 or len(head) < 2:
            raise Fault("its head must say what it breaks, and name its suites")
        self.what = " ".join(line[2:] for line in head if line not in suites)
        self.suites = suites[0].split()[2:]
        if not self.suites:
            raise Fault("it names no suites")
        if len(body) < 3 or not body[1].startswith("+++ b/"):
            raise Fault("it is no patch of one file")
        self.file = body[1][len("+++ b/"):]
        self.hunks = []
        for line in body[2:]:
            if line.startswith("@@"):
                self.hunks.append(([], []))
                continue
            if not self.hunks or line[:1] not in (" ", "-", "+"):
                raise Fault(f"this line means nothing: {line}")
            old, new = self.hunks[-1]
            if line[0] in " -":
                old.append(line[1:])
            if line[0] in " +":
                new.append(line[1:])

    def apply_to(self, text):
        lines = text.split("\n")
        for old, new in self.hunks:
            at = [i for i in range(len(lines) - len(old) + 1)
                  if lines[i:i + len(old)] == old]
            if len(at) != 1:
                raise Fault(f"does not apply: what it replaces stands "
                            f"{len(at)} times in {self.file}")
            lines[at[0]:at[0] + len(old)] = new
        return "\n".join(lines)


def read_patches(names):
    """Reads all patches or those of the names, and tells of wrong ones."""
    paths = sorted(HERE.glob("*.patch"))
    if names:
        paths = [path for path in paths if any(n in path.stem for n in names)]
        if not paths:
            sys.exit(f"mutate: no patch has {' or '.join(names)} in its name")
    patches, wrong = [], []
    for path in paths:
        try:
            patch = Patch(path)
            patch.apply_to((ROOT / patch.file).read_text())
            patches.append(patch)
        except (Fault, OSError) as why:
            wrong.append((path.stem, str(why)))
    # Those of one file together: it is built less often.
    patches.sort(key=lambda patch: (patch.file, patch.name))
    return patches, wrong


def copy_tree():
    """Brings the copy up to date; what did not change keeps its time."""
    tracked = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached",
         "--others", "--exclude-standard"], cwd=ROOT,
        check=True, capture_output=True).stdout.decode().split("\0")
    wanted = {name for name in tracked if name and (ROOT / name).is_file()}
    for folder, below, names in os.walk(COPY):
        if pathlib.Path(folder) == COPY and "build" in below:
            below.remove("build")
        for name in names:
            path = pathlib.Path(folder) / name
            if str(path.relative_to(COPY)) not in wanted:
                path.unlink()
    for name in wanted:
        source, target = ROOT / name, COPY / name
        if target.is_file() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        shutil.copymode(source, target)


def run(words, log):
    with open(log, "w") as out:
        return subprocess.run(words, cwd=COPY, stdout=out, stderr=out,
                              stdin=subprocess.DEVNULL).returncode == 0


def build(suites, jobs):
    return run(["cmake", "--build", "build", "--parallel", str(jobs),
                "--target", *sorted(suites)], COPY / "build" / "mutate-build.log")


def failing(suites):
    """Runs suites. Returns the first that fails, and where, or nothing."""
    log = COPY / "build" / "mutate-test.log"
    for suite in suites:
        if not run(["ctest", "--test-dir", "build", "--no-tests=error",
                    "--output-on-failure", "-R", f"^{re.escape(suite)}$"], log):
            # A suite that crashed or hung names no line.
            at = re.search(r"([\w.-]+:\d+): FAILED",
                           log.read_text(errors="replace"))
            return f"{suite}, {at[1]}" if at else suite
    return None


def tail(log):
    lines = (COPY / "build" / log).read_text(errors="replace").splitlines()
    return "\n".join(lines[-15:])


def try_patch(patch, jobs):
    """Returns how the patch was noticed; throws where it was not."""
    path = COPY / patch.file
    sound = path.read_text()
    lenient = LENIENT if path.suffix in (".cpp", ".hpp") else ""
    path.write_text(lenient + patch.apply_to(sound))
    try:
        if not build(patch.suites, jobs):
            raise Fault("does not build:\n" + tail("mutate-build.log"))
        by = failing(patch.suites)
        if by is None:
            raise Fault(f"passed unseen by {', '.join(patch.suites)}: "
                        f"{patch.what}")
        return by
    finally:
        path.write_text(sound)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--list", action="store_true",
                        help="tells of the patches, and whether they apply")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("name", nargs="*",
                        help="a part of a patch's name; default: all")
    options = parser.parse_args()
    patches, wrong = read_patches(options.name)
    if options.list:
        for patch in patches:
            print(f"{patch.name}: {patch.what} ({', '.join(patch.suites)})")
    for name, why in wrong:
        print(f"{name}: {why}", file=sys.stderr)
    if options.list or wrong:
        return 1 if wrong else 0

    COPY.mkdir(parents=True, exist_ok=True)
    copy_tree()
    (COPY / "build").mkdir(exist_ok=True)
    suites = sorted({suite for patch in patches for suite in patch.suites})
    print(f"building {len(suites)} suites of the code as it is", flush=True)
    # With the flags of `./dev build`, so that ccache has most of it.
    werror = "ON" if os.environ.get("CI") == "true" else "OFF"
    if not run(["cmake", "--preset", "release", f"-DMOTORCADE_WERROR={werror}"],
               COPY / "build" / "mutate-build.log") \
            or not build(suites, options.jobs):
        print(tail("mutate-build.log"))
        return 1
    if by := failing(suites):
        print(f"{by} fails without any fault:\n{tail('mutate-test.log')}")
        return 1

    missed = 0
    for patch in patches:
        began = time.monotonic()
        try:
            told = "caught by " + try_patch(patch, options.jobs)
        except Fault as why:
            missed += 1
            told = str(why)
        print(f"{patch.name}: {told} ({time.monotonic() - began:.0f} s)",
              flush=True)
    print(f"{len(patches) - missed} of {len(patches)} faults were caught, "
          f"{datetime.date.today().isoformat()}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
