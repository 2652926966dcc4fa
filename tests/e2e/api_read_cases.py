"""What is tried of reads, and of what the HTTP API tells of tasks, a function
each. Comes after api_cases."""

import hashlib
import json
import random
import re
import time
import uuid

from api_case import CASES, case
from api_task import STREAMS, Read
from checks import Failed, expect, expect_in, wait_for

MIB = 1 << 20


# -- reads ---------------------------------------------------------------------


@case
def read_that_goes_on_from_its_states(place):
    first = Read(place, rows=100).start()
    task = first.wait_until_over("SUCCESS")
    expect("task", (task["sync_id"], task["package"], task["version"],
                    task["started_by"], task["error"]),
           (first.sync, place.package, place.version, {"trigger": "manual"},
            None))
    expect("streams", {name: (one["status"], one["events"]) for name, one in
                       task["description"].items()},
           {name: ("SUCCESS", 100) for name in STREAMS})
    expect("rows", task["metrics"]["committed_rows"], 100 * len(STREAMS))
    first.expect_rows(100)
    expect("states", first.states(), {name: {"cursor": 100}
                                      for name in STREAMS})
    page = place.client.get("/states", syncId=first.sync, limit=1)
    rest = place.client.get("/states", syncId=first.sync, after=page["next"])
    expect("states by the API", {one["stream"]: json.loads(one["state"])
                                 for one in page["states"] + rest["states"]},
           first.states())
    expect("states of nobody",
           place.client.get("/states", syncId="nobody")["states"], [])
    whole = place.client.get("/states", syncId=first.sync, format="state")
    expect("one state", sorted(whole, key=str),
           sorted(first.state_document(), key=str))
    # In whichever way it is given the state.
    second = Read(place, sync=first.sync, rows=130)
    second.body["state"] = whole
    task = second.start().wait_until_over("SUCCESS")
    expect("rows", task["metrics"]["committed_rows"], 30 * len(STREAMS))
    second.expect_rows(130)
    third = Read(place, sync=first.sync, rows=150)
    third.query["continue"] = "true"
    task = third.start().wait_until_over("SUCCESS")
    expect("rows", task["metrics"]["committed_rows"], 20 * len(STREAMS))
    third.expect_rows(150)
    # One that ended keeps its name.
    answer = third.request()
    expect(f"the same task again: {answer.text}", answer.status, 409)


@case
def read_that_does_not_say_from_where(place):
    first = Read(place, rows=10).start()
    first.wait_until_over("SUCCESS")
    silent = Read(place, sync=first.sync, rows=20)
    answer = silent.request()
    expect("a silent one", answer.status, 409)
    for word in "continue=true", "fullSync=true", STREAMS[0]:
        expect_in("what to do", word, answer.json["error"])
    expect("its row", silent.task(), None)
    silent.query["continue"] = "true"
    for more in {"fullSync": "true"}, {}:
        silent.body["state"] = [] if not more else None
        answer = place.client.call("POST", "/read", {**silent.query, **more},
                                   silent.body)
        expect(f"both: {answer.text}", answer.status, 400)
    first.expect_rows(10)
    anew = Read(place, sync=first.sync, rows=5)
    anew.query["fullSync"] = "true"
    anew.start().wait_until_over("SUCCESS")
    anew.expect_rows(5)
    empty = Read(place, sync=first.sync, rows=3)
    empty.body["state"] = []
    empty.start().wait_until_over("SUCCESS")
    empty.expect_rows(3)


@case
def documents_of_another_shape(place):
    api = [{"streamDescriptor": {"name": STREAMS[0]},
            "streamState": {"cursor": 1}}]
    read = Read(place)
    read.body["state"] = api
    answer = read.request()
    expect("a state of the API", answer.status, 400)
    expect_in("where", "state[0].streamDescriptor", answer.json["error"])
    read = Read(place)
    read.body["catalog"] = {"streams": [
        {"stream": {"name": STREAMS[0]},
         "config": {"syncMode": "incremental"}}]}
    answer = read.request()
    expect("a catalog of the API", answer.status, 400)
    expect_in("where", "streams[0].config", answer.json["error"])
    expect("a row", read.task(), None)


@case
def read_that_fails(place):
    task = Read(place, ending="error", after_rows=0).start() \
        .wait_until_over("FAILED")
    expect_in("error", "the source said no", task["error"])
    expect("type", task["metrics"]["failure"]["failureType"], "config_error")
    task = Read(place, ending="crash", after_rows=0, exit_code=7).start() \
        .wait_until_over("FAILED")
    expect_in("error", "7", task["error"])


@case
def large_documents(place):
    # In Kubernetes the first is packed into one Secret, the second lies in
    # several.
    for padding in "x" * (2 * MIB), random.randbytes(2 * MIB).hex():
        Read(place, rows=1, padding=padding).start() \
            .wait_until_over("SUCCESS")


@case
def cancel(place):
    for method in "GET", "POST":
        read = Read(place, rows=100_000, rows_per_second=20).start()
        read.wait_for_rows(10)
        for wrong in ({"syncId": "another"}, {"package": "another/package"}):
            answer = read.cancel(method, **wrong)
            expect(f"cancel of {wrong}: {answer.text}", answer.status, 404)
        answer = read.cancel(method)
        expect(f"cancel: {answer.text}", (answer.status, answer.json),
               (200, {"ok": True, "status": "ok"}))
        task = read.wait_until_over("CANCELLED")
        expect("error", task["error"], "the task was cancelled")
        expect("once more", read.cancel(method).status, 200)
        expect("status", read.task()["status"], "CANCELLED")


@case
def the_same_twice(place):
    read = Read(place, rows=100_000, rows_per_second=20).start()
    other = Read(place, sync=read.sync)
    for one in read, other:
        answer = one.request()
        expect(f"asked for again: {answer.text}",
               (answer.status, answer.json["ok"]), (409, False))
    expect("cancel", read.cancel().status, 200)
    read.wait_until_over("CANCELLED")
    expect("the other one's row", other.task(), None)


@case
def a_scheduled_start(place):
    # Which second of a minute it is depends on the sync alone: one of the next.
    while True:
        sync = f"sync-{uuid.uuid4()}"
        digest = hashlib.sha256(sync.encode()).hexdigest()
        delay = int(digest[:8], 16) % 60
        # Long enough to look at it on a busy machine, too.
        if 12 <= delay <= 16:
            break
    read = Read(place, sync=sync, rows=5,
                started_by={"trigger": "scheduled", "by": "cron"})
    begin = time.monotonic()
    read.start()
    expect("a row before its time", read.task(), None)
    answer = read.request()
    expect(f"asked for again: {answer.text}", answer.status, 409)
    if place.metric("motorcade_delayed_tasks") < 1:
        raise Failed("no task is said to wait")
    wait_for("the start", read.task)
    took = time.monotonic() - begin
    if took < delay - 1:
        raise Failed(f"began after {took:.1f} s, not {delay}")
    expect("who", read.wait_until_over("SUCCESS")["started_by"],
           {"trigger": "scheduled", "by": "cron"})
    # Without the delay, and one that is given up before its time.
    at_once = Read(place, sync=sync, rows=5,
                   started_by={"trigger": "scheduled"})
    at_once.query["nodelay"] = at_once.query["continue"] = "true"
    at_once.start()
    if not at_once.task():
        raise Failed("it has no row at once")
    at_once.wait_until_over("SUCCESS")
    late = Read(place, started_by={"trigger": "scheduled"})
    late.start()
    expect("cancel", late.cancel().status, 200)


# -- what is told of tasks -----------------------------------------------------


@case
def tasks_in_pages_and_by_their_marks(place):
    reads = [Read(place, rows=5) for _ in range(2)]
    reads.append(Read(place, ending="error", after_rows=0))
    for read in reads:
        read.start()
    for read, status in zip(reads, ("SUCCESS", "SUCCESS", "FAILED")):
        read.wait_until_over(status)
    get = place.client.get
    whole = get("/tasks", limit=1000)["tasks"]
    times = [task["started_at"] for task in whole]
    expect("order", times, sorted(times, reverse=True))
    paged, query = [], {"limit": 2}
    while True:
        page = get("/tasks", **query)
        paged += page["tasks"]
        if "next" not in page:
            break
        expect("page", len(page["tasks"]), 2)
        query["before"] = page["next"]
    expect("pages", paged, whole)
    for key in "syncId", "sync_id":
        expect(key, [task["task_id"] for task in
                     get("/tasks", **{key: reads[0].sync})["tasks"]],
               [reads[0].id])
    for status in "SUCCESS", "failed", "failed,cancelled":
        wanted = status.upper().split(",")
        expect(status, get("/tasks", limit=1000, status=status)["tasks"],
               [task for task in whole if task["status"] in wanted])
    expect("package", get("/tasks", limit=1000,
                          package=place.package)["tasks"],
           [task for task in whole if task["package"] == place.package])
    expect("another", get("/tasks", package="another/package")["tasks"], [])
    expect("one", get(f"/tasks/{reads[0].id}")["task"],
           next(task for task in whole if task["task_id"] == reads[0].id))


@case
def log_in_pages_and_since(place):
    read = Read(place, rows=5).start()
    read.wait_until_over("SUCCESS")
    path = f"/tasks/{read.id}/logs"
    get = place.client.get
    whole, paged = None, []
    # What a local connector used is told once the task has ended: a log that
    # grew meanwhile is read again.
    while whole != get(path, limit=1000)["logs"]:
        whole = get(path, limit=1000)["logs"]
        paged, query = [], {"limit": 1}
        while page := get(path, **query):
            if not page["logs"]:
                break
            expect("page", len(page["logs"]), 1)
            paged += page["logs"]
            query["after"] = page["next"]
    messages = "\n".join(line["message"] for line in whole)
    for words in ("the scripted connector begins", "a line of stderr",
                  "the scripted connector ends"):
        expect_in("log", words, messages)
    expect("fields", set(whole[0]), {"id", "level", "logger", "message",
                                     "timestamp", "cursor"})
    expect("pages", paged, whole)
    middle = whole[len(whole) // 2]["timestamp"]
    expect("since", get(path, since=middle)["logs"],
           [line for line in whole if line["timestamp"] >= middle])
    answer = place.client.call("GET", path, {"since": middle,
                                             "after": whole[0]["cursor"]})
    expect("since and after", answer.status, 400)
    follower = place.client.follow(path)
    expect("a log that has ended", list(follower.lines()), whole)
    follower.close()


@case
def log_that_is_followed(place):
    read = Read(place, rows=100_000, rows_per_second=20).start()
    read.wait_for_rows(1)
    path = f"/tasks/{read.id}/logs"
    follower = place.client.follow(path)
    expect("type", follower.headers["Content-Type"], "application/x-ndjson")
    lines = follower.lines()
    seen = [next(lines)]
    # No more than so many at a time.
    others = [place.client.follow(path) for _ in range(15)]
    try:
        expect("sixteen", {one.status for one in others}, {200})
        refused = place.client.follow(path)
        others.append(refused)
        expect("one more", refused.status, 429)
        if not refused.headers["Retry-After"]:
            raise Failed("nobody says when to come again")
        expect("status", read.task()["status"], "RUNNING")
        expect("cancel", read.cancel().status, 200)
        seen += lines
    finally:
        for one in (follower, *others):
            one.close()
    read.wait_until_over("CANCELLED")
    whole = place.client.get(path, limit=1000)["logs"]
    late = [line for line in whole if line not in seen]
    # What is stored once the task's row says that it ended.
    expect("seen", seen, whole[:len(whole) - len(late)])
    wait_for("a place to follow from", lambda: try_to_follow(place, path))


def try_to_follow(place, path):
    """Tells whether there is a place for one more."""
    follower = place.client.follow(path)
    follower.close()
    return follower.status == 200


@case
def metrics(place):
    counted = 'motorcade_ended_tasks_total{command="read",status="SUCCESS"}'
    before = place.metric(counted)
    read = Read(place, rows=1).start()
    read.wait_until_over("SUCCESS")
    expect("the same again", read.request().status, 409)
    wait_for("the count", lambda: place.metric(counted) > before)
    refused = 'motorcade_refused_tasks_total{reason='
    if not any(name.startswith(refused) for name in place.metrics()):
        raise Failed("no refusal is counted")
    if place.metric("motorcade_pods_listed") < 1:
        raise Failed("no syncctl has listed the Pods")


# -- at the end ----------------------------------------------------------------


@case
def every_endpoint_was_tried(place):
    # After all others.
    answer = place.client.call("GET", "/openapi.json", token=None)
    expect("openapi", answer.status, 200)
    told = {(method.upper(), path)
            for path, methods in answer.json["paths"].items()
            for method in methods}
    missing = told - place.client.asked
    # If only some of the cases were asked for.
    if len(place.tried) == len(CASES):
        expect("endpoints that no case has asked", missing, set())
    if not re.match(r"3\.\d", answer.json["openapi"]):
        raise Failed(f"version {answer.json['openapi']}")
