"""A client of syncctl's HTTP API, wherever that runs."""

import contextlib
import dataclasses
import http.client
import json
import urllib.parse

from checks import Failed, expect
from kubernetes_settings import HUSH

# Seconds. Others may be at work on this machine.
PATIENCE = 60


@dataclasses.dataclass
class Answer:
    """What syncctl answered."""
    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def json(self):
        """Returns the document; raises Failed if it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            raise Failed(f"this is no JSON: {self.text:.300}") from None


class Follower:
    """A log that is followed. To be closed."""

    def __init__(self, connection, answer):
        self.connection, self.answer = connection, answer
        self.status = answer.status
        self.headers = answer.headers

    def lines(self):
        """Yields lines as they come, until the task has ended."""
        while line := self.answer.readline():
            yield json.loads(line)

    def close(self):
        """Hears no more."""
        self.answer.close()
        self.connection.close()


class Client:
    """Asks, and remembers which endpoints it asked."""

    def __init__(self, address, token):
        """address: returns host and port, which may change."""
        self.address, self.token = address, token
        # Pairs of method and path, with the names of variable segments.
        self.asked = set()

    def _send(self, method, path, query, body, headers, token):
        parts = path.split("/")
        names = {"tasks": "{taskId}", "syncs": "{syncId}",
                 "tables": "{syncId}", "checks": "{storageKey}",
                 "catalogs": "{storageKey}"}
        if len(parts) > 2 and parts[1] in names:
            parts[2] = names[parts[1]]
        if len(parts) > 3 and parts[1] == "tables":
            parts[3] = "{table}"
        self.asked.add((method, "/".join(parts)))
        if query:
            path += "?" + urllib.parse.urlencode(query)
        headers = {"Content-Type": "application/json", **(headers or {})}
        token = self.token if token is ... else token
        if token:
            headers["Authorization"] = token
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        connection = http.client.HTTPConnection(*self.address(),
                                                timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers)
            return connection, connection.getresponse()
        except BaseException:
            connection.close()
            raise

    def call(self, method, path, query=None, body=None, headers=None,
             token=...):
        """Returns the answer. No answer may hold a secret."""
        connection, answer = self._send(method, path, query, body, headers,
                                        token)
        with contextlib.closing(connection):
            out = Answer(answer.status, answer.headers,
                         answer.read().decode())
        if HUSH in out.text:
            raise Failed(f"{method} {path} tells a secret: {out.text:.500}")
        return out

    def raw(self, path, headers):
        """Returns the bytes of an answer that must be 200."""
        connection, answer = self._send("GET", path, None, None, headers, ...)
        with contextlib.closing(connection):
            out = answer.read()
        expect(f"GET {path}", answer.status, 200)
        return out

    def get(self, path, **query):
        """Returns the document of an answer that must be 200."""
        answer = self.call("GET", path, query)
        expect(f"GET {path}: {answer.text:.300}", answer.status, 200)
        return answer.json

    def follow(self, path, **query):
        """Returns a Follower."""
        return Follower(*self._send("GET", path, {"follow": "true", **query},
                                    None, None, ...))
