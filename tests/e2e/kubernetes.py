#!/usr/bin/python3 -B
"""Tries syncctl and its Pods in a real Kubernetes on this machine.

Brings up a cluster of one node, and takes all of it down again, whatever
happens. syncctl runs in a Pod, with the rights that config/kubernetes gives it.

Exit code 0: all is well; 1: not; 77: this machine cannot run Kubernetes.
"""

import argparse
import dataclasses
import signal
import sys
import time

from checks import Failed, Unfit
from kubernetes_cases import CASES, LONG
from kubernetes_controller import Controller
from kubernetes_servers import Bulker, Postgres
from kubernetes_world import Cluster, open_world
from trial import tell_end, try_case

# Lines of syncctl's log to show if something failed.
TAIL = 60


@dataclasses.dataclass(eq=False)
class World:
    """What a case is given."""
    cluster: Cluster
    postgres: Postgres
    bulker: Bulker
    controller: Controller


def explain(world):
    """Shows where things stand."""
    try:
        print(world.cluster.kubectl("get", "pods,secrets", "-o", "wide"))
        for pod in world.cluster.tasks():
            print(world.cluster.kubectl("describe", "pod",
                                        pod["metadata"]["name"]))
        print("--- the end of syncctl's log")
        print("\n".join(world.controller.log().splitlines()[-TAIL:]))
    except Failed as failure:
        print(f"(and that cannot be shown: {failure})")


def try_all(words, keep, brief, times):
    """Tries each case so many times. Returns the names of those that failed, as
    often as they did."""
    cases = [case for case in CASES
             if not (brief and case in LONG)
             and (not words or any(word.replace(" ", "_") in case.__name__
                                   for word in words))]
    if not cases:
        raise Failed("there is no such case")
    begin = time.monotonic()
    with open_world(keep=keep) as parts:
        world = World(*parts)
        try:
            world.controller.deploy()
        except Failed:
            explain(world)
            raise
        print(f"{'set up':<43} {time.monotonic() - begin:6.1f} s", flush=True)
        return [case.__name__ for case in cases for _ in range(times)
                if not try_case(case, world, explain)]


def main():
    """Tries what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", action="store_true",
                        help="leave the cluster running")
    parser.add_argument("--brief", action="store_true",
                        help="leave out the long ones")
    parser.add_argument("--times", type=int, default=1,
                        help="try each case so many times")
    parser.add_argument("case", nargs="*", help="a part of a case's name")
    given = parser.parse_args()
    # Everything that was started is ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    begin = time.monotonic()
    try:
        failed = try_all(given.case, given.keep, given.brief,
                         given.times)
    except Unfit:
        return 77
    except Failed as failure:
        print(f"e2e: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return tell_end("e2e", failed, begin)


if __name__ == "__main__":
    sys.exit(main())
