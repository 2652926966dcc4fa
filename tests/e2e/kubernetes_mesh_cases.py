"""Containers that others put into the Pods of tasks: proxies of a service mesh,
init containers, debug containers."""

import json

from checks import Failed, expect, expect_in, wait_for
from injector import PATCHES, injecting, injector_away
from kubernetes_task import Task
from trial import adding_to

CASES = []
case = adding_to(CASES)


def names(pod):
    """Returns the names of all its containers."""
    spec = pod["spec"]
    return [one["name"] for one in spec["initContainers"] + spec["containers"]]


def run_with(world, kind, *statuses):
    """Returns the row of a read whose Pod got that container."""
    with injecting(world, kind):
        task = Task(world, "read", rows=40, rows_per_second=20).start()
        found = set()

        def note():
            pod = task.pod()
            if pod:
                found.update(names(pod))

        row = task.wait_for_end(meanwhile=note)
        task.wait_until_over(*statuses)
        wanted = {patch["value"]["name"] for patch in PATCHES[kind]}
        if not wanted <= found:
            raise Failed(f"injected {wanted}, found {found}")
        if statuses == ("SUCCESS",):
            task.expect_rows(40)
        check = Task(world, "check").start()
        check.wait_until_over(*statuses)
    return row


@case
def proxy_behind_ours(world):
    run_with(world, "proxy last", "SUCCESS")


@case
def proxy_before_ours(world):
    run_with(world, "proxy first", "SUCCESS")


@case
def proxy_that_is_a_native_sidecar(world):
    world.cluster.require_new("containers of init that go on")
    run_with(world, "native sidecar", "SUCCESS")


@case
def proxy_that_crashes(world):
    run_with(world, "proxy that crashes", "SUCCESS")


@case
def proxy_without_image(world):
    run_with(world, "proxy without image", "SUCCESS")


@case
def foreign_init_that_fails(world):
    row = run_with(world, "init that fails", "FAILED")
    expect_in("error", "mesh-init", row["error"])


@case
def foreign_init_without_image(world):
    row = run_with(world, "init without image", "FAILED")
    expect_in("error", "mesh-init", row["error"])
    expect_in("error", "Image", row["error"])


@case
def injector_that_is_away(world):
    with injector_away(world):
        task = Task(world, "read", rows=10)
        status, answer = task.request()
        expect(f"answer: {answer}", status, 200)
        expect("row", task.row()["status"], "RUNNING")
        wait_for("its log to say what it waits for", lambda: any(
            "inject.example.com" in line["message"] for line in task.logs()))
    task.wait_until_over("SUCCESS")
    task.expect_rows(10)


@case
def debug_container(world):
    world.cluster.require_new("ephemeral containers")
    task = Task(world, "read", rows=200, rows_per_second=20).start()
    pod = task.wait_until_running()
    world.cluster.kubectl(
        "patch", "pod", pod["metadata"]["name"],
        "--subresource=ephemeralcontainers", "--type=strategic", "-p",
        json.dumps({"spec": {"ephemeralContainers": [
            {"name": "debug", "image": "localhost/pause:1",
             "targetContainerName": "source",
             "securityContext": {"allowPrivilegeEscalation": False,
                                 "runAsUser": 65532,
                                 "capabilities": {"drop": ["ALL"]}}}]}}))
    expect("debug containers", len(
        world.cluster.get("pod", pod["metadata"]["name"])["spec"]
        ["ephemeralContainers"]), 1)
    task.wait_until_over("SUCCESS")
    task.expect_rows(200)
