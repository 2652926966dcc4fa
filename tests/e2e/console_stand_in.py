"""A console that is told when a discover has ended."""

import http.server
import threading
import urllib.parse

# A workspace whose syncs it does not run.
REFUSED = "refused-workspace"


class Console:
    """Listens from its making on, in a thread of its own."""

    def __init__(self, host):
        self.calls = []
        calls = self.calls

        class Handler(http.server.BaseHTTPRequestHandler):
            """Notes path, query and token."""

            # Its name is the library's.
            def do_GET(self):  # pylint: disable=invalid-name
                """Answers."""
                url = urllib.parse.urlsplit(self.path)
                calls.append((url.path,
                              dict(urllib.parse.parse_qsl(url.query)),
                              self.headers.get("Authorization")))
                body = b"{}"
                self.send_response(403 if REFUSED in url.path else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                """Says nothing."""

        self.server = http.server.ThreadingHTTPServer((host, 0), Handler)
        self.url = f"http://{host}:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever,
                                       daemon=True)
        self.thread.start()

    def calls_of(self, workspace):
        """Returns query and token of each call for that workspace."""
        return [(query, token) for path, query, token in list(self.calls)
                if path == f"/api/{workspace}/sources/run"]

    def stop(self):
        """Ends it."""
        self.server.shutdown()
        self.server.server_close()
