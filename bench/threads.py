#!/usr/bin/env python3
"""Shows what each thread of a sidecar did while `replay play` played into it.

bench/threads.py build/bin/replay RECORDING [--repeat N] --database URL …

Runs `replay play` once with these options. Prints what it prints, and a line for
each thread that worked for a hundredth of the time: its CPU for a GB, for how much
of the time it was ready and had no core, for how much it waited for something
else, and for each MB how often it gave up its core to do so and how often the core
was taken away (proc(5), `/proc/PID/task`). What a thread did in its last 10 ms may
be missing. `caf.multiplexer` are the actors: parser, coordinator and bulkers;
`caf.actor` is the store; `sidecar` starts and ends the task.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import time


def child_of(parent):
    """The sidecar: the child of `replay` that is another program by now."""
    path = pathlib.Path(f"/proc/{parent}/task/{parent}/children")
    for child in path.read_text().split():
        name = pathlib.Path(f"/proc/{child}/comm").read_text().strip()
        if name not in ("replay", "cat"):
            return int(child)
    return None


def look(process, seen):
    for task in pathlib.Path(f"/proc/{process}/task").iterdir():
        run, queued = (task / "schedstat").read_text().split()[:2]
        status = dict(re.findall(r"^(\w+):\s*(.*)$",
                                 (task / "status").read_text(), re.M))
        seen[task.name] = (status["Name"], int(run) / 1e9, int(queued) / 1e9,
                           int(status["voluntary_ctxt_switches"]),
                           int(status["nonvoluntary_ctxt_switches"]))


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("replay", help="the program")
    options.add_argument("recording", help="not compressed")
    options.add_argument("--repeat", type=int, default=1)
    known, others = options.parse_known_args()
    if known.recording.endswith(".zst"):
        options.error("the recording is compressed: zstd -d makes it plain")
    megabytes = os.path.getsize(known.recording) * known.repeat / 1e6
    command = [known.replay, "play", known.recording, "--pairs", "1",
               "--repeat", str(known.repeat), *others]
    seen, began, ended = {}, None, None
    with subprocess.Popen(command) as replay:
        while replay.poll() is None:
            try:
                sidecar = child_of(replay.pid)
                if sidecar is not None:
                    began = began or time.monotonic()
                    look(sidecar, seen)
                    ended = time.monotonic()
            except (FileNotFoundError, ProcessLookupError, ValueError):
                pass  # A thread or the process has just ended.
            time.sleep(0.01)
    if replay.returncode != 0:
        sys.exit(replay.returncode)
    if ended is None:
        sys.exit("threads.py: no sidecar was seen")
    whole = ended - began
    print(f"\n{'thread':16} {'core-s/GB':>10} {'no core %':>10} "
          f"{'waited %':>10} {'waits/MB':>10} {'taken/MB':>10}")
    for name, run, queued, waits, taken in sorted(
            seen.values(), key=lambda one: -one[1]):
        if run < whole / 100:
            continue
        waited = max(0.0, whole - run - queued) / whole
        print(f"{name:16} {run / megabytes * 1e3:10.3f} "
              f"{100 * queued / whole:10.1f} {100 * waited:10.1f} "
              f"{waits / megabytes:10.2f} {taken / megabytes:10.2f}")


if __name__ == "__main__":
    main()
