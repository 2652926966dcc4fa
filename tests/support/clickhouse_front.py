"""ClickHouse's HTTP interface over its engine as a Python package (chdb): what
tests need of it, with the engine's own errors.

usage: clickhouse_front.py PORT FOLDER

Writes the port that it listens on to PORT, a FIFO or a file.
"""

import http.server
import re
import sys
import threading
import urllib.parse

import chdb.session
import zstandard

SETTINGS = re.compile(r"^[a-z0-9_]+$")
session = None
lock = threading.Lock()


class Front(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, code=0):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if code:
            self.send_header("X-ClickHouse-Exception-Code", str(code))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        url = urllib.parse.urlsplit(self.path)
        parameters = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("X-ClickHouse-User", "default") != "default":
            return self.answer(403, b"Code: 516. DB::Exception: Authentication failed.", 516)
        if self.headers.get("Content-Encoding") == "zstd":
            body = zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True).read()
        statement = parameters.pop("query", None)
        if statement is None:
            statement, body = body.decode(), b""
        database = parameters.pop("database", "default")
        settings = [f"{name} = '{value}'" for name, value in parameters.items()
                    if SETTINGS.match(name) and name != "wait_end_of_query"]
        try:
            with lock:
                session.query(f"USE `{database}`")
                for one in settings:
                    session.query("SET " + one)
                if body:
                    statement = statement.encode() + b"\n" + body
                    # The engine takes text alone.
                    statement = statement.decode("utf-8", "surrogateescape")
                result = session.query(statement)
                out = result.bytes() if result is not None else b""
        except Exception as error:  # The engine's own errors have no class.
            text = str(error)
            code = re.search(r"Code: (\d+)", text)
            return self.answer(404 if "UNKNOWN_TABLE" in text else 500, text.encode(),
                               int(code.group(1)) if code else 1)
        return self.answer(200, bytes(out))


if __name__ == "__main__":
    session = chdb.session.Session(sys.argv[2])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Front)
    with open(sys.argv[1], "w") as file:
        print(server.server_address[1], file=file)
    server.serve_forever()
