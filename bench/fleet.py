#!/usr/bin/python3 -B
"""Measures syncctl with thousands of Pods, beside what each figure is to be.

A real etcd, kube-apiserver and Postgres and the real syncctl, all on loopback;
no kubelet: Pod statuses are written as one would. Run it inside
tests/support/with_postgres, as `./dev bench fleet` does.

Exit code 0: no goal is missed by more than a quarter; 1: one is, or something
went wrong; 77: this machine lacks what it takes.
"""

import argparse
import contextlib
import math
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import threading
import time

import fleet_costs as costs
import fleet_trials as trials
import fleet_world as fleet
from fleet_trials import percentile

# A goal that is missed by no more than this does not fail: others may be at
# work on this machine.
ALLOWANCE = 0.25


class Table:
    """Figures beside their goals."""

    def __init__(self):
        self.missed, self.failed = [], []
        print(f"{'':<58}{'goal':>12}{'measured':>12}{'ratio':>8}", flush=True)

    def add(self, what, value, unit="", most=None, least=None):
        """Prints a figure. The ratio is how much of the goal it is."""
        goal = most if most is not None else least
        text, ratio = "", ""
        if goal is not None:
            text = f"{'≤' if most is not None else '≥'} {goal:g} {unit}"
            ratio = f"{value / goal:.2f}" if goal else ""
        print(f"{what:<58}{text:>12}{self._number(value) + ' ' + unit:>12}"
              f"{ratio:>8}", flush=True)
        for limit, into in ((0, self.missed), (ALLOWANCE, self.failed)):
            if (most is not None and value > most * (1 + limit)) \
                    or (least is not None and value < least * (1 - limit)):
                into.append(what)

    @staticmethod
    def _number(value):
        if value == int(value):
            return str(int(value))
        digits = 2 - math.floor(math.log10(abs(value)))
        return f"{value:.{max(0, min(3, digits))}f}"


class Sampler:
    """Watches syncctl's memory in a thread of its own."""

    def __init__(self, syncctl):
        self.syncctl, self.over = syncctl, threading.Event()
        self.resident = self.share = 0
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.over.wait(0.5):
            # It is killed and started anew in between.
            with contextlib.suppress(OSError, AttributeError):
                resident, share, _ = self.syncctl.memory()
                self.resident = max(self.resident, resident)
                self.share = max(self.share, share)

    def take(self):
        """Returns the most seen since the last time: resident, and share."""
        out = self.resident, self.share
        self.resident = self.share = 0
        return out

    def stop(self):
        """Ends it."""
        self.over.set()
        self.thread.join()


def measure(world, table, given):
    """Does everything, one thing after another."""
    few, many = min(500, given.pods // 2), given.pods
    tasks = [f"task-{n:06}" for n in range(many)]
    if given.only_reads:
        trials.post_reads(world, tasks[:few])
        costs.add(table, costs.compare(world, tasks[few:], given.rounds))
        return
    syncctl, sampler = world.syncctl, Sampler(world.syncctl)
    # Programs that have just been started are slower: the first reads are not
    # compared with anything.
    rate, times = trials.post_reads(world, tasks[:few])
    table.add(f"the first {few} reads, reads/s", rate)
    table.add("  p99 of their answers", percentile(times, 0.99) * 1000, "ms")
    pods = world.api.pods()
    trials.write_statuses(world, list(pods.values()), trials.running)
    few_requests, _ = trials.idle(world, given.idle)
    table.add(f"API requests a minute, {few} idle Pods", few_requests)
    ready, _ = trials.restart(world, pods, tasks[:10])
    table.add(f"killed and started again with {few} Pods, all adopted", ready,
              "s", most=5)

    compared = few + (many - few) // 3 // given.rounds * given.rounds
    got = costs.compare(world, tasks[few:compared], given.rounds)
    costs.add(table, got)
    rate, times = trials.post_reads(world, tasks[compared:], given.rate)
    table.add(f"{many - compared} reads, {given.rate} a second asked for, "
              "reads/s", rate,
              least=min(0.98 * given.rate, 0.8 * min(got.floors)))
    table.add("  p50 of their answers", percentile(times, 0.5) * 1000, "ms")
    table.add("  p99 of their answers", percentile(times, 0.99) * 1000, "ms")
    pods = world.api.pods()
    trials.write_statuses(world, [pods[task] for task in tasks[few:]],
                          trials.running)
    running = len(pods)
    table.add("Pods that run", running)
    many_requests, cores = trials.idle(world, given.idle)
    table.add(f"API requests a minute, {running} idle Pods", many_requests,
              most=few_requests + 6)
    table.add("  cores", cores)
    resident, share, _ = syncctl.memory()
    table.add("  resident", resident, "MiB", most=100)
    table.add("  PSS", share, "MiB")

    shuffled = [task for task in tasks if task in pods]
    random.Random(1).shuffle(shuffled)
    changing = shuffled[:given.changes]
    before, cpu, begin = world.database.count_ends(), syncctl.cpu(), time.time()
    written = trials.end_pods(world, pods, changing, given.change_rate)
    took = time.time() - begin
    stored = trials.wait_for_ends(world, before + len(changing))
    since_answer, since_begin = trials.delays_of(written, stored)
    table.add("ends of Pods written, ends/s", len(changing) / took)
    for part in 0.5, 0.99, 1:
        table.add("  answer of the write to the row's commit, "
                  + (f"p{part * 100:g}" if part < 1 else "most"),
                  percentile(since_answer, part), "s",
                  most=1 if part == 0.99 else None)
    table.add("  begin of the write to the row's commit, p99",
              percentile(since_begin, 0.99), "s")
    table.add("  CPU of syncctl for each",
              (syncctl.cpu() - cpu) / len(changing) * 1000, "ms")
    fleet.wait_for("ended Pods to be deleted",
                   lambda: len(world.api.pods()) == running - len(changing))
    table.add("  Pods left of them", 0, most=0)

    away = shuffled[given.changes:][:given.changes // 5]
    ready, last = trials.restart(world, pods, away)
    table.add(f"killed and started again with {running - len(changing)} Pods, "
              "all adopted", ready, "s", most=10)
    table.add(f"  {len(away)} ends from meanwhile are stored", last, "s",
              most=10)
    resident, share = sampler.take()
    table.add("most resident so far, sampled", resident, "MiB")
    table.add("most PSS so far, sampled", share, "MiB")
    syncctl.memory()
    table.add("most resident so far (VmHWM of each process)", syncctl.peak,
              "MiB", most=100)

    trials.slow_down(world)
    print("the API server takes one write at a time, and answers 429 to others:")
    for clients, seconds in ((64, given.siege), (400, given.siege / 4)):
        add_siege(world, table, clients, seconds)
    sampler.stop()


def add_siege(world, table, clients, seconds):
    """Measures what syncctl does when too much is asked of it."""
    syncctl = world.syncctl
    siege = trials.besiege(world, clients, seconds)
    print(f"{clients} clients at once for {seconds:g} s")
    for status in 200, 409, 429, 503:
        table.add(f"  answers {status}", siege.answers.pop(status, 0))
    table.add("  other answers, or none", siege.answers.total(), most=0)
    table.add("  429 and 503 without Retry-After", siege.rude, most=0)
    table.add("  longest answer", siege.longest, "s", most=65)
    table.add("  afterwards, until a read is accepted", siege.recovery, "s",
              most=5)
    syncctl.memory()
    table.add("  most resident (VmHWM)", syncctl.peak, "MiB", most=100)
    there = world.api.pods()
    table.add("  accepted reads without a Pod",
              sum(task not in there for task in siege.accepted), most=0)


def main():
    """Measures, and says which goals were missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--syncctl", default=fleet.ROOT / "build/bin/syncctl")
    parser.add_argument("--pods", type=int, default=5000)
    parser.add_argument("--rate", type=int, default=100,
                        help="reads asked for each second")
    parser.add_argument("--rounds", type=int, default=3,
                        help="reads and bare clients in turn, so many times")
    parser.add_argument("--only-reads", action="store_true",
                        help="what a read costs, and no more")
    parser.add_argument("--changes", type=int, default=1000,
                        help="Pods that end")
    parser.add_argument("--change-rate", type=int, default=50)
    parser.add_argument("--idle", type=int, default=30, help="seconds")
    parser.add_argument("--siege", type=int, default=20, help="seconds")
    parser.add_argument("--keep", action="store_true",
                        help="keep the folder with all logs")
    given = parser.parse_args()
    # Everything that was started is ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    begin = time.monotonic()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="motorcade-fleet."))
    syncctl = None
    try:
        with contextlib.ExitStack() as stack:
            if not given.keep:
                stack.callback(shutil.rmtree, folder, ignore_errors=True)
            fleet.ApiServer.programs()
            api, database = fleet.ApiServer(folder), fleet.Database()
            stack.callback(api.stop)
            api.start()
            syncctl = fleet.Syncctl(folder, given.syncctl, api, database)
            stack.callback(syncctl.stop)
            syncctl.start()
            ready = syncctl.wait_until_ready()
            fleet.wait_for("the tables", lambda: database.run(
                "SELECT 1 FROM pg_tables WHERE tablename = 'source_task'"))
            database.note_ends()
            table = Table()
            table.add("started without any Pod, ready", ready, "s", most=5)
            try:
                measure(trials.World(api, database, syncctl), table, given)
            except fleet.Failed:
                print(f"--- the end of syncctl's log\n"
                      f"{syncctl.part.last_lines()}")
                raise
    except fleet.Unfit as why:
        print(f"skipped: {why}")
        return 77
    except fleet.Failed as why:
        print(f"fleet: {why}", file=sys.stderr)
        return 1
    finally:
        if given.keep:
            print(f"logs: {folder}")
    print(f"\n{time.monotonic() - begin:.0f} s on {os.cpu_count()} cores, load "
          f"{os.getloadavg()[1]:.1f} of which some 3 are ours; delays are told by the database's clock at the commit, in µs")
    if table.missed:
        print(f"missed: {'; '.join(what.strip() for what in table.missed)}")
    return 1 if table.failed else 0


if __name__ == "__main__":
    sys.exit(main())
