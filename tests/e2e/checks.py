"""What every trial of whole programs needs: to run a program, to wait for what it
does, and to say what is not as it should be."""

import contextlib
import os
import pathlib
import socket
import subprocess
import time

# Seconds that something may take which takes one or two on a machine if no
# other program is at work.
PATIENCE = 120


class Failed(Exception):
    """Something is not as it should be, or cannot be measured."""


class Unfit(Exception):
    """This machine lacks what the trial needs."""


class Skipped(Exception):
    """One case cannot be tried here; the others can."""


def expect(what, found, wanted):
    """Raises Failed unless both are the same."""
    if found != wanted:
        raise Failed(f"{what}: expected {wanted!r:.500}, found {found!r:.500}")


def expect_in(what, part, whole):
    """Raises Failed unless the text holds the part."""
    if part not in (whole or ""):
        raise Failed(f"{what}: expected {part!r} in {whole!r:.1000}")


def wait_for(what, probe, limit=PATIENCE, pause=0.1):
    """Asks until the answer is true, and returns it. Raises Failed when the
    seconds ran out.

    pause: the seconds between two questions; what is waited for may have been
    there for so long."""
    deadline = time.monotonic() + limit
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Failed(f"waited {limit} s for {what}; last: {answer!r:.500}")
        time.sleep(pause)


def free_port(host="127.0.0.1"):
    """Returns a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def processes_with(text):
    """Returns the processes of this machine, Pods' included, that hold a text
    among their arguments or in their environment."""
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        folder = pathlib.Path("/proc", process)
        # One that has ended meanwhile holds nothing.
        with contextlib.suppress(OSError):
            name = (folder / "comm").read_text().strip()
            found += [f"{name}: {kind}" for kind in ("cmdline", "environ")
                      if text.encode() in (folder / kind).read_bytes()]
    return found


def run(*command, timeout=PATIENCE, text=None, **options):
    """Runs a program. Returns what it printed. Raises Failed if it fails."""
    try:
        done = subprocess.run(
            [str(word) for word in command], input=text, text=True,
            stdin=None if text is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
            check=False, **options)
    except subprocess.TimeoutExpired as late:
        raise Failed(f"{late.cmd[0]} took more than {timeout} s") from None
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command[:6]))}: exit code "
                     f"{done.returncode}: {done.stderr.strip()[-2000:]}")
    return done.stdout
