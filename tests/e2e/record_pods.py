#!/usr/bin/python3 -B
"""Records Pods of tasks in every state, as a real API server tells them.

Makes the Pods that syncctl would make (build/bin/print-manifest), brings them
into a state, and writes their objects to tests/recordings/pods, without what
nobody reads. The unit tests of pod_status read them.
"""

import argparse
import json
import os
import sys
import uuid

from api_task import STREAMS, catalog, rows_of
from checks import Failed, Unfit, expect, run, wait_for
from kubernetes_settings import (
    BIN, BULKER_TOKEN, DESTINATION_KEY, NAMESPACE, PACKAGE, ROOT,
    SIDECAR_IMAGE, SOURCE_KEY, VERSION)
from kubernetes_world import open_world

FOLDER = ROOT / "tests/recordings/pods"


class Recorder:
    """Makes Pods and writes down what becomes of them."""

    def __init__(self, cluster, postgres, bulker):
        self.cluster, self.postgres, self.bulker = cluster, postgres, bulker
        self.uid = None

    def make(self, *, change=None, settings=None, package=PACKAGE,
             version=VERSION, with_secret=True, **config):
        """Creates a Pod and its Secret. Returns Pod's name and sync."""
        task = {"command": "read", "package": package, "version": version,
                "sync_id": f"sync-{uuid.uuid4().hex[:8]}",
                "task_id": str(uuid.uuid4()),
                "started_by": {"trigger": "manual"},
                "config": {"key": SOURCE_KEY, **config},
                "catalog": catalog(),
                "destination_config": {"password": DESTINATION_KEY}}
        task["table_name_prefix"] = task["sync_id"] + "_"
        resources = {"requests": {"cpu": "10m", "memory": "16Mi"},
                     "limits": {"cpu": "1", "memory": "128Mi"}}
        environment = {
            **os.environ,
            "SYNCCTL_RUNTIME": "kubernetes",
            "SYNCCTL_KUBERNETES_NAMESPACE": NAMESPACE,
            "SYNCCTL_DATABASE_URL": self.postgres.url,
            "SYNCCTL_BULKER_URL": self.bulker.url,
            "SYNCCTL_BULKER_AUTH_TOKEN": BULKER_TOKEN,
            "SYNCCTL_SIDECAR_IMAGE": SIDECAR_IMAGE,
            "SYNCCTL_SOURCE_RESOURCES": json.dumps(resources),
            **(settings or {})}
        made = json.loads(run(BIN / "print-manifest", text=json.dumps(task),
                              env=environment))
        if change:
            change(made["pod"]["spec"])
        for kind in (["secret"] if with_secret else []) + ["pod"]:
            self.cluster.kubectl("create", "-f", "-",
                                 text=json.dumps(made[kind]))
        return made["name"], task["sync_id"]

    def record(self, state, is_there, **how):
        """Writes down a Pod as soon as it is as it should be."""
        name, sync = self.make(**how)
        pod = self.wait(name, state, is_there)
        self.write(state, pod)
        return name, sync

    def wait(self, name, state, is_there):
        """Returns the Pod once it is so."""

        def probe():
            pod = self.cluster.get("pod", name)
            return pod if pod and is_there(pod) else None

        try:
            return wait_for(state, probe, 180)
        except Failed as failure:
            pod = self.cluster.get("pod", name)
            status = json.dumps((pod or {}).get("status"))
            raise Failed(f"{failure}: {status}") from None

    def write(self, state, pod):
        """Writes a Pod down, without what nobody reads."""
        pod["metadata"].pop("managedFields", None)
        pod["spec"] = {key: value for key, value in pod["spec"].items()
                       if key in ("nodeName", "restartPolicy")}
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{state}.json").write_text(
            json.dumps(pod, indent=1, sort_keys=True) + "\n")
        print(f"{state:<24} {pod['status']['phase']}", flush=True)

    def remove(self, name):
        """Ends a Pod at once."""
        self.cluster.kubectl("delete", "pod", name, "--grace-period=1")


def container(pod, name):
    """Returns what a container is doing: kind and details."""
    status = pod["status"]
    for one in (status.get("containerStatuses", [])
                + status.get("initContainerStatuses", [])):
        if one["name"] == name:
            return next(iter(one["state"].items()))
    return None, {}


def waits_for(name, *reasons):
    """Returns what asks whether a container waits for one of the reasons."""

    def probe(pod):
        kind, details = container(pod, name)
        return kind == "waiting" and details.get("reason") in reasons

    return probe


def has_phase(phase):
    """Returns what asks whether a Pod has come so far."""
    return lambda pod: pod["status"]["phase"] == phase


def runs(pod):
    """Tells whether both containers run."""
    return {container(pod, name)[0] for name in ("source", "sidecar")} \
        == {"running"}


def is_unschedulable(pod):
    """Tells whether no node takes it."""
    return any(condition.get("reason") == "Unschedulable"
               for condition in pod["status"].get("conditions", []))


def record_all(recorder):
    """Brings Pods into all states."""
    slow = {"rows": 100_000, "rows_per_second": 5}
    cluster = recorder.cluster

    recorder.record("pending", has_phase("Pending"), rows=10)
    name, sync = recorder.record("succeeded", has_phase("Succeeded"), rows=100)
    for stream in STREAMS:
        rows = [json.loads(row) if isinstance(row, str) else row
                for row in recorder.bulker.rows(f"{sync}_{stream}")]
        expect(stream, rows, rows_of(stream, 1, 100))
    stored = recorder.postgres.query(
        f"SELECT * FROM source_task WHERE sync_id = '{sync}'")[0]
    expect("status", stored["status"], "SUCCESS")
    recorder.remove(name)

    name, _ = recorder.record("running", runs, **slow)
    cluster.kubectl("delete", "pod", name, "--wait=false")
    pod = recorder.wait(name, "being deleted", lambda pod:
                        "deletionTimestamp" in pod["metadata"])
    recorder.write("being_deleted", pod)

    recorder.record("failed", has_phase("Failed"), ending="crash",
                    after_rows=0, exit_code=7)
    recorder.record("out_of_memory", has_phase("Failed"), ending="memory",
                    after_rows=0)
    recorder.record("image_missing", waits_for("source", "ErrImagePull"),
                    package="localhost/source-missing")
    recorder.record("image_missing_for_long",
                    waits_for("source", "ImagePullBackOff"),
                    package="localhost/source-missing")
    recorder.record("image_never_pulled",
                    waits_for("source", "ErrImageNeverPull"),
                    package="localhost/source-missing",
                    settings={"SYNCCTL_IMAGE_PULL_POLICY": "Never"})
    recorder.record("unschedulable", is_unschedulable, settings={
        "SYNCCTL_KUBERNETES_NODE_SELECTOR": '{"disk":"none"}'})

    def no_folder(spec):
        spec["initContainers"][0]["args"] = ["init", "/nowhere"]

    recorder.record("init_failed", has_phase("Failed"), change=no_folder)

    def no_secret(spec):
        del spec["volumes"][1:]
        for one in spec["containers"]:
            del one["volumeMounts"][1:]

    recorder.record("secret_missing",
                    waits_for("sidecar", "CreateContainerConfigError"),
                    change=no_secret, with_secret=False)

    def no_program(spec):
        spec["containers"][0]["command"] = ["/no/such/program"]

    recorder.record("program_missing", lambda pod: container(pod, "source")[0]
                    in ("waiting", "terminated") and runs_once(pod),
                    change=no_program)

    def short(spec):
        spec["activeDeadlineSeconds"] = 5

    recorder.record("out_of_time", has_phase("Failed"), change=short, **slow)

    def small(spec):
        spec["volumes"][0]["emptyDir"] = {"sizeLimit": "1Mi"}
        spec["containers"][0]["command"][2] = (
            "dd if=/dev/zero of=/pipes/big bs=1M count=8\n"
            + spec["containers"][0]["command"][2])

    recorder.record("evicted", has_phase("Failed"), change=small, **slow)


def runs_once(pod):
    """Tells whether the source was tried to start."""
    kind, details = container(pod, "source")
    return kind == "terminated" or details.get("reason") not in (
        None, "PodInitializing", "ContainerCreating")


def main():
    """Records all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", action="store_true",
                        help="leave the cluster running")
    given = parser.parse_args()
    try:
        with open_world(
                with_controller=False, keep=given.keep) as parts:
            record_all(Recorder(*parts[:3]))
    except Unfit:
        return 77
    except Failed as failure:
        print(f"record_pods: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
