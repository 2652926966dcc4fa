"""What the measurement of a fleet needs around it: an API server of its own
with its etcd, a database that notes when ends are stored, and syncctl."""

import contextlib
import functools
import http.client
import json
import os
import pathlib
import re
import signal
import ssl
import subprocess
import sys
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.append(str(ROOT / "tests/e2e"))
# pylint: disable-next=wrong-import-position
import checks
from checks import PATIENCE, Failed, Unfit, free_port

HOST = "127.0.0.1"
NAMESPACE, FLOOR_NAMESPACE = "fleet", "floor"
# It is no administrator, whom the API server would never throttle.
API_TOKEN = "fleet-api-token"
SYNCCTL_TOKEN = "fleet"
# Seconds that what is waited for may have been there already.
GLANCE = 0.02

wait_for = functools.partial(checks.wait_for, pause=GLANCE)


class Part:
    """A program that runs until it is stopped, with a log of its own."""

    def __init__(self, name, folder):
        self.name, self.log = name, folder / f"{name}.log"
        self.process = None

    def start(self, command, environment=None):
        """Starts it."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                list(map(str, command)), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=self.log.parent, env=environment)

    def is_alive(self):
        """Tells whether it runs."""
        return self.process is not None and self.process.poll() is None

    def stop(self, how=signal.SIGTERM):
        """Ends it, and waits until it is gone."""
        if not self.is_alive():
            return
        self.process.send_signal(how)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=30)

    def last_lines(self):
        """Returns the end of its log."""
        with contextlib.suppress(OSError):
            text = self.log.read_text(errors="replace")
            return "\n".join(line[:300] for line in text.splitlines()[-15:])
        return ""


class Client:
    """One kept connection. Belongs to one thread."""

    def __init__(self, port, token, context=None):
        self.port, self.token, self.context = port, token, context
        self.connection = None

    def call(self, method, path, body=None, content="application/json"):
        """Returns status, headers and the answer's bytes. Raises OSError or
        HTTPException where there is none."""
        for last_try in False, True:
            kept = self.connection is not None
            if not kept:
                self.connection = self._connect()
            try:
                self.connection.request(
                    method, path, body=body,
                    headers={"Authorization": f"Bearer {self.token}",
                             "Content-Type": content})
                answer = self.connection.getresponse()
                return answer.status, answer.headers, answer.read()
            except (OSError, http.client.HTTPException) as failure:
                self.close()
                # The other side may close what was idle at any time.
                if last_try or not kept or isinstance(failure, TimeoutError):
                    raise
        raise AssertionError("never comes here")

    def _connect(self):
        if self.context is None:
            return http.client.HTTPConnection(HOST, self.port, timeout=90)
        return http.client.HTTPSConnection(HOST, self.port, timeout=90,
                                           context=self.context)

    def close(self):
        """The next call makes a new connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class ApiServer:
    """A kube-apiserver and its etcd. Nothing else of Kubernetes runs: Pods get
    no node, and change only where somebody writes their status."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.etcd_port = free_port()
        self.etcd, self.server = Part("etcd", folder), Part("api", folder)
        self.program = self.context = None

    @staticmethod
    def programs():
        """Returns where etcd and the API server are; tests/e2e/cluster has built
        the latter, and for newer ones the former, too."""
        folder = subprocess.run(
            [ROOT / "tests/e2e/cluster", "folder"], check=True, text=True,
            stdout=subprocess.PIPE).stdout.strip()
        server = pathlib.Path(folder) / "bin/kube-apiserver"
        if not os.access(server, os.X_OK):
            raise Unfit(f"there is no {server}: `tests/e2e/cluster build` makes it")
        etcd = server.with_name("etcd")
        return etcd if os.access(etcd, os.X_OK) else "etcd", server

    def start(self):
        """Returns once it answers."""
        etcd, self.program = self.programs()
        peer = free_port()
        # It is not the disk of this machine that is to be measured.
        self.etcd.start(
            [etcd, "--data-dir", self.folder / "etcd", "--unsafe-no-fsync",
             "--listen-client-urls", f"http://{HOST}:{self.etcd_port}",
             "--advertise-client-urls", f"http://{HOST}:{self.etcd_port}",
             "--listen-peer-urls", f"http://{HOST}:{peer}",
             "--initial-advertise-peer-urls", f"http://{HOST}:{peer}",
             "--initial-cluster", f"default=http://{HOST}:{peer}"])
        subprocess.run(["openssl", "genrsa", "-out", self.folder / "key", "2048"],
                       check=True, stderr=subprocess.DEVNULL)
        (self.folder / "tokens").write_text(
            f"{API_TOKEN},syncctl,syncctl-uid,syncs\n")
        self.start_server()
        for name in NAMESPACE, FLOOR_NAMESPACE:
            self.expect("POST", "/api/v1/namespaces",
                        {"metadata": {"name": name}})

    def start_server(self, *options):
        """Starts the server alone, with options besides."""
        self.server.start(
            [self.program, f"--etcd-servers=http://{HOST}:{self.etcd_port}",
             f"--bind-address={HOST}", f"--advertise-address={HOST}",
             f"--secure-port={self.port}", f"--cert-dir={self.folder}",
             f"--token-auth-file={self.folder / 'tokens'}",
             "--authorization-mode=AlwaysAllow", "--allow-privileged=false",
             f"--service-account-key-file={self.folder / 'key'}",
             f"--service-account-signing-key-file={self.folder / 'key'}",
             "--service-account-issuer=https://kubernetes.default.svc",
             "--service-cluster-ip-range=10.96.0.0/16",
             # No controller makes accounts here.
             "--disable-admission-plugins=ServiceAccount", *options])

        def answers():
            if not self.server.is_alive():
                raise Failed(f"kube-apiserver ended:\n"
                             f"{self.server.last_lines()}")
            certificate = self.folder / "apiserver.crt"
            if not certificate.exists():
                return False
            with contextlib.suppress(OSError, ssl.SSLError,
                                     http.client.HTTPException):
                self.context = ssl.create_default_context(cafile=certificate)
                return self.client().call("GET", "/readyz")[0] == 200
            return False

        wait_for("the API server", answers)

    def client(self):
        """Returns a new connection."""
        return Client(self.port, API_TOKEN, self.context)

    def expect(self, method, path, body=None):
        """Returns the object that comes of a call, which must be fine."""
        client = self.client()
        status, _, answer = client.call(
            method, path, None if body is None else json.dumps(body))
        client.close()
        if status >= 300:
            raise Failed(f"{method} {path}: HTTP {status}: {answer[:500]}")
        return json.loads(answer)

    def pods(self):
        """Returns the names of all Pods by their tasks."""
        out, more = {}, ""
        while True:
            page = self.expect("GET", f"/api/v1/namespaces/{NAMESPACE}/pods"
                                      f"?limit=1000&continue={more}")
            for item in page["items"]:
                metadata = item["metadata"]
                out[metadata["annotations"]["TaskID"]] = metadata["name"]
            more = page["metadata"].get("continue", "")
            if not more:
                return out

    def write_kubeconfig(self):
        """Returns a kubeconfig's path."""
        path = self.folder / "kubeconfig"
        # JSON is YAML.
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "fleet",
            "clusters": [{"name": "fleet", "cluster": {
                "server": f"https://{HOST}:{self.port}",
                "certificate-authority": str(self.folder / "apiserver.crt")}}],
            "users": [{"name": "fleet", "user": {"token": API_TOKEN}}],
            "contexts": [{"name": "fleet", "context": {
                "cluster": "fleet", "user": "fleet"}}]}))
        return path

    def stop(self):
        """Ends both."""
        self.server.stop()
        self.etcd.stop()


class Database:
    """The Postgres that PGHOST and the others of its kind point at."""

    def __init__(self):
        at = os.environ
        if "PGHOST" not in at:
            raise Failed("run it inside tests/support/with_postgres")
        word = urllib.parse.quote(at.get("PGPASSWORD", ""), safe="")
        self.url = (f"postgres://{at['PGUSER']}:{word}@{at['PGHOST']}:"
                    f"{at['PGPORT']}/{at['PGDATABASE']}?sslmode=disable")

    @staticmethod
    def run(sql):
        """Returns the rows, each a list of texts."""
        done = subprocess.run(
            ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align",
             "--set", "ON_ERROR_STOP=1", "--command", sql],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
        if done.returncode != 0:
            raise Failed(f"psql: {done.stderr.strip()[-500:]}")
        return [line.split("|") for line in done.stdout.splitlines() if line]

    def note_ends(self):
        """Has the database note when each task's end is committed. A deferred
        trigger runs as the commit's first step: nobody need ask again and
        again, which would cost what is measured."""
        self.run("""
            CREATE TABLE ends (task_id text, status text, at float8);
            CREATE FUNCTION note_end() RETURNS trigger LANGUAGE plpgsql AS $$
              BEGIN
                INSERT INTO ends VALUES (NEW.task_id, NEW.status,
                                         extract(epoch FROM clock_timestamp()));
                RETURN NULL;
              END $$;
            CREATE CONSTRAINT TRIGGER note_end AFTER UPDATE ON source_task
              DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
              WHEN (OLD.status = 'RUNNING' AND NEW.status <> 'RUNNING')
              EXECUTE FUNCTION note_end()""")

    def ends(self):
        """Returns when each end was stored, by task; fails if one came
        twice."""
        out = {}
        for task, _, at in self.run("SELECT * FROM ends"):
            if task in out:
                raise Failed(f"task {task} ended twice")
            out[task] = float(at)
        return out

    def count_ends(self):
        """Returns how many ends are stored."""
        return int(self.run("SELECT count(*) FROM ends")[0][0])


class Syncctl:
    """The real one, with a kubeconfig for the API server."""

    def __init__(self, folder, program, api, database):
        self.folder, self.program = folder, program
        self.api, self.database = api, database
        self.part = Part("syncctl", folder)
        self.port = free_port()
        # The most that any of its processes has had resident, in MiB.
        self.peak = 0

    def start(self):
        """Returns at once."""
        self.part.start([self.program], {
            "HOME": str(self.folder), "PATH": os.environ["PATH"],
            "SYNCCTL_KUBERNETES_CLIENT_CONFIG":
                str(self.api.write_kubeconfig()),
            "SYNCCTL_KUBERNETES_NAMESPACE": NAMESPACE,
            "SYNCCTL_SIDECAR_IMAGE": "localhost/sidecar:1",
            "SYNCCTL_BULKER_URL": "http://127.0.0.1:9",
            "SYNCCTL_DATABASE_URL": self.database.url,
            "SYNCCTL_HTTP_PORT": str(self.port),
            "SYNCCTL_AUTH_TOKENS": SYNCCTL_TOKEN,
            # As in a Pod whose container is started again.
            "SYNCCTL_POD_UID": "fleet",
            # Pods wait here for the test to play the kubelet.
            "SYNCCTL_CONTAINER_INIT_TIMEOUT_SECONDS": "1800"})

    def client(self):
        """Returns a new connection."""
        return Client(self.port, SYNCCTL_TOKEN)

    def is_ready(self):
        """Tells whether /ready says so."""
        return self.answer()[0] == 200

    def leads(self):
        """Tells whether it is ready and supervises."""
        status, text = self.answer()
        return status == 200 and json.loads(text)["leader"]

    def answer(self):
        """Returns what /ready says: status and text; (0, "") if there is no
        answer."""
        if not self.part.is_alive():
            raise Failed(f"syncctl ended:\n{self.part.last_lines()}")
        client = self.client()
        try:
            status, _, text = client.call("GET", "/ready")
            return status, text
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            client.close()

    def wait_until_ready(self):
        """Returns how many seconds that took."""
        begin = time.monotonic()
        wait_for("syncctl to be ready", self.is_ready)
        return time.monotonic() - begin

    def wait_until_leads(self):
        """Returns how many seconds that took."""
        begin = time.monotonic()
        wait_for("syncctl to lead", self.leads)
        return time.monotonic() - begin

    def stop(self, how=signal.SIGTERM):
        """Ends it."""
        self.memory()
        self.part.stop(how)

    def memory(self):
        """Returns what it has resident now, its share of it, and the most so
        far of this process, in MiB."""
        if not self.part.is_alive():
            return 0, 0, 0
        at = f"/proc/{self.part.process.pid}"

        def number(file, name):
            with open(f"{at}/{file}", encoding="ascii") as text:
                found = re.search(rf"^{name}:\s+(\d+) kB", text.read(), re.M)
            return int(found.group(1)) / 1024

        most = number("status", "VmHWM")
        self.peak = max(self.peak, most)
        return number("status", "VmRSS"), number("smaps_rollup", "Pss"), most

    def cpu(self):
        """Returns the seconds of CPU that it has had."""
        with open(f"/proc/{self.part.process.pid}/stat",
                  encoding="ascii") as text:
            fields = text.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def counter(self, name):
        """Returns the sum of a metric over its labels."""
        client = self.client()
        text = client.call("GET", "/metrics")[2].decode()
        client.close()
        return sum(float(line.rpartition(" ")[2])
                   for line in text.splitlines()
                   if re.match(rf"{name}(\{{|\s)", line))
