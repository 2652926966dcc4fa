"""What is tried in a real Kubernetes, a function each. Each makes tasks of its
own, so that none depends on what another one left."""

import concurrent.futures
import contextlib
import datetime
import hashlib
import json
import time
import uuid
from urllib.parse import quote

import api_kubernetes
from api_task import STREAMS, catalog, rows_of
from checks import PATIENCE, Failed, expect, expect_in, wait_for
from kubernetes_world import (
    HUSH, DESTINATION_KEY, INIT_TIMEOUT, PACKAGE, SOURCE_KEY, REPLICAS,
    UNSCHEDULABLE_TIMEOUT, VERSION, HangingRegistry)

CASES = []


def case(function):
    """Adds a function to those that are tried, in the order they stand here."""
    CASES.append(function)
    return function


class Task:
    """One request to syncctl, and what became of it."""

    def __init__(self, world, command, *, package=PACKAGE, version=VERSION,
                 sync=None, **config):
        self.world = world
        self.command = command
        self.id = str(uuid.uuid4())
        self.sync = sync or f"sync-{self.id[:8]}"
        self.storage_key = f"key-{self.id}"
        self.query = {"package": package, "version": version}
        self.body = None
        if command != "spec":
            self.body = {"config": {"key": SOURCE_KEY, **config}}
        if command in ("check", "discover"):
            self.query["storageKey"] = self.storage_key
        if command == "read":
            # A table of each sync's own, since they share a Bulker.
            self.query |= {"syncId": self.sync, "taskId": self.id,
                           "tableNamePrefix": f"{self.sync}_"}
            self.body |= {"catalog": catalog(),
                          "destinationConfig": {"password": DESTINATION_KEY}}

    def request(self, pod=None):
        """Asks for it, a Pod of syncctl perhaps. Returns status and answer."""
        return self.world.controller.call(
            "GET" if self.command == "spec" else "POST", f"/{self.command}",
            self.query, self.body, pod=pod)

    def start(self):
        """Asks for it, and wants it to be taken. Returns itself."""
        status, answer = self.request()
        expect(f"{self.command}: {answer}", status, 200)
        expect("answer", (answer["ok"], answer["status"]), (True, "ok"))
        return self

    def pod(self):
        """Returns its Pod, if there is one."""
        key, wanted = (("TaskID", self.id) if self.command == "read" else
                       ("StorageKey", self.storage_key))
        for pod in self.world.cluster.tasks():
            marks = pod["metadata"].get("annotations", {})
            if marks.get(key) == wanted:
                return pod
        return None

    def row(self):
        """Returns what the database says of a read, check or discover."""
        table, key, value = {
            "read": ("source_task", "task_id", self.id),
            "check": ("source_check", "key", self.storage_key),
            "discover": ("source_catalog", "key", self.storage_key),
        }[self.command]
        if not self.world.postgres.has_table(table):
            return None
        found = self.world.postgres.query(
            f"SELECT * FROM {table} WHERE {key} = '{value}'")
        return found[0] if found else None

    def wait_until_running(self):
        """Returns its Pod once both containers run."""

        def probe():
            pod = self.pod()
            status = (pod or {}).get("status", {})
            states = [one["state"] for one in
                      status.get("containerStatuses", [])]
            if len(states) == 2 and all("running" in one for one in states):
                return pod
            row = self.row()
            if row and row["status"] not in ("RUNNING",):
                raise Failed(f"it ended at once: {row}")
            return None

        return wait_for("the Pod to run", probe)

    def wait_for_rows(self, count):
        """Returns once so many rows are reported in the database."""

        def probe():
            row = self.row()
            if row and row["status"] != "RUNNING":
                raise Failed(f"it ended too early: {row}")
            return row and (row["metrics"] or {}).get("rows", 0) >= count

        wait_for(f"{count} rows", probe)

    def wait_until_over(self, *statuses, limit=180):
        """Returns its row once it ended with one of the statuses, and all that
        it was made of is gone."""

        def probe():
            row = self.row()
            return row if row and row["status"] != "RUNNING" else None

        row = wait_for(f"the {self.command} to end", probe, limit)
        if row["status"] not in statuses:
            raise Failed(f"expected {' or '.join(statuses)}, found {row}")
        self.wait_until_gone()
        # Later events must not have changed it.
        later = self.row()
        if self.command == "read":
            expect("the reason afterwards", (later["status"], later["error"]),
                   (row["status"], row["error"]))
        return later

    def wait_until_gone(self):
        """Returns once there is neither Pod nor Secret."""

        def probe():
            pod = self.pod()
            marks = [secret["metadata"]["name"]
                     for secret in self.world.cluster.tasks("secrets")]
            return not pod and not any(self._is_mine(name) for name in marks)

        wait_for("Pod and Secret to be gone", probe)

    def _is_mine(self, name):
        return (self.id[-6:] in name if self.command == "read" else
                f"-{self.command}-" in name)

    def states(self):
        """Returns the saved states by stream."""
        return {row["stream"]: row["state"] for row in
                self.world.postgres.query(
                    "SELECT stream, state FROM source_state "
                    f"WHERE sync_id = '{self.sync}'")}

    def rows(self, stream):
        """Returns what has arrived at Bulker."""
        return [json.loads(row) if isinstance(row, str) else row for row in
                self.world.bulker.rows(f"{self.sync}_{stream}")]

    def expect_rows(self, last, first=1):
        """Wants every stream whole, in order, and nothing twice."""
        for stream in STREAMS:
            expect(f"rows of {stream}", self.rows(stream),
                   rows_of(stream, first, last))

    def expect_at_least(self, last):
        """Wants every stream whole, in order; rows may have come twice."""
        for stream in STREAMS:
            seen = list({row["id"]: row for row in self.rows(stream)}.values())
            expect(f"rows of {stream}",
                   sorted(seen, key=lambda row: row["id"]),
                   rows_of(stream, 1, last))

    def cancel(self):
        """Asks for its end."""
        status, answer = self.world.controller.call(
            "GET", "/cancel", {"package": self.query["package"],
                               "syncId": self.sync, "taskId": self.id})
        expect(f"cancel: {answer}", status, 200)

    def logs(self):
        """Returns the lines of its log."""
        return self.world.postgres.query(
            "SELECT level, logger, message FROM task_log "
            f"WHERE task_id = '{self.id}' ORDER BY timestamp, id")


def failure_of(row):
    """Returns the reason as a document."""
    return (row["metrics"] or {}).get("failure") or {}


# -- all is well ---------------------------------------------------------------


@case
def it_is_healthy_and_wants_a_token(world):
    call = world.controller.call
    for path in "/health", "/ready":
        status, answer = call("GET", path, token=None)
        expect(f"{path}: {answer}", status, 200)
    status, answer = call("GET", "/metrics")
    expect(f"/metrics: {answer}", status, 200)
    for token in None, "wrong":
        status, answer = call("GET", "/spec", {"package": PACKAGE,
                                               "version": VERSION}, token=token)
        expect("without the right token", (status, answer["ok"]), (401, False))


@case
def spec(world):
    task = Task(world, "spec").start()

    def probe():
        if not world.postgres.has_table("source_spec"):
            return None
        return world.postgres.query(
            f"SELECT * FROM source_spec WHERE package = '{PACKAGE}'")

    row = wait_for("the spec", probe)[0]
    expect("error", row["error"], None)
    specs = json.dumps(row["specs"])
    expect_in("spec", "connectionSpecification", specs)
    expect_in("spec", "rows_per_second", specs)
    task.wait_until_gone()


@case
def check_that_succeeds(world):
    row = Task(world, "check").start().wait_until_over("SUCCESS")
    expect("package", (row["package"], row["version"]), (PACKAGE, VERSION))


@case
def check_that_fails(world):
    row = Task(world, "check", key=f"wrong-{HUSH}").start() \
        .wait_until_over("FAILED")
    expect_in("description", "the key is wrong", row["description"])


@case
def check_without_an_answer(world):
    row = Task(world, "check", ending="nothing").start() \
        .wait_until_over("FAILED")
    if not row["description"]:
        raise Failed("nobody says why")


@case
def discover(world):
    row = Task(world, "discover").start().wait_until_over("SUCCESS")
    expect("streams", [stream["name"] for stream in row["catalog"]["streams"]],
           STREAMS)


@case
def read_twice(world):
    first = Task(world, "read", rows=100).start()
    row = first.wait_until_over("SUCCESS")
    expect("error", row["error"], None)
    description = row["description"]
    if isinstance(description, str):
        description = json.loads(description)
    expect("description",
           {name: (stream["status"], stream["events"])
            for name, stream in description.items()},
           {name: ("SUCCESS", 100) for name in STREAMS})
    first.expect_rows(100)
    expect("states", first.states(), {name: {"cursor": 100}
                                      for name in STREAMS})
    messages = [line["message"] for line in first.logs()]
    for line in ("the scripted connector begins", "the scripted connector ends",
                 "a line of stderr"):
        expect_in("log", line, "\n".join(messages))
    second = Task(world, "read", sync=first.sync, rows=130)
    second.body["state"] = [
        {"type": "STREAM", "stream": {
            "stream_descriptor": {"name": name}, "stream_state": state}}
        for name, state in first.states().items()]
    row = second.start().wait_until_over("SUCCESS")
    expect("rows", row["metrics"]["rows"], 60)
    second.expect_rows(130)


@case
def tasks_and_logs_as_the_api_tells_them(world):
    task = Task(world, "read", rows=20).start()
    task.wait_until_over("SUCCESS")

    def get(path, **query):
        status, answer = world.controller.call("GET", path, query)
        expect(f"{path}: {answer!r:.300}", status, 200)
        return answer

    listed = get("/tasks", syncId=task.sync)["tasks"]
    expect("tasks", [(one["task_id"], one["status"]) for one in listed],
           [(task.id, "SUCCESS")])
    told = get(f"/tasks/{task.id}")["task"]
    expect("task", told["description"]["users"]["events"], 20)
    lines = get(f"/tasks/{task.id}/logs")["logs"]
    expect("lines", [line["message"] for line in lines],
           [line["message"] for line in task.logs()])
    status, _ = world.controller.call("GET", f"/tasks/{uuid.uuid4()}")
    expect("a task that is none", status, 404)


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


# -- endings -------------------------------------------------------------------


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
        row = Task(world, "read", package=registry.package).start() \
            .wait_until_over("FAILED")
    took = time.monotonic() - begin
    if not row["error"]:
        raise Failed("nobody says why")
    if took < INIT_TIMEOUT - 1:
        raise Failed(f"took only {took:.0f} s: {row['error']}")


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


# -- what breaks in between ----------------------------------------------------


def slow_read(world):
    """Returns a read that takes some 20 s, and is at work."""
    task = Task(world, "read", rows=200, rows_per_second=20).start()
    task.wait_until_running()
    task.wait_for_rows(10)
    return task


@case
def api_server_restarts(world):
    task = slow_read(world)
    world.cluster.restart("apiserver")
    task.wait_until_over("SUCCESS")
    task.expect_rows(200)


@case
def postgres_restarts(world):
    task = slow_read(world)
    world.postgres.control("restart", "--mode", "immediate")
    task.wait_until_over("SUCCESS")
    task.expect_at_least(200)
    expect("states", task.states(), {name: {"cursor": 200} for name in STREAMS})


@case
def syncctl_is_killed(world):
    task = slow_read(world)
    uid = task.pod()["metadata"]["uid"]
    world.controller.kill()
    status, answer = task.request()
    expect(f"asked for again: {answer}", status, 409)
    pod = task.pod()
    if pod:
        expect("the Pod", pod["metadata"]["uid"], uid)
    task.wait_until_over("SUCCESS")
    task.expect_rows(200)


@case
def syncctl_is_away_at_the_end(world):
    task = slow_read(world)
    world.controller.scale(0)
    wait_for("the Pod to end",
             lambda: task.pod()["status"]["phase"] == "Succeeded")
    expect("status", task.row()["status"], "SUCCESS")
    world.controller.scale(1)
    task.wait_until_over("SUCCESS")
    task.expect_rows(200)
    world.controller.scale(REPLICAS)


# -- several replicas ----------------------------------------------------------


def short_reads(world, count, **config):
    """Returns so many reads of some 30 s, which have begun."""
    tasks = [Task(world, "read", rows=150, rows_per_second=5, **config)
             for _ in range(count)]
    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as threads:
        list(threads.map(lambda task: task.start(), tasks))
    return tasks


def other_than(world, pod):
    """Returns the ready Pod of syncctl that is not that one."""
    name = pod["metadata"]["name"]
    return wait_for("another syncctl", lambda: [
        other for other in world.controller.ready_pods()
        if other["metadata"]["name"] != name])[0]


def wait_for_successor(world, leader, limit=PATIENCE):
    """Waits until another one leads: the one that was there, or the one that is
    started in the leader's place."""
    name = leader["metadata"]["name"]
    wait_for("another one to lead", lambda: any(
        world.controller.leads(pod) for pod in world.controller.ready_pods()
        if pod["metadata"]["name"] != name), limit)


@case
def leader_is_killed(world):
    leader = world.controller.wait_for_leader()
    tasks = short_reads(world, 3)
    tasks[0].wait_until_running()
    world.controller.kill_for_good(leader)
    begin = time.monotonic()
    wait_for_successor(world, leader)
    print(f"  took over after {time.monotonic() - begin:.1f} s")
    for task in tasks:
        task.wait_until_over("SUCCESS")
        task.expect_rows(150)
    world.controller.wait_for_all(REPLICAS)


@case
def leader_is_cut_off(world):
    leader = world.controller.wait_for_leader()
    other = other_than(world, leader)
    task = slow_read(world)
    world.controller.cut_off(leader)
    try:
        begin = time.monotonic()

        def one_leads():
            # That one first: it could begin between the two looks.
            later = world.controller.leads(other)
            if world.controller.leads(leader) and later:
                raise Failed("two lead at once")
            return later

        wait_for("it to leave off",
                 lambda: not world.controller.leads(leader))
        left = time.monotonic() - begin
        wait_for("the other one to lead", one_leads)
        print(f"  left off after {left:.1f} s, followed after "
              f"{time.monotonic() - begin:.1f} s")
        task.wait_until_over("SUCCESS")
    finally:
        world.controller.cut_off(leader, cut=False)
    task.expect_rows(200)
    expect("who leads", world.controller.leads(leader), False)


@case
def leader_is_told_to_stop(world):
    leader = world.controller.wait_for_leader()
    world.controller.save_logs()
    world.cluster.kubectl("delete", "pod", leader["metadata"]["name"],
                          "--wait=false")
    begin = time.monotonic()
    # Nobody takes a Lease that is merely left alone within 12 s: it was given up.
    wait_for_successor(world, leader, 11)
    print(f"  handed over within {time.monotonic() - begin:.1f} s")
    world.controller.wait_for_all(REPLICAS)


@case
def same_requests_at_both(world):
    pods = world.controller.wait_for_all(REPLICAS)
    tasks = [Task(world, "read", rows=10) for _ in range(20)]
    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as threads:
        answers = [(task, [threads.submit(task.request, pod) for pod in pods])
                   for task in tasks]
        for task, asked in answers:
            statuses = sorted(one.result()[0] for one in asked)
            expect(f"answers for {task.id}", statuses, [200, 409])
    for task in tasks:
        task.wait_until_over("SUCCESS")
        task.expect_rows(10)
        rows = world.postgres.query(
            f"SELECT status FROM source_task WHERE sync_id = '{task.sync}'")
        expect("rows of the sync", rows, [{"status": "SUCCESS"}])


@case
def two_tasks_of_a_sync_at_both(world):
    pods = world.controller.wait_for_all(REPLICAS)
    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as threads:
        pairs = []
        for _ in range(10):
            first = Task(world, "read", rows=10)
            second = Task(world, "read", rows=10, sync=first.sync)
            asked = [threads.submit(task.request, pod)
                     for task, pod in zip((first, second), pods)]
            pairs.append(((first, second), asked))
        for both, asked in pairs:
            statuses = [one.result()[0] for one in asked]
            expect(f"answers for {both[0].sync}", sorted(statuses), [200, 409])
            both[statuses.index(200)].wait_until_over("SUCCESS")


@case
def delayed_start_of_one_that_is_killed(world):
    pods = world.controller.wait_for_all(REPLICAS)
    # Far enough ahead for what is done meanwhile.
    task = next(task for task in iter(
        lambda: Task(world, "read", rows=10), None)
        if 10 <= int(hashlib.sha256(task.sync.encode()).hexdigest()[:8],
                     16) % 60 <= 25)
    task.query["startedBy"] = json.dumps({"trigger": "scheduled"})
    status, answer = task.request(pods[0])
    expect(f"answer: {answer}", status, 200)
    status, answer = task.request(pods[1])
    expect(f"answer of the other one: {answer}", status, 409)
    world.controller.kill_for_good(pods[0])
    task.wait_until_over("SUCCESS")
    task.expect_rows(10)
    wait_for("what was put aside to be gone", lambda: not world.cluster.get(
        "secrets", "--selector", "motorcade/delayed-start"))
    world.controller.wait_for_all(REPLICAS)


def adoption(world, pod):
    """Returns how many Pods a syncctl has adopted since its container was
    started, and how many seconds after its first line of log."""
    lines = [line for line in world.cluster.kubectl(
        "logs", pod["metadata"]["name"]).splitlines() if line[23:24] == "Z"]
    # 2026-01-31T23:59:59.999Z I adopted Pod …
    times = [datetime.datetime.fromisoformat(line[:23]) for line in lines]
    taken = [when for when, line in zip(times, lines)
             if "adopted Pod" in line]
    if not taken:
        return 0, 0
    return len(taken), (taken[-1] - times[0]).total_seconds()


@case
def syncctl_is_killed_amid_twenty_syncs(world):
    world.controller.scale(1)
    pod = world.controller.wait_for_leader()
    tasks = short_reads(world, 20)
    restarts = pod["status"]["containerStatuses"][0]["restartCount"]
    world.controller.kill_process(pod)
    wait_for("the container to be started again", lambda: any(
        one["status"]["containerStatuses"][0]["restartCount"] > restarts
        for one in world.controller.pods()))
    wait_for("it to lead", lambda: world.controller.leads(pod))
    wait_for("all to be adopted", lambda: adoption(world, pod)[0] == 20)
    # No limit on this time: forty containers start meanwhile on the same cores.
    # `./dev bench fleet` holds it against a goal.
    print(f"  adopted the last of them {adoption(world, pod)[1]:.1f} s after "
          "its start")
    for task in tasks:
        task.wait_until_over("SUCCESS")
        task.expect_rows(150)
    world.controller.scale(REPLICAS)


# -- the HTTP API, as it is tried of processes, too -----------------------------

CASES.extend(api_kubernetes.CASES)


# -- at the end ----------------------------------------------------------------


@case
def nothing_is_left(world):
    for kind in "pods", "secrets":
        names = [one["metadata"]["name"] for one in world.cluster.tasks(kind)]
        expect(f"{kind} of tasks", names, [])


def is_new_api_server(world, line):
    """Whether a line of log is of the first seconds of an API server, which
    answers 403 to everybody until it has read the roles."""
    time = datetime.datetime.fromisoformat(line.split()[0].replace("Z", "+00:00"))
    grace = datetime.timedelta(seconds=15)
    return any(name == "apiserver" and begin <= time <= end + grace
               for name, begin, end in world.cluster.restarts)


@case
def what_syncctl_logged(world):
    log = world.controller.log()
    if not log:
        raise Failed("it logged nothing")
    for line in log.splitlines():
        if HUSH in line:
            raise Failed(f"a secret is in its log: {line:.300}")
        # Whether Pods' use of memory may be asked for is up to whoever applies
        # config/kubernetes/metrics-access.yaml.
        if "forbidden" in line.lower() and "metrics.k8s.io" not in line \
                and not is_new_api_server(world, line):
            raise Failed(f"its role does not suffice: {line:.300}")


@case
def what_the_database_holds(world):
    # Only its Pod may read the documents of a task.
    for table in ("source_task", "source_check", "source_catalog",
                  "source_state", "source_spec", "task_log"):
        for row in world.postgres.query(f"SELECT * FROM {table}"):
            if HUSH in json.dumps(row):
                raise Failed(f"a secret is in {table}: {row!r:.500}")
