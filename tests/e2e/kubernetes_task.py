"""A task in a real Kubernetes: how it is asked for, and what became of it."""

import json
import uuid

from api_task import STREAMS, catalog, rows_of
from checks import Failed, expect, wait_for
from kubernetes_settings import (
    DESTINATION_KEY, PACKAGE, SOURCE_KEY, VERSION)


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

    def wait_for_end(self, limit=180, meanwhile=lambda: None):
        """Returns its row once it ended; its Pod may be there still. meanwhile:
        is called again and again."""

        def probe():
            meanwhile()
            row = self.row()
            return row if row and row["status"] != "RUNNING" else None

        return wait_for(f"the {self.command} to end", probe, limit)

    def wait_until_over(self, *statuses, limit=180):
        """Returns its row once it ended with one of the statuses, and all that
        it was made of is gone."""
        row = self.wait_for_end(limit)
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


def slow_read(world):
    """Returns a read that takes some 20 s, and is at work."""
    task = Task(world, "read", rows=200, rows_per_second=20).start()
    task.wait_until_running()
    task.wait_for_rows(10)
    return task
