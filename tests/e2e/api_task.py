"""One request to syncctl, and what became of it, as far as HTTP, the database
and the destination tell, and nothing of what runs tasks."""

import json
import uuid

from checks import Failed, expect, wait_for
from kubernetes_settings import HUSH, SOURCE_KEY

STREAMS = ["users", "orders"]


def catalog():
    """Returns a ConfiguredAirbyteCatalog of all streams."""
    return {"streams": [
        {"stream": {"name": name,
                    "json_schema": {"type": "object", "properties": {
                        "id": {"type": "integer"},
                        "name": {"type": "string"}}},
                    "supported_sync_modes": ["full_refresh", "incremental"],
                    "source_defined_cursor": True,
                    "source_defined_primary_key": [["id"]]},
         "sync_mode": "incremental", "destination_sync_mode": "append_dedup",
         "primary_key": [["id"]]} for name in STREAMS]}


def rows_of(stream, first, last):
    """Returns what the scripted connector prints for those ids."""
    return [{"id": id, "name": f"{stream} {id}"}
            for id in range(first, last + 1)]


def document(value):
    """Returns JSON from a column: SQLite has it as text."""
    return json.loads(value) if isinstance(value, str) else value


def started(place, method, path, query, body=None):
    """Asks for something that must be accepted. Returns the answer."""
    answer = place.client.call(method, path, query, body)
    expect(f"{method} {path}: {answer.text:.300}", answer.status, 200)
    expect("answer", (answer.json["ok"], answer.json["status"]), (True, "ok"))
    return answer.json


def wait_for_row(place, table, key, value, is_done=lambda row: True):
    """Returns a row once it is there and done."""

    def probe():
        rows = place.query(table, key, value)
        return rows[0] if rows and is_done(rows[0]) else None

    return wait_for(f"a row of {table}", probe)


class Read:
    """A read of the scripted connector. The keywords are its config."""

    def __init__(self, place, *, sync=None, started_by=None, **config):
        self.place = place
        self.id = str(uuid.uuid4())
        self.sync = sync or f"sync-{self.id[:8]}"
        self.query = {**place.image, "syncId": self.sync, "taskId": self.id,
                      "tableNamePrefix": f"{self.sync}_", "startedBy":
                      json.dumps(started_by or {"trigger": "manual"})}
        self.body = {"config": {"key": SOURCE_KEY, **config},
                     "catalog": catalog(),
                     "destinationConfig": {"password": f"destination-{HUSH}"}}

    def request(self):
        """Asks for it. Returns the answer."""
        return self.place.client.call("POST", "/read", self.query, self.body)

    def start(self):
        """Asks for it, and wants it to be taken. Returns itself."""
        # One read of a sync at a time: until nothing is left of the last.
        answer = wait_for("the sync to be free", lambda: self._try_start())
        expect(f"read: {answer.text:.300}", (answer.status, answer.json),
               (200, {"ok": True, "status": "ok"}))
        return self

    def _try_start(self):
        answer = self.request()
        is_over = answer.status == 409 and any(
            task["status"] != "RUNNING" for task in
            self.place.client.get("/tasks", syncId=self.sync, limit=1)["tasks"])
        return None if is_over else answer

    def cancel(self, method="GET", **other):
        """Asks for its end. Returns the answer."""
        return self.place.client.call(method, "/cancel", {
            "package": self.query["package"], "syncId": self.sync,
            "taskId": self.id, **other})

    def task(self):
        """Returns what /tasks says of it; nothing if it knows none."""
        answer = self.place.client.call("GET", f"/tasks/{self.id}")
        if answer.status == 404:
            return None
        expect(f"task: {answer.text:.300}", answer.status, 200)
        return answer.json["task"]

    def wait_for_rows(self, count):
        """Returns once so many rows are told of."""

        def probe():
            task = self.task()
            if task and task["status"] != "RUNNING":
                raise Failed(f"it ended too early: {task}")
            return task and (task["metrics"] or {}).get("rows", 0) >= count

        wait_for(f"{count} rows", probe)

    def wait_until_over(self, status):
        """Returns what /tasks says of it once it has ended so."""

        def probe():
            task = self.task()
            return task if task and task["status"] != "RUNNING" else None

        task = wait_for("the read to end", probe, 180)
        expect(f"status of {task}", task["status"], status)
        return task

    def states(self):
        """Returns the saved states by stream."""
        return {row["stream"]: document(row["state"]) for row in
                self.place.query("source_state", "sync_id", self.sync)}

    def state_document(self):
        """Returns them as a connector takes them."""
        return [{"type": "STREAM", "stream": {
            "stream_descriptor": {"name": name}, "stream_state": state}}
                for name, state in self.states().items()]

    def expect_rows(self, last):
        """Wants every stream whole, in order, and nothing twice."""
        for stream in STREAMS:
            expect(f"rows of {stream}",
                   self.place.rows(f"{self.sync}_{stream}"),
                   rows_of(stream, 1, last))
