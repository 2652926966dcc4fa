"""What Pods show of secrets in a real Kubernetes, and who can read them."""

import base64
import json
import os
from urllib.parse import quote

import api_kubernetes
from checks import Failed, expect, expect_in, processes_with, wait_for
from kubernetes_settings import HUSH, SOURCE_KEY
from kubernetes_task import Task
from trial import adding_to

CASES = []
case = adding_to(CASES)


@case
def what_a_pod_shows(world):
    task = Task(world, "read", rows=100_000, rows_per_second=20).start()
    pod = task.wait_until_running()
    if HUSH in json.dumps(pod):
        raise Failed("the Pod's object holds a secret")
    spec_of_pod = pod["spec"]
    expect("token", spec_of_pod["automountServiceAccountToken"], False)
    containers = {one["name"]: one for one in spec_of_pod["containers"]
                  + spec_of_pod["initContainers"]}
    for name, container in containers.items():
        security = container["securityContext"]
        expect(f"{name}: privileges", security["allowPrivilegeEscalation"],
               False)
        expect(f"{name}: capabilities", security["capabilities"],
               {"drop": ["ALL"]})
        for kind in "requests", "limits":
            expect(f"{name}: {kind}", set(container["resources"][kind]),
                   {"cpu", "memory"})
    owners = [secret["metadata"]["ownerReferences"][0]["uid"]
              for secret in world.cluster.tasks("secrets")
              if task.id[-6:] in secret["metadata"]["name"]]
    expect("the Secret's owner", owners, [pod["metadata"]["uid"]])

    # As the third party's program sees it.
    seen = world.cluster.kubectl(
        "exec", pod["metadata"]["name"], "--container", "source", "--", "sh",
        "-c", "env; id -u; grep Cap /proc/self/status; cat /proc/mounts; "
        "find /config /destination /var/run/secrets -type f "
        "-exec grep -H . {} + 2> /dev/null; true")
    for secret in ("database-", "bulker-", "destination-", "api-", "salt-"):
        if secret + HUSH in seen:
            raise Failed(f"the source sees {secret}{HUSH}")
    expect_in("its own config", SOURCE_KEY, seen)
    if "serviceaccount" in seen:
        raise Failed("the source sees a token of Kubernetes")
    expect_in("user", "\n1000\n", seen)
    expect_in("capabilities", "CapEff:\t0000000000000000", seen)
    task.cancel()
    task.wait_until_over("CANCELLED")


def documents_in(pod, container):
    """Returns the keys of Secrets that a container of a Pod is given."""
    volumes = {one["name"]: one.get("secret", {}).get("items", [])
               for one in pod["spec"]["volumes"]}
    return {item["key"] for mount in container["volumeMounts"]
            for item in volumes[mount["name"]]}


def expect_hidden_from_source(world, pod, warehouse):
    """Wants a warehouse's password in no place but the sidecar's own file."""
    name = pod["metadata"]["name"]
    for container in pod["spec"]["containers"]:
        expect(f"{container['name']} has the destinationConfig",
               "destinationConfig" in documents_in(pod, container),
               container["name"] == "sidecar")
    if warehouse.password in json.dumps(pod):
        raise Failed("the Pod's object holds the password")
    # Any file and any process that the source's container has. The pattern is
    # not the password, since it stands among the arguments of `find`.
    pattern = "[-]".join(warehouse.password.split("-"))
    seen = world.cluster.kubectl(
        "exec", name, "--container", "source", "--", "sh", "-c",
        "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'; "
        "cat /proc/self/mountinfo; "
        f"find / -xdev -type f -exec grep -l '{pattern}' {{}} + "
        "2> /dev/null | sed 's/^/in the file /'; true")
    if warehouse.password in seen or "\nin the file " in seen:
        raise Failed(f"the source sees the password: {seen:.2000}")
    expect("processes that show it", processes_with(warehouse.password), [])
    printed = world.cluster.kubectl("logs", name, "--all-containers")
    if HUSH in printed:
        raise Failed(f"a secret is printed: {printed:.1000}")


@case
def password_of_a_warehouse(world):
    with api_kubernetes.place_of(world).warehouse() as warehouse:
        task = Task(world, "read", rows=100_000, rows_per_second=20)
        task.body["destinationConfig"] = warehouse.destination()
        pod = task.start().wait_until_running()
        try:
            task.wait_for_rows(1)
            expect("its Secrets while it runs", len(
                [secret for secret in world.cluster.tasks("secrets")
                 if task.id[-6:] in secret["metadata"]["name"]]), 1)
            expect_hidden_from_source(world, pod, warehouse)
        finally:
            task.cancel()
        # Pod and Secret are gone then.
        row = task.wait_until_over("CANCELLED")
        if HUSH in json.dumps([row, task.logs()]):
            raise Failed("a secret is in the database")
        # Rows that were not committed leave nothing behind.
        wait_for("its own table to be gone", lambda: not any(
            "_tmp" in table for table in warehouse.tables()))


@case
def dollars_in_every_parameter(world):
    """Kubernetes replaces $(NAME) in a container's variables."""
    word = "$(DATABASE_URL)$$(BULKER_AUTH_TOKEN)$"

    def check_that_nothing_is_told(task):
        told = json.dumps([
            world.controller.call("GET", f"/tasks/{quote(task.id)}{part}")
            for part in ("", "/logs")])
        if HUSH in told:
            raise Failed(f"a parameter brought a secret into {told:.500}")

    for command in "check", "discover":
        task = Task(world, command)
        task.storage_key = f"{word}{task.storage_key}"
        task.query["storageKey"] = task.storage_key
        expect(f"{command}: storageKey", task.start().wait_until_over(
            "SUCCESS")["key"], task.storage_key)
    for name in ("syncId", "taskId", "startedBy", "namespace",
                 "tableNamePrefix"):
        task = Task(world, "read", rows=5)
        if name == "syncId":
            task.sync = f"{word}{task.sync}"
        if name == "taskId":
            task.id = f"{word}{task.id}"
        task.query |= {"syncId": task.sync, "taskId": task.id}
        if name == "startedBy":
            task.query[name] = json.dumps({"by": word})
        elif name not in ("syncId", "taskId"):
            task.query[name] = word
        # A destination may refuse such a table, and then says so.
        row = task.start().wait_until_over("SUCCESS", "PARTIAL", "FAILED")
        expect(f"{name}: ids", (row["sync_id"], row["task_id"]),
               (task.sync, task.id))
        if name == "startedBy":
            expect("startedBy", row["started_by"], {"by": word})
        check_that_nothing_is_told(task)


@case
def documents_that_no_secret_holds(world):
    # What cannot be packed: three quarters of its bytes remain.
    noise = base64.b64encode(os.urandom(6 << 20)).decode()
    task = Task(world, "read", rows=100, rows_per_second=20)
    task.body["catalog"]["streams"][0]["stream"]["json_schema"][
        "description"] = noise
    task.start()
    pod = task.wait_until_running()
    name = pod["metadata"]["name"]
    secrets = {secret["metadata"]["name"]: secret["metadata"]
               for secret in world.cluster.tasks("secrets")
               if secret["metadata"]["name"].startswith(f"{name}-config")}
    expect("Secrets", set(secrets), {f"{name}-config"} | {
        f"{name}-config-{number}" for number in range(2, 9)})
    first = secrets.pop(f"{name}-config")
    expect("its owner", [one["uid"] for one in first["ownerReferences"]],
           [pod["metadata"]["uid"]])
    for about in secrets.values():
        expect("its owner", [one["uid"] for one in about["ownerReferences"]],
               [first["uid"]])
    seen = world.cluster.kubectl("exec", name, "--container", "source", "--",
                                 "sh", "-c", "wc -c < /config/catalog.json")
    expect("the catalog is whole", int(seen) > len(noise), True)
    task.wait_until_over("SUCCESS")
    task.expect_rows(100)
