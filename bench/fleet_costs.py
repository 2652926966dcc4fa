"""What an accepted read costs beside the same objects made by bare clients:
rates, the CPU of each program, calls of the API, and writing transactions."""

import dataclasses
import os
import pathlib
import statistics

import fleet_trials as trials

TICK = os.sysconf("SC_CLK_TCK")
REQUESTS = "motorcade_kubernetes_requests_total"


def stat_of(pid):
    """Returns the fields of a process's stat behind its name; none if it is
    gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii",
                                                           errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def cpu_of(pid, with_dead_children=False):
    """Returns the seconds of CPU that a process has had; 0 if it is gone."""
    fields = stat_of(pid)
    last = 15 if with_dead_children else 13
    return sum(map(int, fields[11:last])) / TICK


def cpu_of_family(parent):
    """Returns the seconds of CPU of a process and its children, also of those
    that ended."""
    children = [entry.name for entry in pathlib.Path("/proc").iterdir()
                if entry.name.isdigit() and stat_of(entry.name)[1:2] == [parent]]
    return cpu_of(parent, True) + sum(map(cpu_of, children))


@dataclasses.dataclass
class Bill:
    """What was used until a moment, or between two: seconds of CPU by program,
    calls of syncctl to the API, and transactions that wrote rows."""
    cpu: dict
    calls: float
    writes: int

    @staticmethod
    def now(world):
        """Returns what was used until now."""
        server, writes = world.database.run(
            "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1), "
            "pg_snapshot_xmax(pg_current_snapshot())")[0]
        api = world.api
        return Bill({"syncctl": world.syncctl.cpu(),
                     "API server": cpu_of(api.server.process.pid),
                     "etcd": cpu_of(api.etcd.process.pid),
                     "Postgres": cpu_of_family(server),
                     "clients": sum(os.times()[:2])},
                    world.syncctl.counter(REQUESTS), int(writes))

    def since(self, before, count):
        """Returns what was used meanwhile for each of so many things."""
        return Bill({name: (seconds - before.cpu[name]) / count
                     for name, seconds in self.cpu.items()},
                    (self.calls - before.calls) / count,
                    (self.writes - before.writes) / count)


@dataclasses.dataclass
class Comparison:
    """Rates in each round, and what one read or one pair of a Secret and a Pod
    has cost in the median."""
    reads: list
    floors: list
    read: Bill
    floor: Bill

    def ratio(self):
        """Returns the median of the ratios: both of a round had the same
        neighbours on this machine."""
        return statistics.median(read / floor for read, floor
                                 in zip(self.reads, self.floors))


def median_of(bills):
    """Returns the bill with the median of each."""
    return Bill({name: statistics.median(bill.cpu[name] for bill in bills)
                 for name in bills[0].cpu},
                statistics.median(bill.calls for bill in bills),
                statistics.median(bill.writes for bill in bills))


def compare(world, tasks, rounds):
    """Has syncctl start the reads of those tasks, and bare clients make as many
    Secrets and Pods, in turn; which of both goes first changes with each
    round."""
    count = len(tasks) // rounds
    rates, bills = ([], []), ([], [])
    for number in range(rounds):
        some = tasks[number * count:(number + 1) * count]
        runs = [lambda some=some: trials.post_reads(world, some)[0],
                lambda number=number: trials.post_floor(world, count, number)]
        for kind in (0, 1) if number % 2 == 0 else (1, 0):
            before = Bill.now(world)
            rates[kind].append(runs[kind]())
            bills[kind].append(Bill.now(world).since(before, count))
    return Comparison(*rates, *map(median_of, bills))


def add(table, got):
    """Adds the figures of a comparison to a table."""
    table.add("reads as fast as they are taken, reads/s",
              statistics.median(got.reads))
    table.add("  the same Secrets and Pods without syncctl, Pods/s",
              statistics.median(got.floors))
    table.add("  a part of that", got.ratio(), least=0.8)
    table.add("  calls of the API for each read", got.read.calls, most=3.2)
    table.add("  transactions that write, for each read", got.read.writes)
    for what, bill in ("read", got.read), ("pair of them", got.floor):
        for name, seconds in bill.cpu.items():
            table.add(f"  CPU of {name} for each {what}", seconds * 1000, "ms")
        table.add(f"  CPU of all for each {what}",
                  sum(bill.cpu.values()) * 1000, "ms")
