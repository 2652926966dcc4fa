#!/usr/bin/python3 -B
"""Tries the HTTP API of a syncctl whose tasks are local processes.

The same cases are tried of one in Kubernetes by kubernetes.py. With `postgres`
it wants PGHOST and its kin, as tests/support/with_postgres sets them.

Exit code 0: all is well; 1: not.
"""

import argparse
import os
import signal
import sys
import time

# In this order they add their cases.
import api_cases  # pylint: disable=unused-import
import api_sync_cases  # pylint: disable=unused-import
import api_list_cases  # pylint: disable=unused-import
import api_warehouse_cases  # pylint: disable=unused-import
import api_read_cases
from api_place import open_process_place
from checks import Failed, expect, wait_for
from kubernetes_settings import HUSH
from trial import tell_end, try_case

# Lines of syncctl's log to show if something failed.
TAIL = 60


def explain(place):
    """Shows where things stand."""
    print("--- the end of syncctl's log")
    print("\n".join(place.log().splitlines()[-TAIL:]))


def nothing_is_left(place):
    """What is to hold once all tasks have ended."""
    wait_for("the folders of tasks to be gone", lambda: not place.tasks_left())
    for line in place.log().splitlines():
        if HUSH in line:
            raise Failed(f"a secret is in its log: {line:.300}")
    place.process.send_signal(signal.SIGTERM)
    expect("exit code", place.process.wait(timeout=60), 0)


def try_all(database, words):
    """Returns the names of those cases that failed."""
    cases = [case for case in api_read_cases.CASES
             if not words or any(word.replace(" ", "_") in case.__name__
                              for word in words)]
    if not cases:
        raise Failed("there is no such case")
    with open_process_place(database) as place:
        return [case.__name__ for case in (*cases, nothing_is_left)
                if not try_case(case, place, explain)]


def main():
    """Tries what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("database", choices=("sqlite", "postgres"))
    parser.add_argument("case", nargs="*", help="a part of a case's name")
    given = parser.parse_args()
    # Everything that was started is ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    database = None
    if given.database == "postgres":
        database = ("postgres://{PGUSER}:{PGPASSWORD}@{PGHOST}:{PGPORT}/"
                    "{PGDATABASE}").format(**os.environ)
    begin = time.monotonic()
    try:
        failed = try_all(database, given.case)
    except Failed as failure:
        print(f"api: {failure}", file=sys.stderr)
        return 1
    return tell_end("api", failed, begin)


if __name__ == "__main__":
    sys.exit(main())
