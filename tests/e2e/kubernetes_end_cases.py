"""How tasks end in a real Kubernetes: connectors that fail, images and nodes that
are missing, Pods that are deleted, tasks that are cancelled."""

import contextlib
import pathlib
import tempfile
import time

from api_task import rows_of
from checks import Failed, expect, expect_in, run, wait_for
from kubernetes_servers import HangingRegistry, LateRegistry
from kubernetes_settings import (
    CLUSTER, INIT_TIMEOUT, PACKAGE, UNSCHEDULABLE_TIMEOUT, VERSION)
from kubernetes_task import Task, failure_of
from trial import adding_to

CASES = []
case = adding_to(CASES)


@case
def connector_that_crashes(world):
    row = Task(world, "read", ending="crash", after_rows=0, exit_code=7) \
        .start().wait_until_over("FAILED")
    expect("exit code", failure_of(row).get("metadata", {}).get("exitCode"), 7)
    expect_in("error", "7", row["error"])


@case
def connector_that_crashes_late(world):
    task = Task(world, "read", ending="crash", after_rows=170, exit_code=3)
    row = task.start().wait_until_over("PARTIAL", "FAILED")
    expect("exit code", failure_of(row).get("metadata", {}).get("exitCode"), 3)
    # No state without its rows.
    for stream, state in task.states().items():
        arrived = len(task.rows(stream))
        if arrived < state["cursor"]:
            raise Failed(f"{stream}: {arrived} rows, and state {state}")
    expect("rows of users", task.rows("users"), rows_of("users", 1, 100))


@case
def connector_that_takes_all_memory(world):
    row = Task(world, "read", ending="memory", after_rows=10).start() \
        .wait_until_over("FAILED", "PARTIAL")
    expect("exit code", failure_of(row).get("metadata", {}).get("exitCode"),
           137)
    expect_in("error", "memory", row["error"])


@case
def connector_that_says_why(world):
    row = Task(world, "read", ending="error", after_rows=0).start() \
        .wait_until_over("FAILED")
    expect_in("error", "the source said no", row["error"])
    expect("type", failure_of(row).get("failureType"), "config_error")


@case
def image_that_does_not_exist(world):
    begin = time.monotonic()
    row = Task(world, "read", package="localhost/source-missing").start() \
        .wait_until_over("FAILED")
    took = time.monotonic() - begin
    expect_in("error", "Pull", row["error"])
    expect_in("error", "source", row["error"])
    if took > INIT_TIMEOUT:
        raise Failed(f"took {took:.0f} s")


@case
def image_whose_name_is_none(world):
    status, answer = Task(world, "read", package="../etc/passwd").request()
    expect("answer", (status, answer["ok"]), (422, False))


@case
def image_that_never_comes(world):
    registry = HangingRegistry()
    with contextlib.closing(registry.socket):
        begin = time.monotonic()
        task = Task(world, "read", package=registry.package).start()
        task.wait_for_end()
        took = time.monotonic() - begin
    # From 1.22 on a kubelet keeps a Pod until the pull of its image ends.
    row = task.wait_until_over("FAILED")
    if not row["error"]:
        raise Failed("nobody says why")
    if took < INIT_TIMEOUT - 1:
        raise Failed(f"took only {took:.0f} s: {row['error']}")


def connectors():
    """Returns the processes of connectors on this machine."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        # One that has ended meanwhile is none.
        with contextlib.suppress(OSError):
            if (path / "exe").readlink().name == "scripted-connector":
                found.append(int(path.name))
    return found


@case
def image_that_comes_too_late(world):
    """Its connector must not start: it could use up a token that is good for one
    use."""
    with tempfile.TemporaryDirectory() as folder:
        layout = pathlib.Path(folder, "image.tar")
        run(CLUSTER, "export", f"{PACKAGE}:{VERSION}", layout)
        registry = LateRegistry(layout)
    before = set(connectors())
    started = set()
    try:
        tasks = [Task(world, command, package=registry.package,
                      version=f"{command}-1") for command in
                 ("read", "check", "discover")]
        for task in tasks:
            task.start()
        for task in tasks:
            task.wait_for_end()
        registry.open.set()

        def are_gone():
            started.update(set(connectors()) - before)
            return not any(task.pod() for task in tasks)

        wait_for("their Pods to be gone", are_gone, pause=0.02)
    finally:
        registry.stop()
    for task in tasks:
        row = task.wait_until_over("FAILED")
        if not (row.get("error") or row.get("description")):
            raise Failed("nobody says why")
    expect("connectors that began", started, set())


@case
def no_node_for_it(world):
    world.cluster.kubectl("cordon", "localhost")
    try:
        begin = time.monotonic()
        row = Task(world, "read").start().wait_until_over("FAILED")
        took = time.monotonic() - begin
    finally:
        world.cluster.kubectl("uncordon", "localhost")
    expect_in("error", "node", row["error"])
    if took < UNSCHEDULABLE_TIMEOUT - 1:
        raise Failed(f"a node may come, but it took only {took:.0f} s")


@case
def pod_that_somebody_deletes(world):
    task = Task(world, "read", rows=100_000, rows_per_second=20).start()
    pod = task.wait_until_running()
    task.wait_for_rows(10)
    begin = time.monotonic()
    # As if a node is lost: no program is told before.
    world.cluster.kubectl("delete", "pod", pod["metadata"]["name"],
                          "--grace-period=0", "--force")
    row = task.wait_until_over("FAILED")
    print(f"  noticed within {time.monotonic() - begin:.1f} s")
    if not row["error"]:
        raise Failed("nobody says why")


@case
def pod_that_is_drained(world):
    task = Task(world, "read", rows=100_000, rows_per_second=20).start()
    pod = task.wait_until_running()
    task.wait_for_rows(10)
    # As if a node is drained: the sidecar has its time to end.
    world.cluster.kubectl("delete", "pod", pod["metadata"]["name"],
                          "--wait=false")
    row = task.wait_until_over("FAILED", "CANCELLED", "PARTIAL")
    if not row["error"]:
        raise Failed("nobody says why")


@case
def cancelled(world):
    task = Task(world, "read", rows=100_000, rows_per_second=20).start()
    task.wait_until_running()
    task.wait_for_rows(10)
    task.cancel()
    task.wait_until_over("CANCELLED")
    # Once more is no error.
    task.cancel()
    expect("status", task.row()["status"], "CANCELLED")


@case
def the_same_twice(world):
    task = Task(world, "read", rows=100_000, rows_per_second=20).start()
    status, answer = task.request()
    expect("second answer", (status, answer["ok"]), (409, False))
    task.wait_until_running()
    status, answer = task.request()
    expect("third answer", (status, answer["ok"]), (409, False))
    pods = [pod for pod in world.cluster.tasks()
            if pod["metadata"]["annotations"].get("TaskID") == task.id]
    expect("Pods", len(pods), 1)
    task.cancel()
    task.wait_until_over("CANCELLED")
