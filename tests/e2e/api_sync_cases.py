"""What is tried of syncs that syncctl keeps, and runs by itself."""

import json
import uuid

from api_case import case
from api_task import STREAMS, document, rows_of
from checks import Failed, expect, expect_in, wait_for
from kubernetes_settings import HUSH, SOURCE_KEY

# Of a sync that runs each minute, from the first of these cases to the last.
scheduled = f"sync-{uuid.uuid4().hex[:8]}"


def definition(place, sync, **config):
    """Returns the body of a PUT. The keywords are the connector's config."""
    return {"source": {"package": place.package, "version": place.version,
                       "config": {"key": SOURCE_KEY, **config}},
            # A table belongs to one sync.
            "options": {"tableNamePrefix": f"{sync}_"}}


def put(place, sync, body, status):
    """Keeps a sync. Returns what is shown of it."""
    answer = place.client.call("PUT", f"/syncs/{sync}", body=body)
    expect(f"PUT: {answer.text:.500}", answer.status, status)
    return answer.json


def post(place, sync, action, status=200, **query):
    """Returns the answer's document."""
    answer = place.client.call("POST", f"/syncs/{sync}/{action}", query)
    expect(f"{action}: {answer.text:.500}", answer.status, status)
    return answer.json


def runs(place, sync):
    """Returns its runs, the newest first."""
    return place.client.get(f"/syncs/{sync}/runs")["runs"]


def wait_until_over(place, sync, status):
    """Returns its newest run once that is over."""

    def probe():
        newest = runs(place, sync)[0]
        active = newest["status"] in ("WAITING", "DISCOVERING", "READING")
        return None if active else newest

    newest = wait_for("the run to end", probe, 180)
    expect(f"status of {newest}", newest["status"], status)
    return newest


def committed(place, task):
    """Returns the rows that a read has committed."""
    shown = place.client.get(f"/tasks/{task}")["task"]
    return shown["metrics"]["committed_rows"]


@case
def sync_on_a_schedule(place):
    body = definition(place, scheduled, rows=1)
    body["schedule"] = {"cron": "* * * * *", "timezone": "Europe/Berlin"}
    shown = put(place, scheduled, body, 201)
    if not shown["nextRunAt"]:
        raise Failed(f"it has no time to run: {shown}")


@case
def sync_that_is_kept(place):
    sync = f"sync-{uuid.uuid4().hex[:8]}"
    body = definition(place, sync, rows=10)
    shown = put(place, sync, body, 201)
    # What is shown can be put again.
    expect("its key", shown["definition"]["source"]["config"]["key"], "***")
    shown["definition"]["source"]["config"]["rows"] = 20
    put(place, sync, shown["definition"], 200)
    for row in place.query("sync_definition", "sync_id", sync):
        if HUSH in json.dumps(row, default=str):
            raise Failed(f"a secret can be read in the database: {row}")
    task = post(place, sync, "run")["taskId"]
    again = post(place, sync, "run", status=409)
    expect_in("another one", task, again["error"])
    run = wait_until_over(place, sync, "SUCCESS")
    expect("task", (run["taskId"], run["trigger"]), (task, "manual"))
    expect("rows", committed(place, task), 20 * len(STREAMS))
    states = {row["stream"]: document(row["state"]) for row in
              place.query("source_state", "sync_id", sync)}
    expect("states", states, {name: {"cursor": 20} for name in STREAMS})
    # From there on.
    shown["definition"]["source"]["config"]["rows"] = 25
    put(place, sync, shown["definition"], 200)
    second = post(place, sync, "run", wait=60)
    if second["status"] != "SUCCESS":
        wait_until_over(place, sync, "SUCCESS")
    expect("rows", committed(place, second["taskId"]), 5 * len(STREAMS))
    # Anew.
    expect("reset", sorted(post(place, sync, "reset")["streams"]),
           sorted(STREAMS))
    third = post(place, sync, "run")["taskId"]
    wait_until_over(place, sync, "SUCCESS")
    expect("rows", committed(place, third), 25 * len(STREAMS))
    expect("runs", [one["taskId"] for one in runs(place, sync)],
           [third, second["taskId"], task])
    expect("one of all", [one["syncId"] for one in
                          place.client.get("/syncs", limit=1000)["syncs"]
                          if one["syncId"] == sync], [sync])
    gone = place.client.call("DELETE", f"/syncs/{sync}")
    expect(f"DELETE: {gone.text}", gone.status, 200)
    gone = place.client.call("GET", f"/syncs/{sync}")
    expect(f"GET: {gone.text}", gone.status, 404)


@case
def columns_that_were_not_chosen_are_not_stored(place):
    """The connector sends them all the same."""
    sync = f"sync-{uuid.uuid4().hex[:8]}"
    some, whole = STREAMS[0], STREAMS[1]
    body = definition(place, sync, rows=5)
    body["streams"] = [{"name": some, "columns": ["id"]}, {"name": whole}]
    put(place, sync, body, 201)
    post(place, sync, "run", wait=60)
    wait_until_over(place, sync, "SUCCESS")
    expect("some columns", place.rows(f"{sync}_{some}"),
           [{"id": row["id"]} for row in rows_of(some, 1, 5)])
    expect("all columns", place.rows(f"{sync}_{whole}"), rows_of(whole, 1, 5))


@case
def sync_that_is_cancelled_and_paused(place):
    sync = f"sync-{uuid.uuid4().hex[:8]}"
    put(place, sync, definition(place, sync, rows=100_000, rows_per_second=20), 201)
    task = post(place, sync, "run")["taskId"]

    def has_rows():
        answer = place.client.call("GET", f"/tasks/{task}")
        if answer.status != 200:
            return False
        shown = answer.json["task"]
        if shown["status"] != "RUNNING":
            raise Failed(f"it ended too early: {shown}")
        return (shown["metrics"] or {}).get("rows", 0) > 0

    wait_for("rows", has_rows)
    post(place, sync, "reset", status=409)
    expect("cancelled", post(place, sync, "cancel")["taskId"], task)
    wait_until_over(place, sync, "CANCELLED")
    post(place, sync, "pause")
    shown = place.client.get(f"/syncs/{sync}")
    expect("paused", shown["paused"], "by hand")
    post(place, sync, "resume")
    expect("paused", place.client.get(f"/syncs/{sync}")["paused"], None)
    put(place, sync, definition(place, sync, ending="error", after_rows=0), 200)
    post(place, sync, "run")
    failed = wait_until_over(place, sync, "FAILED")
    expect_in("error", "the source said no", failed["error"])
    # A config_error is not tried again.
    expect("runs", len(runs(place, sync)), 2)


def logged(place, task):
    """Returns all messages of a run's log."""
    lines = place.client.get(f"/tasks/{task}/logs", limit=1000)["logs"]
    return "\n".join(line["message"] for line in lines)


@case
def sync_whose_config_is_renewed(place):
    sync = f"sync-{uuid.uuid4().hex[:8]}"
    put(place, sync, definition(place, sync, rows=1, turn=1), 201)
    for turn in (1, 2, 3):
        task = post(place, sync, "run")["taskId"]
        wait_until_over(place, sync, "SUCCESS")
        expect_in("the connector's log", f"turn {turn}", logged(place, task))
    shown = place.client.get(f"/syncs/{sync}")["definition"]
    expect("turn", shown["source"]["config"]["turn"], 4)
    # Nothing is left of what its sidecar had stored openly.
    expect("updates", place.query("source_config_update", "sync_id", sync), [])


@case
def secrets_of_a_sync_are_nowhere(place):
    sync = f"sync-{uuid.uuid4().hex[:8]}"
    # In two parts, so that the connector's own config does not hold it.
    parts = [uuid.uuid4().hex, uuid.uuid4().hex]
    secret = "".join(parts)
    body = definition(place, sync, rows=1, look_for=parts,
                      look_in=place.files_of_a_connector)
    body["notifications"] = [{"url": f"https://hooks.example/{secret}",
                              "secret": secret, "events": ["paused"]}]
    shown = put(place, sync, body, 201)
    told = [shown, place.client.get(f"/syncs/{sync}"), runs(place, sync)]
    task = post(place, sync, "run")["taskId"]
    wait_until_over(place, sync, "SUCCESS")
    expect_in("what the connector found", "places: 0 hold it",
              logged(place, task))
    told += [place.client.get(f"/tasks/{task}"), runs(place, sync),
             place.client.get("/syncs", limit=1000)]
    for table in "sync_definition", "sync_run", "source_task", "task_log":
        told += place.query(table, "sync_id", sync)
    told.append(place.own_traces())
    if secret in json.dumps(told, default=str):
        raise Failed("a secret of a sync can be read")
    # The definition is there, so that it was looked for in the right place.
    expect("sealed", len(place.query("sync_definition", "sync_id", sync)), 1)


@case
def sync_whose_source_changes_nothing(place):
    sync = f"sync-{uuid.uuid4().hex[:8]}"
    body = definition(place, sync, rows=1)
    body["schemaChanges"] = {"policy": "pause", "everySeconds": 0}
    put(place, sync, body, 201)
    for _ in range(2):
        post(place, sync, "run")
        wait_until_over(place, sync, "SUCCESS")
    expect("changes", place.client.get(f"/syncs/{sync}/changes")["changes"], [])
    answer = place.client.call("POST", f"/syncs/{sync}/notifications/test")
    expect(f"a test of nothing: {answer.text}", answer.status, 400)


@case
def sync_has_run_by_itself(place):
    ran = wait_for("it to run", lambda: [
        run for run in runs(place, scheduled) if run["status"] == "SUCCESS"],
                   180)
    expect("trigger", ran[0]["trigger"], "schedule")
    gone = place.client.call("DELETE", f"/syncs/{scheduled}")
    expect(f"DELETE: {gone.text}", gone.status, 200)
    # Nothing of it is left that runs.
    wait_for("its task to end", lambda: not [
        task for task in place.client.get(
            "/tasks", syncId=scheduled, limit=10)["tasks"]
        if task["status"] == "RUNNING"])
