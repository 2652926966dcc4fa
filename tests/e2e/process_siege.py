#!/usr/bin/python3 -B
"""Treats a syncctl whose tasks are local processes as an enemy would: it is
killed, its connectors misbehave, its disk is full.

Exit code 0: all is well; 1: not.
"""

import argparse
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time

from api_place import open_process_place
from api_suite import explain, nothing_is_left
from api_task import Read
from checks import Failed, expect, expect_in, wait_for
from kubernetes_settings import PACKAGE, SOURCE_KEY
from trial import adding_to, try_case

CASES = []
case = adding_to(CASES)
SYNCS = 20
MIB = 1 << 20
# For root, whom no rights of files would keep from anything.
NOBODY = 65534


def processes_of(place):
    """Returns names and numbers of all processes that have to do with a task:
    by where they are, or by what was given to them. Zombies have neither."""
    out = []
    mark = str(place.data / "tasks").encode()
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (mark in os.fsencode(os.readlink(path / "cwd"))
                    or mark in (path / "environ").read_bytes()
                    or (path / "comm").read_text() == "task-keeper\n"
                    and parent_of(path) == place.process.pid):
                out.append((path.name, (path / "comm").read_text().strip()))
    return out


def parent_of(path):
    """Returns the number of a process's parent."""
    return int((path / "stat").read_text().rpartition(")")[2].split()[1])


def zombies_of(pid):
    """Returns the dead children of a process which it did not bury."""
    out = []
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state = (path / "stat").read_text().rpartition(")")[2].split()
            if state[0] == "Z" and int(state[1]) == pid:
                out.append(path.name)
    return out


def write_connector(place, name, text):
    """Makes a connector. Returns its package."""
    path = place.folder / "connectors" / "siege" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return f"siege/{name}"


def read_with(place, name, text, **config):
    """Returns a read by a connector of that text; SOURCE stands for one that
    works."""
    read = Read(place, **config)
    source = place.folder / "connectors" / PACKAGE
    read.query["package"] = write_connector(
        place, name, text.replace("SOURCE", f"'{source}'"))
    return read


def wait_until_clean(place):
    """Returns once nothing is left of any task."""
    wait_for("the folders of tasks to be gone", lambda: not place.tasks_left())
    wait_for("processes to be gone", lambda: not processes_of(place))
    expect("zombies", zombies_of(place.process.pid), [])


def begin_many(place):
    """Returns reads that are at work, each with strays of all kinds."""
    script = """#!/bin/sh
trap '' TERM HUP INT
( trap '' TERM; sleep 1000 ) &
setsid sh -c 'trap "" TERM; sleep 1000 & sleep 1000' &
( ( setsid sleep 1000 & ) & )
SOURCE "$@" &
wait
"""
    reads = [read_with(place, "stubborn", script, rows=100_000,
                       rows_per_second=20) for _ in range(SYNCS)]
    for read in reads:
        read.start()
    for read in reads:
        read.wait_for_rows(5)
    found = processes_of(place)
    # Keeper, sidecar, shell, and what that has started.
    if len(found) < SYNCS * 7:
        raise Failed(f"only {len(found)} processes are at work")
    return reads


# -- the end of syncctl --------------------------------------------------------


@case
def killed_among_twenty_syncs(place):
    reads = begin_many(place)
    begin = time.monotonic()
    place.process.kill()
    place.process.wait()
    wait_for("all processes to be gone", lambda: not processes_of(place))
    print(f"  all processes were gone after {time.monotonic() - begin:.1f} s")
    place.start()
    for read in reads:
        task = read.wait_until_over("FAILED")
        expect_in("error", "syncctl ended while the task ran", task["error"])
    wait_until_clean(place)
    Read(place, rows=5).start().wait_until_over("SUCCESS")


@case
def told_to_stop_among_twenty_syncs(place):
    reads = begin_many(place)
    place.process.terminate()
    expect("exit code", place.process.wait(timeout=60), 0)
    expect("processes", processes_of(place), [])
    place.start()
    for read in reads:
        wait_for("the end", lambda read=read:
                 read.task()["status"] in ("FAILED", "PARTIAL"))
    wait_until_clean(place)


@case
def another_one_of_the_same_folder(place):
    read = Read(place, rows=100_000, rows_per_second=20).start()
    second = subprocess.run([place.program], env=place.environment,
                            **place.identity, cwd="/",
                            stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, timeout=60, check=False)
    expect("exit code", second.returncode, 1)
    expect_in("error", "another syncctl uses the folder", second.stderr)
    expect("status", read.task()["status"], "RUNNING")
    expect("cancel", read.cancel().status, 200)
    read.wait_until_over("CANCELLED")


# -- connectors ----------------------------------------------------------------


@case
def cancelled_though_it_does_not_want_to(place):
    # Its sidecar ends at once, and is not enough.
    read = read_with(place, "deaf", "#!/bin/sh\ntrap '' TERM\n"
                     "setsid sh -c 'trap \"\" TERM; sleep 1000' &\n"
                     "while :; do sleep 1000; done\n").start()
    wait_for("its processes", lambda: len(processes_of(place)) >= 5)
    expect("cancel", read.cancel().status, 200)
    read.wait_until_over("CANCELLED")
    wait_until_clean(place)


@case
def a_chain_that_never_stands_still(place):
    # Each process starts the next one, in a session of its own, and ends.
    read = read_with(place, "chain", """#!/usr/bin/python3
import os, sys, time
if os.fork() == 0:
    os.setsid()
    while True:
        if os.fork():
            os._exit(0)
        time.sleep(0.001)
time.sleep(0.2)
sys.exit(3)
""").start()
    read.wait_until_over("FAILED")
    wait_until_clean(place)


@case
def its_keeper_is_killed(place):
    # As by a system that is out of memory, or by the connector itself.
    read = read_with(place, "ungrateful", """#!/bin/sh
sleep 1000 &
setsid sh -c 'sleep 1000 & sleep 1000' &
( setsid sleep 1000 & )
sleep 0.2
kill -KILL $PPID
sleep 1000
""").start()
    task = read.wait_until_over("FAILED")
    expect_in("error", "the task's processes were killed", task["error"])
    wait_until_clean(place)


@case
def takes_all_memory(place):
    read = Read(place, ending="memory", after_rows=0)
    task = read.start().wait_until_over("FAILED")
    # Not told apart from any other way to die.
    expect_in("error", "134", task["error"])


@case
def takes_all_files_and_all_time(place):
    read = read_with(place, "files", """#!/usr/bin/python3
import os
taken = []
try:
    while True:
        taken.append(os.open("/dev/null", os.O_RDONLY))
except OSError as error:
    os.write(2, f"ERROR {error.strerror} after {len(taken)}\\n".encode())
    os._exit(9)
""")
    task = read.start().wait_until_over("FAILED")
    expect_in("error", "9", task["error"])
    log = "\n".join(line["message"] for line in place.client.get(
        f"/tasks/{read.id}/logs", limit=1000)["logs"])
    expect_in("log", "Too many open files", log)
    read = read_with(place, "time", "#!/bin/sh\nwhile :; do :; done\n")
    task = read.start().wait_until_over("FAILED")
    expect_in("error", "152", task["error"])


@case
def writes_a_hundred_megabytes_of_errors(place):
    read = read_with(place, "loud", """#!/bin/sh
yes 'INFO one more line of many, which all say the same thing' \
  | head -c 104857600 >&2
exec SOURCE "$@"
""", rows=50)
    # Others are not held up meanwhile.
    read.start()
    other = Read(place, rows=5).start()
    other.wait_until_over("SUCCESS")
    read.wait_until_over("SUCCESS")
    read.expect_rows(50)
    peak = max(int(line.split()[1]) for line in pathlib.Path(
        f"/proc/{place.process.pid}/status").read_text().splitlines()
               if line.startswith("VmHWM"))
    if peak > 200 * 1024:
        raise Failed(f"syncctl took {peak} KiB")


@case
def cannot_be_started(place):
    for name, text, why in (
            ("no-interpreter", "#!/nowhere/python3 -u\n", "interpreter"),
            ("no-format", "echo hello\n", "#!")):
        task = read_with(place, name, text).start().wait_until_over("FAILED")
        expect_in("error", "the connector cannot start", task["error"])
        expect_in("error", why, task["error"])
    for package, why in (("siege/missing", "there is no connector"),
                         ("siege/link", "leads out of")):
        read = Read(place)
        read.query["package"] = package
        if package.endswith("link"):
            (place.folder / "connectors" / package).symlink_to("/bin/true")
        task = read.start().wait_until_over("FAILED")
        expect_in("error", why, task["error"])
    for package in "../x", "siege/../../x", "/bin/true":
        read = Read(place)
        read.query["package"] = package
        expect(package, read.request().status, 422)


@case
def leaves_what_is_hard_to_remove(place):
    read = read_with(place, "untidy", """#!/bin/sh
mkdir -p deep/er && echo x > deep/er/file && chmod 0 deep/er/file deep/er deep
ln -s / root
mkfifo pipe
exec SOURCE "$@"
""", rows=5)
    read.start().wait_until_over("SUCCESS")
    wait_until_clean(place)


# -- disks ---------------------------------------------------------------------


@case
def folder_that_nobody_may_write_to(place):
    read_only = place.folder / "read-only"
    read_only.mkdir(mode=0o555)
    refused = subprocess.run(
        [place.program], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=60, check=False, cwd="/", **place.identity,
        env={**place.environment, "SYNCCTL_DATA_DIR": str(read_only / "data")})
    expect(f"exit code: {refused.stderr}", refused.returncode, 1)
    expect_in("error", "SYNCCTL_DATA_DIR: cannot make the folder",
              refused.stderr)


def end(place):
    """Ends syncctl as an operator would."""
    place.process.terminate()
    place.process.wait(timeout=60)


def restart(place):
    end(place)
    place.start()


@case
def folder_that_is_full(place):
    if os.getuid() != 0:
        print("  not tried: a small disk is made by root alone")
        return
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size=2m,uid={NOBODY}", "tmpfs",
         place.data / "tasks"], check=False, stderr=subprocess.PIPE, text=True)
    if mounted.returncode != 0:
        print(f"  not tried: {mounted.stderr.strip()}")
        return
    # It holds the folder that it began with.
    restart(place)
    try:
        read = Read(place, rows=5, padding="x" * (3 * MIB))
        answer = read.request()
        expect(f"answer: {answer.text:.300}", answer.status >= 500, True)
        expect_in("answer", "No space left", answer.json["error"])
        if SOURCE_KEY in answer.text:
            raise Failed("the answer repeats the config")
        task = read.wait_until_over("FAILED")
        expect_in("error", "No space left", task["error"])
        # What takes less is none the worse for it.
        Read(place, rows=5).start().wait_until_over("SUCCESS")
        wait_until_clean(place)
    finally:
        end(place)
        subprocess.run(["umount", place.data / "tasks"], check=True)
        place.start()


def main():
    """Tries what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", nargs="*", help="a part of a case's name")
    given = parser.parse_args()
    # Everything that was started is ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    limits = {"SYNCCTL_CONTAINER_GRACE_SHUTDOWN_SECONDS": "2",
              "SYNCCTL_PROCESS_MEMORY_BYTES": "200MiB",
              "SYNCCTL_PROCESS_OPEN_FILES": "100",
              "SYNCCTL_PROCESS_CPU_SECONDS": "3"}
    cases = [one for one in CASES if not given.case or any(
        word.replace(" ", "_") in one.__name__ for word in given.case)]
    try:
        user = NOBODY if os.getuid() == 0 else None
        with open_process_place(None, limits, user) as place:
            failed = [one.__name__ for one in (*cases, nothing_is_left)
                      if not try_case(one, place, explain)]
    except Failed as failure:
        print(f"siege: {failure}", file=sys.stderr)
        return 1
    if failed:
        print(f"siege: {len(failed)} failed: {', '.join(failed)}",
              file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
