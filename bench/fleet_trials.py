"""What is done to a fleet of Pods, and what is measured meanwhile."""

import collections
import dataclasses
import http.client
import json
import random
import signal
import threading
import time
import urllib.parse

import fleet_world
from fleet_world import FLOOR_NAMESPACE, NAMESPACE, Failed, wait_for

# Connections of those who ask, be it syncctl or the API server.
CLIENTS = 16
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
MERGE = "application/merge-patch+json"
DOCUMENTS = json.dumps({
    "config": {"count": 1000, "seed": 7, "api_key": "a-key-of-this-length"},
    "catalog": {"streams": [{
        "sync_mode": "full_refresh", "destination_sync_mode": "overwrite",
        "stream": {"name": "users", "supported_sync_modes": ["full_refresh"],
                   "json_schema": {"type": "object", "properties": {
                       f"column_{n}": {"type": ["null", "string"]}
                       for n in range(20)}}}}]}})


@dataclasses.dataclass
class World:
    """What a trial is given."""
    api: fleet_world.ApiServer
    database: fleet_world.Database
    syncctl: fleet_world.Syncctl


def percentile(values, part):
    """Returns the value that so much of them is not above."""
    values = sorted(values)
    return values[min(len(values) - 1, int(part * len(values)))]


def at_once(work, make_client, jobs, rate=None, clients=CLIENTS):
    """Does the jobs with so many connections, begun at most so many a second.
    Returns the seconds that all of it took."""
    lock, failures = threading.Lock(), []
    waiting = collections.deque(enumerate(jobs))
    begin = time.monotonic()

    def run():
        client = make_client()
        try:
            while not failures:
                with lock:
                    if not waiting:
                        return
                    index, job = waiting.popleft()
                if rate:
                    time.sleep(max(0, begin + index / rate - time.monotonic()))
                work(client, job)
        except (OSError, http.client.HTTPException, Failed) as failure:
            failures.append(failure)
        finally:
            client.close()

    threads = [threading.Thread(target=run) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise Failed(f"{type(failures[0]).__name__}: {failures[0]}")
    return time.monotonic() - begin


# -- starting ------------------------------------------------------------------


def read_path(task):
    """Returns where a read of that id is asked for."""
    return "/read?" + urllib.parse.urlencode({
        "package": "airbyte/source-faker", "version": "6.2.0",
        "syncId": f"sync-of-{task}", "taskId": task})


def post_reads(world, tasks, rate=None):
    """Has syncctl start reads. Returns reads a second, and the time of each
    answer."""
    times = []

    def post(client, task):
        begin = time.monotonic()
        status, _, answer = client.call("POST", read_path(task), DOCUMENTS)
        if status != 200:
            raise Failed(f"a read was answered {status}: {answer[:300]}")
        times.append(time.monotonic() - begin)

    took = at_once(post, world.syncctl.client, tasks, rate)
    return len(tasks) / took, times


def post_floor(world, count, number=0):
    """Makes Secrets and Pods like those of a read without syncctl: the same
    three calls, by as many connections as ask syncctl, with whole answers.
    Nobody watches these Pods, and no row is written. Returns Pods a second.
    The number tells the objects from those of other calls."""
    pod = world.api.expect("GET", f"{PODS}?limit=1")["items"][0]
    secret = world.api.expect(
        "GET", f"/api/v1/namespaces/{NAMESPACE}/secrets?limit=1")["items"][0]
    base = f"/api/v1/namespaces/{FLOOR_NAMESPACE}"

    def shape(thing, kind, name):
        metadata = {key: thing["metadata"][key]
                    for key in ("labels", "annotations")
                    if key in thing["metadata"]}
        out = {key: value for key, value in thing.items()
               if key not in ("metadata", "status")}
        return json.dumps({"apiVersion": "v1", "kind": kind, **out,
                           "metadata": {**metadata, "name": name}})

    def make(client, index):
        name = f"floor-{number}-{index}"
        status, _, _ = client.call("POST", f"{base}/secrets",
                                   shape(secret, "Secret", name))
        if status != 201:
            raise Failed(f"a Secret was answered {status}")
        status, _, answer = client.call("POST", f"{base}/pods",
                                        shape(pod, "Pod", name))
        if status != 201:
            raise Failed(f"a Pod was answered {status}: {answer[:300]}")
        owner = {"apiVersion": "v1", "kind": "Pod", "name": name,
                 "uid": json.loads(answer)["metadata"]["uid"]}
        status, _, _ = client.call(
            "PATCH", f"{base}/secrets/{name}",
            json.dumps({"metadata": {"ownerReferences": [owner]}}), MERGE)
        if status != 200:
            raise Failed(f"a Secret's owner was answered {status}")

    return count / at_once(make, world.api.client, range(count))


# -- what a kubelet would do ---------------------------------------------------


def status_of(source, sidecar):
    """Returns a Pod's status with the states of its containers."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

    def container(name, state):
        return {"name": name, "image": "localhost/any:1", "imageID": "any",
                "containerID": "containerd://" + "0" * 64, "restartCount": 0,
                "ready": "running" in state, "state": state}

    done = {"terminated": {"exitCode": 0, "reason": "Completed"}}
    codes = [state["terminated"]["exitCode"] for state in (source, sidecar)
             if "terminated" in state]
    return json.dumps({"status": {
        "phase": "Running" if not codes else
                 "Failed" if any(codes) else "Succeeded",
        "startTime": now, "podIP": "10.0.0.1", "hostIP": "10.0.0.2",
        "conditions": [{"type": kind, "status": "True",
                        "lastTransitionTime": now}
                       for kind in ("Initialized", "Ready", "ContainersReady",
                                    "PodScheduled")],
        "initContainerStatuses": [container("init", done)],
        "containerStatuses": [container("source", source),
                              container("sidecar", sidecar)]}})


def running():
    """Returns the status of a Pod whose containers run."""
    state = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
    return status_of(state, state)


def ended(code):
    """Returns the status of a Pod whose containers have ended."""
    state = {"terminated": {"exitCode": code,
                            "reason": "Error" if code else "Completed"}}
    return status_of(state, state)


def write_statuses(world, pods, make, rate=None):
    """Writes a status for each Pod, at such a rate. Returns when each write
    was begun and answered, by Pod."""
    times = {}

    def write(client, pod):
        body = make()
        begin = time.time()
        status, _, answer = client.call("PATCH", f"{PODS}/{pod}/status", body,
                                        MERGE)
        if status != 200:
            raise Failed(f"a status was answered {status}: {answer[:300]}")
        times[pod] = begin, time.time()

    at_once(write, world.api.client, pods, rate, clients=4)
    return times


def end_pods(world, pods, tasks, rate=None):
    """Ends the Pods of tasks: seven of ten well, two by a sidecar that failed,
    one killed. Returns when each write was begun and answered, by task."""
    codes = random.Random(1)
    written = write_statuses(
        world, [pods[task] for task in tasks],
        lambda: ended(codes.choices((0, 1, 137), (7, 2, 1))[0]), rate)
    return {task: written[pods[task]] for task in tasks}


# -- what is measured ----------------------------------------------------------


def wait_for_ends(world, count):
    """Waits until so many tasks in all have an end in the database, and returns
    when each was stored."""
    wait_for(f"{count} ends to be stored",
             lambda: world.database.count_ends() >= count)
    return world.database.ends()


def delays_of(written, stored):
    """Returns two lists of the seconds until the row had its end: since the
    write was answered, and since it was begun. Fails where one has none."""
    lost = [task for task in written if task not in stored]
    if lost:
        raise Failed(f"{len(lost)} ends were lost, e.g. of {lost[0]}")
    return ([max(0, stored[task] - answered)
             for task, (_, answered) in written.items()],
            [stored[task] - begun for task, (begun, _) in written.items()])


def idle(world, seconds):
    """Returns requests a minute to the API while nothing happens, and the cores
    that it takes."""
    name = "motorcade_kubernetes_requests_total"
    requests, cpu = world.syncctl.counter(name), world.syncctl.cpu()
    # Measured is what comes in a stretch of time.
    time.sleep(seconds)
    return ((world.syncctl.counter(name) - requests) * 60 / seconds,
            (world.syncctl.cpu() - cpu) / seconds)


def restart(world, pods, ending):
    """Kills syncctl, ends some tasks, and starts it again. Returns the seconds
    until it was ready and led, which is when all Pods are adopted, and until the
    last of these ends was stored."""
    world.syncctl.wait_until_leads()
    before = world.database.count_ends()
    world.syncctl.stop(signal.SIGKILL)
    written = end_pods(world, pods, ending)
    begin = time.time()
    world.syncctl.start()
    ready = world.syncctl.wait_until_leads()
    stored = wait_for_ends(world, before + len(ending))
    delays_of(written, stored)
    return ready, max(stored[task] for task in ending) - begin


@dataclasses.dataclass
class Siege:
    """How syncctl answered when too much was asked of it."""
    answers: collections.Counter
    # 429 or 503 without a Retry-After.
    rude: int
    longest: float
    # Seconds from the last answer until a read was accepted.
    recovery: float
    accepted: list


def slow_down(world):
    """Starts the API server anew so that it takes one write at a time and
    answers 429 to the others."""
    world.api.server.stop()
    world.api.start_server("--enable-priority-and-fairness=false",
                           "--max-mutating-requests-inflight=1")
    wait_for("syncctl to be ready", world.syncctl.is_ready)


def besiege(world, clients, seconds):
    """Has so many clients ask for reads as fast as they can."""
    siege = Siege(collections.Counter(), 0, 0, 0, [])
    lock = threading.Lock()
    deadline = time.monotonic() + seconds

    def ask(client, number):
        turn = 0
        while time.monotonic() < deadline:
            task = f"siege-{clients}-{number}-{turn}"
            turn += 1
            begin = time.monotonic()
            try:
                status, headers, _ = client.call("POST", read_path(task),
                                                 DOCUMENTS)
            except (OSError, http.client.HTTPException):
                status, headers = 0, {}
            with lock:
                siege.answers[status] += 1
                siege.longest = max(siege.longest, time.monotonic() - begin)
                if status == 200:
                    siege.accepted.append(task)
                elif status in (429, 503) and not headers.get("Retry-After"):
                    siege.rude += 1

    at_once(ask, world.syncctl.client, range(clients), clients=clients)
    begin = time.monotonic()
    client = world.syncctl.client()
    turns = iter(range(1_000_000))
    wait_for("a read to be accepted", lambda: client.call(
        "POST", read_path(f"after-{clients}-{next(turns)}"),
        DOCUMENTS)[0] == 200)
    siege.recovery = time.monotonic() - begin
    client.close()
    return siege
