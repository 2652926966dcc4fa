"""Tasks that are asked for while a real Kubernetes is away, hangs or has no etcd."""

import json

from checks import expect, expect_in, wait_for
from kubernetes_settings import REPLICAS
from kubernetes_task import Task
from trial import adding_to

CASES = []
case = adding_to(CASES)


def ask(task, pod, status):
    """Asks a Pod of syncctl for a task, and wants that answer."""
    found, answer = task.request(pod=pod)
    expect(f"{task.command}: {answer}", found, status)


def cancel(world, task, pod):
    """Ends a task by a Pod of syncctl."""
    status, answer = world.controller.call(
        "GET", "/cancel", {"syncId": task.sync, "taskId": task.id}, pod=pod)
    expect(f"cancel: {answer}", status, 200)


def scheduled_read(world):
    """Returns a read of which syncctl keeps the start."""
    task = Task(world, "read", rows=10)
    task.query["startedBy"] = json.dumps({"trigger": "scheduled"})
    return task


@case
def starts_while_the_api_server_is_away(world):
    # Which Pods of syncctl there are cannot be asked meanwhile.
    pod = world.controller.wait_for_all(REPLICAS)[0]
    read, check, spec, given_up = (
        Task(world, "read", rows=10), Task(world, "check"), Task(world, "spec"),
        Task(world, "read", rows=10))
    kept = scheduled_read(world)
    world.cluster.kill("apiserver")
    try:
        for task in read, check, spec, given_up:
            ask(task, pod, 200)
        expect("row", read.row()["status"], "RUNNING")
        ask(read, pod, 409)
        wait_for("its log to say what it waits for", lambda: any(
            "waits for Kubernetes" in line["message"] for line in read.logs()))
        cancel(world, given_up, pod)
        expect("row", given_up.row()["status"], "CANCELLED")
        # It is kept in Kubernetes or not at all.
        ask(kept, pod, 503)
        expect("row", kept.row(), None)
    finally:
        world.cluster.bring_back_api_server()
    read.wait_until_over("SUCCESS")
    read.expect_rows(10)
    check.wait_until_over("SUCCESS")
    given_up.wait_until_gone()
    expect("row", given_up.row()["status"], "CANCELLED")
    expect("rows", given_up.rows("users"), [])
    # Its id was not used up.
    ask(kept, world.controller.wait_for_all(REPLICAS)[0], 200)
    kept.wait_until_over("SUCCESS")
    kept.expect_rows(10)


@case
def start_while_the_api_server_hangs(world):
    pod = world.controller.wait_for_all(REPLICAS)[0]
    task, given_up = Task(world, "read", rows=10), Task(world, "read", rows=10)
    with world.cluster.stopped("apiserver"):
        for one in task, given_up:
            ask(one, pod, 200)
        cancel(world, given_up, pod)
        expect("row", given_up.row()["status"], "CANCELLED")
    task.wait_until_over("SUCCESS")
    task.expect_rows(10)
    given_up.wait_until_gone()
    expect("row", given_up.row()["status"], "CANCELLED")


@case
def start_while_etcd_is_away(world):
    pod = world.controller.wait_for_all(REPLICAS)[0]
    task = Task(world, "read", rows=10)
    world.cluster.kill("etcd")
    try:
        ask(task, pod, 200)
        expect("row", task.row()["status"], "RUNNING")
    finally:
        world.cluster.restart("etcd")
    task.wait_until_over("SUCCESS")
    task.expect_rows(10)


@case
def a_refusal_is_not_waited_out(world):
    world.cluster.kubectl("create", "quota", "none", "--hard=secrets=1")
    try:
        wait_for("the quota to count", lambda: (world.cluster.get(
            "quota", "none")["status"] or {}).get("used", {}).get("secrets"))
        task = Task(world, "read", rows=10)
        status, answer = task.request()
    finally:
        world.cluster.kubectl("delete", "quota", "none")
    expect(f"answer: {answer}", status, 502)
    expect_in("answer", "HTTP 403", json.dumps(answer))
    # syncctl's log says it, too, and `what_syncctl_logged` knows it by that.
    expect_in("answer", "exceeded quota: none", json.dumps(answer))
    expect("row", task.row()["status"], "FAILED")
