"""What is tried of the HTTP API wherever tasks run, a function each: what needs
no task, and what connectors answer. Reads are in api_read_cases."""

import json
import time
import uuid
from urllib.parse import quote

from api_case import case
from api_task import STREAMS, catalog, document, started, wait_for_row
from checks import Failed, expect, expect_in, wait_for
from console_stand_in import REFUSED
from kubernetes_settings import CONSOLE_TOKEN, HASHED_TOKEN, HUSH

MIB = 1 << 20


# -- what needs no task --------------------------------------------------------


@case
def health_and_page_are_for_everybody(place):
    for path in "/health", "/ready":
        answer = place.client.call("GET", path, token=None)
        expect(path, (answer.status, answer.json["status"],
                      answer.json["leader"] in (True, False)),
               (200, "pass", True))
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
               ("GET", "/states"), ("GET", "/metrics")]
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
            ("GET", "/states", {}, None, 400, "missing: syncId"),
            ("GET", "/states", {"syncId": "s", "after": "x"}, None, 400,
             "after"),
            ("GET", f"/tasks/{uuid.uuid4()}", {}, None, 404, "no such task"),
            ("GET", f"/tasks/{'x' * 1001}", {}, None, 400, "task id"),
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
def check_of_a_destination(place):
    for config in None, {"key": "right"}:
        for destination, status, words in (
                (place.destination(), "SUCCESS", ""),
                ({"destinationType": "postgres", "host": "127.0.0.1", "port": 1,
                  "database": "d", "username": "u", "sslMode": "disable",
                  "password": f"destination-{HUSH}"},
                 "FAILED", "destination: ")):
            storage_key = f"check-{uuid.uuid4()}"
            body = {"destinationConfig": destination}
            query = {"storageKey": storage_key}
            if config:
                body["config"] = config
                query.update(place.image)
            answer = started(place, "POST", "/check", query, body)
            expect("answer", answer, {"ok": True, "status": "ok"})
            row = wait_for_row(place, "source_check", "key", storage_key)
            expect(f"status, {row['description']}", row["status"], status)
            expect_in("description", words, row["description"] or "")
            if HUSH in (row["description"] or ""):
                raise Failed("the description tells a secret")
            expect("package", row["package"],
                   place.package if config else "destination")
            expect_as_task(place, f"check:{storage_key}", "check", storage_key,
                           status, words)
    refused = place.client.call(
        "POST", "/check", {"storageKey": "k"},
        {"destinationConfig": {"destinationType": "bigquery"}})
    expect(f"refusal: {refused.text}", refused.status, 422)
    expect_in("what is written", "postgres, clickhouse", refused.json["error"])


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
        path = f"/tasks/{storage_key}/logs"
        wait_for("lines of the check", lambda path=path: place.client.call(
            "GET", path).json.get("logs"))
        loggers = {line["logger"] for line in
                   place.client.get(path)["logs"]}
        # Of a local connector syncctl says what it used.
        expect("loggers", loggers - {"syncctl"}, {"sidecar"})
        expect_as_task(place, f"check:{storage_key}", "check", storage_key,
                       status, words)


def expect_as_task(place, task_id, command, storage_key, status, words):
    """Expects what /tasks says of a check or discover that has ended."""
    def ended():
        task = place.client.call(
            "GET", f"/tasks/{quote(task_id, safe='')}").json.get("task")
        return task if task and task["status"] != "RUNNING" else None
    task = wait_for(f"the end of {task_id}", ended)
    expect(task_id, (task["task_id"], task["command"], task["storageKey"],
                     task["status"]),
           (task_id, command, storage_key, status))
    expect_in("error", words or "", task["error"] or "")
    listed = [one for one in place.client.get("/tasks", limit=1000)["tasks"]
              if one["storageKey"] == storage_key]
    expect("listed", listed, [task])


@case
def a_discover_that_runs_is_a_task(place):
    query = {**place.image, "storageKey": f"discover-{uuid.uuid4()}",
             "syncId": f"sync-{uuid.uuid4()}", "taskId": str(uuid.uuid4())}
    started(place, "POST", "/discover", query,
            {"config": {"key": "x", "ending": "silence"}})
    for marks in {"status": "running"}, {"syncId": query["syncId"]}:
        listed = [one for one in
                  place.client.get("/tasks", limit=1000, **marks)["tasks"]
                  if one["storageKey"] == query["storageKey"]]
        expect(f"listed by {marks}",
               [(one["command"], one["status"], one["sync_id"])
                for one in listed],
               [("discover", "RUNNING", query["syncId"])])
    for name in (query["storageKey"], f"key:{query['storageKey']}",
                 query["taskId"], quote(listed[0]["task_id"], safe="")):
        expect(name, place.client.get(f"/tasks/{name}")["task"], listed[0])
    started(place, "POST", "/cancel", {name: query[name] for name in
                                       ("package", "syncId", "taskId")})
    wait_for_row(place, "source_catalog", "key", query["storageKey"],
                 lambda row: row["status"] != "RUNNING")


@case
def discover(place):
    storage_key = f"discover-{uuid.uuid4()}"
    started(place, "POST", "/discover",
            {**place.image, "storageKey": storage_key},
            {"config": {"key": "x"}})
    row = wait_for_row(place, "source_catalog", "key", storage_key,
                       lambda row: row["status"] != "RUNNING")
    expect("status", (row["status"], row["description"] or ""), ("SUCCESS", ""))
    expect("streams", [one["name"] for one in
                       document(row["catalog"])["streams"]], STREAMS)
    expect_as_task(place, ":".join(("discover", place.package, place.version,
                                    storage_key)),
                   "discover", storage_key, "SUCCESS", None)


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
            task = wait_for("the task's end",
                            lambda id=query["taskId"]: ended(place, id))
            expect("status", task["status"], "FAILED")
            expect_in("error", "403", task["error"])


def ended(place, task_id):
    """Returns what /tasks says of a task that has ended."""
    task = place.client.call("GET", f"/tasks/{task_id}").json.get("task")
    return task if task and task["status"] != "RUNNING" else None
