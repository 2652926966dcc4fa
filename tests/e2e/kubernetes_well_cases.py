"""What is tried in a real Kubernetes while all is well, a function each. Each makes
tasks of its own, so that none depends on what another one left; so it is in the
files beside this one."""

import json
import uuid

from api_task import STREAMS
from checks import Failed, expect, expect_in, wait_for
from kubernetes_settings import HUSH, PACKAGE, VERSION
from kubernetes_task import Task
from trial import adding_to

CASES = []
case = adding_to(CASES)


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
