"""Parts of Kubernetes that are killed, stopped or away, Pods that Kubernetes itself
ends, and many Pods that are not ours."""

import contextlib
import json
import threading

from checks import Failed, expect, expect_in, wait_for
from kubernetes_settings import NAMESPACE, REPLICAS, ROOT
from kubernetes_task import Task, failure_of
from trial import adding_to

CASES = []
case = adding_to(CASES)


@case
def manifests_apply_without_a_warning(world):
    world.cluster.require_new("warnings about what is outdated")
    for words in (["-k", ROOT / "config/kubernetes"],
                  ["-f", ROOT / "config/kubernetes-pod.yaml"],
                  ["-k", world.controller.folder]):
        world.cluster.kubectl("apply", "--warnings-as-errors",
                              "--dry-run=server", *words)
    # A second apply changes nothing, though kubectl calls a Secret configured, for
    # its `stringData`, and a budget, for its selector.
    names = world.cluster.kubectl("apply", "-k", world.controller.folder, "-o",
                                  "name").split()
    before = versions(world, names)
    world.cluster.kubectl("apply", "-k", world.controller.folder)
    expect("applied again", versions(world, names), before)


def versions(world, names):
    """Returns a version of each object that changes with what was asked for, and
    not with its status."""
    found = json.loads(world.cluster.kubectl("get", *names, "-o", "json"))
    return {f"{one['kind']}/{one['metadata']['name']}":
                one["metadata"].get("generation")
                or one["metadata"]["resourceVersion"]
            for one in found["items"]}


@case
def api_server_is_away_for_half_a_minute(world):
    long = Task(world, "read", rows=1200, rows_per_second=30).start()
    within = Task(world, "read", rows=200, rows_per_second=20).start()
    crash = Task(world, "read", rows=2000, rows_per_second=20, ending="crash",
                 after_rows=330, exit_code=9).start()
    for task in long, within, crash:
        task.wait_until_running()
    pod = world.controller.ready_pods()[0]
    world.cluster.kill("apiserver")
    try:
        late = Task(world, "read", rows=10)
        status, answer = late.request(pod=pod)
        expect(f"a start meanwhile: {answer}", status, 200)
        expect("its row", late.row()["status"], "RUNNING")
        status, answer = world.controller.call("GET", "/health", pod=pod)
        expect(f"/health: {answer}", status, 200)
        # Measured time: the API server is away for so long.
        threading.Event().wait(30)
    finally:
        world.cluster.bring_back_api_server()
    late.wait_until_over("SUCCESS")
    late.expect_rows(10)
    within.wait_until_over("SUCCESS")
    within.expect_rows(200)
    row = crash.wait_until_over("PARTIAL", "FAILED")
    expect("exit code", failure_of(row).get("metadata", {}).get("exitCode"), 9)
    long.wait_until_over("SUCCESS")
    long.expect_rows(1200)
    world.controller.wait_for_all(REPLICAS)


@case
def etcd_is_killed(world):
    task = Task(world, "read", rows=600, rows_per_second=20).start()
    task.wait_until_running()
    world.cluster.kill("etcd")
    try:
        # Measured time: etcd is away for so long.
        threading.Event().wait(10)
    finally:
        world.cluster.restart("etcd")
    task.wait_until_over("SUCCESS")
    task.expect_rows(600)
    Task(world, "read", rows=10).start().wait_until_over("SUCCESS")
    world.controller.wait_for_all(REPLICAS)


@case
def kubelet_and_containerd_restart(world):
    task = Task(world, "read", rows=900, rows_per_second=30).start()
    task.wait_until_running()
    world.cluster.kill("kubelet")
    try:
        # Measured time: the kubelet is away for so long.
        threading.Event().wait(15)
    finally:
        # Before the kubelet, which ends if it finds no containerd.
        world.cluster.restart("containerd")
        world.cluster.restart("kubelet")
    task.wait_until_over("SUCCESS")
    task.expect_rows(900)
    world.controller.wait_for_all(REPLICAS)


@case
def scheduler_is_away(world):
    with world.cluster.stopped("scheduler"):
        row = Task(world, "read", rows=10).start().wait_until_over("FAILED")
    expect_in("error", "scheduler", row["error"])


@case
def pod_that_is_evicted(world):
    world.cluster.require_new("conditions that tell of an eviction")
    task = Task(world, "read", rows=100_000, rows_per_second=20).start()
    name = task.wait_until_running()["metadata"]["name"]
    task.wait_for_rows(10)
    world.cluster.kubectl(
        "create", "--raw",
        f"/api/v1/namespaces/{NAMESPACE}/pods/{name}/eviction", "-f", "-",
        text=json.dumps({"apiVersion": "policy/v1", "kind": "Eviction",
                         "metadata": {"name": name, "namespace": NAMESPACE}}))
    # The sidecar says that it was stopped, then syncctl why.
    task.wait_for_end()
    task.wait_until_gone()
    row = task.wait_until_over("FAILED")
    expect_in("error", "EvictionByEvictionAPI: Eviction API: evicting",
              row["error"])


@case
def node_that_is_tainted(world):
    world.cluster.require_new("conditions that tell of a taint")
    task = Task(world, "read", rows=100_000, rows_per_second=20).start()
    task.wait_until_running()
    task.wait_for_rows(10)
    # syncctl's own Pods are ended, too, and find no node.
    world.cluster.kubectl("taint", "node", "localhost", "gone=yes:NoExecute")
    try:
        wait_for("its Pod to be gone", lambda: not task.pod())
    finally:
        world.cluster.kubectl("taint", "node", "localhost", "gone:NoExecute-")
    row = task.wait_until_over("FAILED", "PARTIAL")
    if not row["error"]:
        raise Failed("nobody says why")
    world.controller.wait_for_all(REPLICAS)


@case
def rolling_update(world):
    task = Task(world, "read", rows=600, rows_per_second=20).start()
    task.wait_until_running()
    world.controller.save_logs()
    world.cluster.kubectl("rollout", "restart", "deployment/syncctl")
    world.cluster.kubectl("rollout", "status", "deployment/syncctl")
    world.controller.wait_for_all(REPLICAS)
    task.wait_until_over("SUCCESS")
    task.expect_rows(600)


@case
def quota_that_is_used_up(world):
    world.cluster.kubectl("create", "quota", "none", "--hard=pods=2")
    try:
        wait_for("the quota to count", lambda: (world.cluster.get(
            "quota", "none")["status"] or {}).get("used", {}).get("pods") == "2")
        status, answer = Task(world, "read", rows=10).request()
    finally:
        world.cluster.kubectl("delete", "quota", "none")
    if status not in (429, 502):
        raise Failed(f"answered {status} {answer}")
    expect_in("answer", "exceeded quota: none", json.dumps(answer))


# -- Pods of others ------------------------------------------------------------

FOREIGN = 1100


def foreign_pod(number):
    """Returns a Pod with our label which no syncctl has made, and no node takes."""
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": f"foreign-{number:04}", "labels": {
                "jitsu.com/creator": "bulker-sync-controller",
                "foreign": "yes"}},
            "spec": {"nodeSelector": {"no": "such-node"},
                     "securityContext": {"runAsNonRoot": True, "seccompProfile":
                                         {"type": "RuntimeDefault"}},
                     "containers": [{"name": "c", "image": "localhost/pause:1",
                                     "securityContext": {
                                         "allowPrivilegeEscalation": False,
                                         "capabilities": {"drop": ["ALL"]}}}]}}


@contextlib.contextmanager
def foreign_pods(world, count):
    """So many Pods which are not ours, though they have our label."""
    try:
        world.cluster.kubectl(
            "create", "-f", "-", timeout=600, text="\n---\n".join(
                json.dumps(foreign_pod(number)) for number in range(count)))
        yield
    finally:
        # By one request, where `delete pods` makes one for each.
        world.cluster.kubectl(
            "delete", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods?"
            "labelSelector=foreign%3Dyes&gracePeriodSeconds=0")
        wait_for("foreign Pods to be gone", lambda: not world.cluster.get(
            "pods", "--selector", "foreign=yes"), 600, 1)


@case
def many_pods_of_others(world):
    """More than a page of a list holds."""
    with foreign_pods(world, FOREIGN):
        task = Task(world, "read", rows=600, rows_per_second=20).start()
        task.wait_until_running()
        world.controller.kill_process(world.controller.wait_for_leader())
        world.controller.wait_for_leader()
        task.wait_until_over("SUCCESS")
        task.expect_rows(600)
        left = world.cluster.get("pods", "--selector", "foreign=yes")
        expect("foreign Pods that are left", len(left), FOREIGN)
