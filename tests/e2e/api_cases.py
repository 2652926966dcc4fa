"""What is tried of the HTTP API wherever tasks run, a function each. A case is
given a place (api_place.Place): a syncctl, and what it writes to."""

import functools
import hashlib
import json
import re
import time
import uuid

from api_task import (STREAMS, Read, catalog, document, started, wait_for_row)
from console_stand_in import REFUSED
from kubernetes_world import (
    CONSOLE_TOKEN, HASHED_TOKEN, HUSH, Failed, expect, expect_in, wait_for)

CASES = []
MIB = 1 << 20


def case(function):
    """Adds a function to those that are tried, in the order they stand here."""

    @functools.wraps(function)
    def noted(place):
        place.tried.add(function.__name__)
        function(place)

    CASES.append(noted)
    return noted


# -- what needs no task --------------------------------------------------------


@case
def health_and_page_are_for_everybody(place):
    for path in "/health", "/ready":
        answer = place.client.call("GET", path, token=None)
        expect(path, (answer.status, answer.json), (200, {"status": "pass"}))
    page = place.client.call("GET", "/", token=None)
    expect("page", page.status, 200)
    expect_in("type", "text/html", page.headers["Content-Type"])
    expect_in("policy", "sha256-", page.headers["Content-Security-Policy"])
    again = place.client.call("GET", "/", token=None, headers={
        "If-None-Match": page.headers["ETag"]})
    expect("the same page", (again.status, again.text), (304, ""))


@case
def tokens(place):
    good = place.client.token
    for token in good, f"Bearer {good}", f"Bearer {HASHED_TOKEN}":
        expect("with a token",
               place.client.call("GET", "/tasks", token=token).status, 200)
    guarded = [("GET", "/spec"), ("POST", "/check"), ("POST", "/discover"),
               ("POST", "/read"), ("GET", "/cancel"), ("POST", "/cancel"),
               ("GET", "/tasks"), ("GET", "/tasks/x"), ("GET", "/tasks/x/logs"),
               ("GET", "/metrics")]
    for method, path in guarded:
        for token in None, "wrong", "Bearer", f"Basic {good}", good[:-1]:
            answer = place.client.call(method, path, token=token)
            expect(f"{method} {path} with {token and 'a wrong'} token",
                   (answer.status, answer.json["ok"]), (401, False))
            expect("scheme", answer.headers["WWW-Authenticate"], "Bearer")


@case
def what_is_wrong_is_refused(place):
    image = {"package": place.package, "version": place.version}
    config = {"config": {"key": "x"}}
    read = {**image, "syncId": "s", "taskId": "t"}
    good = {**config, "catalog": catalog()}
    before = place.client.get("/tasks")["tasks"]
    for method, path, query, body, status, why in [
            ("GET", "/nowhere", {}, None, 404, "no such path"),
            ("GET", "/tasks/x/y", {}, None, 404, "no such path"),
            ("POST", "/spec", image, {}, 405, "other methods: GET"),
            ("GET", "/read", read, None, 405, "other methods: POST"),
            ("GET", "/spec", {}, None, 400, "missing: package, version"),
            ("GET", "/spec", {**image, "connectorType": "singer"}, None, 400,
             "connectorType"),
            ("GET", "/spec", {"package": "../x", "version": "1"}, None, 422,
             "image"),
            ("GET", "/spec", {"package": "UPPER", "version": "1"}, None, 422,
             "image"),
            ("POST", "/check", image, config, 400, "missing: storageKey"),
            ("POST", "/check", {**image, "storageKey": "k" * 201}, config, 400,
             "storageKey"),
            ("POST", "/check", {**image, "storageKey": "k"}, {}, 400, "config"),
            ("POST", "/discover", {**image, "storageKey": "k",
                                   "thenRun": "true"}, config, 400,
             "missing: workspaceId, syncId, taskId"),
            ("POST", "/read", image, good, 400, "missing: syncId, taskId"),
            ("POST", "/read", read, config, 400, "catalog"),
            ("POST", "/read", read, {**config, "catalog": {"streams": []}}, 400,
             "catalog"),
            ("POST", "/read", read, "{", 400, "JSON"),
            ("POST", "/read", read, "[]", 400, ""),
            ("POST", "/read", {**read, "fullSync": "yes"}, good, 400,
             "fullSync"),
            ("POST", "/read", {**read, "taskId": "a\nb"}, good, 400, "taskId"),
            ("POST", "/read", read, b"{" + b" " * (11 * MIB), 413, ""),
            ("GET", "/cancel", {"syncId": "s"}, None, 400, "missing: taskId"),
            ("GET", "/cancel", {"syncId": "s", "taskId": str(uuid.uuid4())},
             None, 404, ""),
            ("POST", "/cancel", {"syncId": "s", "taskId": str(uuid.uuid4())},
             None, 404, ""),
            ("GET", "/tasks", {"status": "tired"}, None, 400, "status"),
            ("GET", "/tasks", {"limit": "0"}, None, 400, "limit"),
            ("GET", "/tasks", {"limit": "1001"}, None, 400, "limit"),
            ("GET", "/tasks", {"before": "x"}, None, 400, "before"),
            ("GET", "/tasks", {"syncId": "a", "sync_id": "b"}, None, 400,
             "syncId"),
            ("GET", f"/tasks/{uuid.uuid4()}", {}, None, 404, "no such task"),
            ("GET", f"/tasks/{'x' * 201}", {}, None, 400, "task id"),
            ("GET", f"/tasks/{uuid.uuid4()}/logs", {}, None, 404,
             "no such task"),
            ("GET", "/tasks/x/logs", {"after": "x"}, None, 400, "after"),
            ("GET", "/tasks/x/logs", {"since": "yesterday"}, None, 400,
             "since"),
    ]:
        answer = place.client.call(method, path, query, body)
        what = f"{method} {path[:40]} {str(query)[:200]}"
        expect(f"{what}: {answer.text:.300}",
               (answer.status, answer.json["ok"]), (status, False))
        expect_in(what, why, answer.json["error"])
        if status == 405:
            expect_in("Allow", answer.headers["Allow"], answer.json["error"])
    expect("tasks", place.client.get("/tasks")["tasks"], before)


# -- what connectors answer ----------------------------------------------------


@case
def spec(place):
    begin = time.time()
    answer = started(place, "GET", "/spec", place.image)
    # That of another machine may go a little wrong.
    if abs(answer["startedAt"] - begin) > 300:
        raise Failed(f"it says that it started at {answer['startedAt']}")
    row = wait_for_row(place, "source_spec", "package", place.package,
                       lambda row: row["specs"])
    expect("spec", (row["error"], row["version"]), (None, place.version))
    expect_in("spec", "rows_per_second", json.dumps(document(row["specs"])))


@case
def check_and_its_log(place):
    for key, status, words in (("right", "SUCCESS", None),
                               (f"wrong-{HUSH}", "FAILED", "the key is wrong")):
        storage_key = f"check-{uuid.uuid4()}"
        answer = started(place, "POST", "/check",
                         {**place.image, "storageKey": storage_key},
                         {"config": {"key": key}})
        expect("answer", answer, {"ok": True, "status": "ok"})
        row = wait_for_row(place, "source_check", "key", storage_key)
        expect("status", row["status"], status)
        expect_in("description", words or "", row["description"] or "")
        # There is no task of its name, but there are lines of log.
        lines = wait_for("lines of the check", lambda key=storage_key:
                         place.client.call("GET", f"/tasks/{key}/logs"))
        expect("log", lines.status in (200, 404), True)


@case
def discover(place):
    storage_key = f"discover-{uuid.uuid4()}"
    started(place, "POST", "/discover",
            {**place.image, "storageKey": storage_key}, {"config": {"key": "x"}})
    row = wait_for_row(place, "source_catalog", "key", storage_key,
                       lambda row: row["status"] != "RUNNING")
    expect("status", (row["status"], row["description"] or ""), ("SUCCESS", ""))
    expect("streams", [one["name"] for one in
                       document(row["catalog"])["streams"]], STREAMS)


@case
def discover_that_is_cancelled(place):
    query = {**place.image, "storageKey": f"discover-{uuid.uuid4()}",
             "syncId": f"sync-{uuid.uuid4()}", "taskId": str(uuid.uuid4())}
    body = {"config": {"key": "x", "ending": "silence"}}
    started(place, "POST", "/discover", query, body)
    again = place.client.call("POST", "/discover",
                              {**query, "taskId": str(uuid.uuid4())}, body)
    expect(f"another one: {again.text}", again.status, 409)
    started(place, "POST", "/cancel", {name: query[name] for name in
                                       ("package", "syncId", "taskId")})
    row = wait_for_row(place, "source_catalog", "key", query["storageKey"],
                       lambda row: row["status"] != "RUNNING")
    expect("status", row["status"], "FAILED")


@case
def then_run_asks_the_console(place):
    for workspace in f"workspace-{uuid.uuid4()}", REFUSED:
        query = {**place.image, "storageKey": f"discover-{uuid.uuid4()}",
                 "workspaceId": workspace, "syncId": f"sync-{uuid.uuid4()}",
                 "taskId": str(uuid.uuid4()), "thenRun": "true"}
        begun = len(place.console.calls_of(workspace))
        started(place, "POST", "/discover", query, {"config": {"key": "x"}})
        wait_for("the console to be called",
                 lambda: len(place.console.calls_of(workspace)) > begun)
        asked, token = place.console.calls_of(workspace)[begun]
        expect("token", token, f"Bearer {CONSOLE_TOKEN}")
        expect("query", asked, {
            "syncId": query["syncId"], "taskId": query["taskId"],
            "skipRefresh": "true", "nodelay": "true"})
        if workspace == REFUSED:
            task = wait_for("the task's row", lambda: place.client.call(
                "GET", f"/tasks/{query['taskId']}").json.get("task"))
            expect("status", task["status"], "FAILED")
            expect_in("error", "403", task["error"])


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
    second = Read(place, sync=first.sync, rows=130)
    second.body["state"] = first.state_document()
    task = second.start().wait_until_over("SUCCESS")
    expect("rows", task["metrics"]["committed_rows"], 30 * len(STREAMS))
    second.expect_rows(130)
    # One that ended keeps its name.
    answer = second.request()
    expect(f"the same task again: {answer.text}", answer.status, 409)


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
    read = Read(place, rows=1, padding="x" * (2 * MIB))
    if place.runtime == "kubernetes":
        answer = read.request()
        expect(f"no Secret holds that: {answer.text:.300}", answer.status, 400)
        return
    read.start().wait_until_over("SUCCESS")


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
        if 4 <= delay <= 8:
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
    at_once.query["nodelay"] = "true"
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
                          package=place.package)["tasks"], whole)
    expect("another", get("/tasks", package="another/package")["tasks"], [])
    expect("one", get(f"/tasks/{reads[0].id}")["task"],
           next(task for task in whole if task["task_id"] == reads[0].id))


@case
def log_in_pages_and_since(place):
    read = Read(place, rows=5).start()
    read.wait_until_over("SUCCESS")
    path = f"/tasks/{read.id}/logs"
    get = place.client.get
    whole = get(path, limit=1000)["logs"]
    messages = "\n".join(line["message"] for line in whole)
    for words in ("the scripted connector begins", "a line of stderr",
                  "the scripted connector ends"):
        expect_in("log", words, messages)
    expect("fields", set(whole[0]), {"id", "level", "logger", "message",
                                     "timestamp", "cursor"})
    paged, query = [], {"limit": 1}
    while page := get(path, **query):
        if not page["logs"]:
            break
        expect("page", len(page["logs"]), 1)
        paged += page["logs"]
        query["after"] = page["next"]
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
    Read(place, rows=1).start().wait_until_over("SUCCESS")
    wait_for("the count", lambda: place.metric(counted) > before)
    refused = 'motorcade_refused_tasks_total{reason='
    if not any(name.startswith(refused) for name in place.metrics()):
        raise Failed("no refusal is counted")
    expect("listed", place.metric("motorcade_pods_listed"), 1)


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
    # Where only some of the cases were asked for.
    if len(place.tried) == len(CASES):
        expect("endpoints that no case has asked", missing, set())
    if not re.match(r"3\.\d", answer.json["openapi"]):
        raise Failed(f"version {answer.json['openapi']}")
