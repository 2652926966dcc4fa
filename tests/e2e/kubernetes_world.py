"""What the trials in a real Kubernetes need around them: the cluster, images,
a Postgres and a Bulker that Pods reach, and syncctl in a Pod of its own."""

import contextlib
import datetime
import hashlib
import http.client
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.parse

from checks import PATIENCE, Failed, Unfit, free_port, run, wait_for
from console_stand_in import Console

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BIN = pathlib.Path(os.environ.get("MOTORCADE_BIN", ROOT / "build/bin"))
CLUSTER = HERE / "cluster"

# Where Pods find this machine.
HOST = "10.85.0.1"
NAMESPACE = "motorcade-e2e"
TASKS = "jitsu.com/creator=bulker-sync-controller"
CONTROLLER = "app.kubernetes.io/component=syncctl"

SIDECAR_IMAGE = "localhost/motorcade-sidecar:e2e"
CONTROLLER_IMAGE = "localhost/motorcade-syncctl:e2e"
PACKAGE, VERSION = "localhost/source-recorded", "1"

# All secrets hold this word, so that one look finds any of them.
HUSH = "hush"
DATABASE_PASSWORD = f"database-{HUSH}"
BULKER_TOKEN = f"bulker-{HUSH}"
API_TOKEN = f"api-{HUSH}"
TOKEN_SECRET = f"salt-{HUSH}"
# One that syncctl knows only the hash of.
HASHED_TOKEN = "hashed-token"
CONSOLE_TOKEN = f"console-{HUSH}"
SOURCE_KEY = f"right-source-{HUSH}"
DESTINATION_KEY = f"destination-{HUSH}"

# As config/kubernetes has it.
REPLICAS = 2

# Seconds. Short, so that trials of them do not take long.
INIT_TIMEOUT = 40
UNSCHEDULABLE_TIMEOUT = 15
STATUS_CHECK = 5
GRACE = 20

# -- the cluster ---------------------------------------------------------------


class Cluster:
    """One node, and kubectl for it."""

    def __init__(self):
        self.environment = dict(os.environ)
        # When each restart of a component began and ended, in UTC.
        self.restarts = []

    def up(self):
        """Starts what does not run."""
        started = subprocess.run([CLUSTER, "up"], stdout=subprocess.PIPE,
                                 text=True, timeout=1800, check=False)
        if started.returncode == 77:
            raise Unfit()
        if started.returncode != 0:
            raise Failed("the cluster did not start")
        self.environment["KUBECONFIG"] = started.stdout.strip().splitlines()[-1]

    def down(self):
        """Stops all and takes it away."""
        subprocess.run([CLUSTER, "down"], timeout=300, check=False)

    def restart(self, name):
        """Restarts a component, and waits until it is there again."""
        begin = datetime.datetime.now(datetime.timezone.utc)
        run(CLUSTER, "restart", name)
        self.restarts.append(
            (name, begin, datetime.datetime.now(datetime.timezone.utc)))

    def kubectl(self, *words, text=None, timeout=PATIENCE):
        """Returns what kubectl printed."""
        return run("kubectl", "--namespace", NAMESPACE, *words, text=text,
                   timeout=timeout, env=self.environment)

    def get(self, *words):
        """Returns an object, or a list of objects; nothing if it is not."""
        out = self.kubectl("get", *words, "--ignore-not-found", "-o", "json")
        found = json.loads(out) if out.strip() else None
        return found["items"] if found and "items" in found else found

    def tasks(self, kind="pods"):
        """Returns all objects of that kind which belong to tasks."""
        return self.get(kind, "--selector", TASKS) or []

    def make_namespace(self):
        """Makes an empty namespace."""
        self.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found")
        self.kubectl("create", "namespace", NAMESPACE)
        wait_for("the namespace's account",
                 lambda: self.get("serviceaccount", "default"))


def make_images(with_controller):
    """Makes all images at once."""
    images = [
        (SIDECAR_IMAGE, "--user", "65532:65532", BIN / "sidecar"),
        (f"{PACKAGE}:{VERSION}", "--env",
         "AIRBYTE_ENTRYPOINT=/usr/bin/scripted-connector",
         BIN / "scripted-connector"),
    ]
    if with_controller:
        images.append(
            (CONTROLLER_IMAGE, "--user", "65532:65532", BIN / "syncctl"))
    makers = [subprocess.Popen([CLUSTER, "image", *map(str, image)])
              for image in images]
    if any([maker.wait(timeout=PATIENCE) for maker in makers]):
        raise Failed("images could not be made")


# -- what Pods talk to ---------------------------------------------------------


class Postgres:
    """A private, throw-away Postgres that Pods reach."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="motorcade-pg."))
        programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
        if not programs:
            raise Failed("Postgres is not installed")
        self.programs = programs[-1]
        self.port = free_port(HOST)
        self.url = (f"postgres://motorcade:{DATABASE_PASSWORD}@{HOST}:"
                    f"{self.port}/postgres?sslmode=disable")

    def _run(self, program, *words):
        # Postgres does not run as root. It keeps what it inherits open.
        with open(self.folder / "commands.log", "ab") as log:
            done = subprocess.run(
                ["runuser", "-u", "postgres", "--", self.programs / program,
                 *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd="/", timeout=PATIENCE, check=False)
        if done.returncode != 0:
            said = (self.folder / "commands.log").read_text()
            raise Failed(f"{program}: {said[-2000:]}")

    def start(self):
        """Makes a cluster and starts it."""
        password = self.folder / "password"
        password.write_text(DATABASE_PASSWORD)
        owner = pwd.getpwnam("postgres")
        for path in self.folder, password:
            os.chown(path, owner.pw_uid, owner.pw_gid)
        self._run("initdb", "--pgdata", self.folder / "data", "--username",
                  "motorcade", "--pwfile", password, "--auth", "scram-sha-256",
                  "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync")
        (self.folder / "data/postgresql.auto.conf").write_text(
            f"listen_addresses = '{HOST}'\nport = {self.port}\n"
            f"unix_socket_directories = '{self.folder}'\nfsync = off\n")
        with open(self.folder / "data/pg_hba.conf", "a") as rules:
            rules.write("host all all 10.85.0.0/16 scram-sha-256\n")
        self.control("start")

    def control(self, *words):
        """Runs pg_ctl."""
        self._run("pg_ctl", "--pgdata", self.folder / "data", "--log",
                  self.folder / "server.log", "--wait", *words)

    def stop(self):
        """Stops it and throws it away."""
        with contextlib.suppress(Failed):
            self.control("stop", "--mode", "immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def query(self, sql):
        """Returns rows as dictionaries."""
        out = run("psql", "--no-psqlrc", "--tuples-only", "--no-align",
                  "--set", "ON_ERROR_STOP=1", "--command",
                  f"SELECT coalesce(json_agg(t), '[]') FROM ({sql}) AS t",
                  self.url)
        return json.loads(out)

    def has_table(self, name):
        """Tells whether somebody has made the table yet."""
        return self.query(f"SELECT to_regclass('{name}') AS oid")[0]["oid"]


class Bulker:
    """The stand-in of the other tests, where Pods reach it."""

    def __init__(self):
        self.port = free_port(HOST)
        self.url = f"http://{HOST}:{self.port}"
        self.process = None

    def start(self):
        """Returns once it listens."""
        self.process = subprocess.Popen(
            [BIN / "bulker-stand-in", "--address", HOST, "--port",
             str(self.port)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "BULKER_AUTH_TOKEN": BULKER_TOKEN})
        wait_for("Bulker", self._answers, 30)

    def _answers(self):
        with contextlib.suppress(OSError):
            return self.tables() is not None

    def stop(self):
        """Ends it."""
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=20)

    def tables(self):
        """Returns all tables by name."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", "/tables")
            return json.load(connection.getresponse())["tables"]

    def rows(self, table):
        """Returns a table's rows; none if there is no such table."""
        return self.tables().get(table, {"rows": []})["rows"]


class HangingRegistry:
    """Takes connections and never answers. Its images are never pulled."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.package = f"localhost:{self.socket.getsockname()[1]}/source-slow"

    def stop(self):
        """Refuses whoever waits."""
        self.socket.close()


# -- syncctl -------------------------------------------------------------------


def auth_tokens():
    """Returns SYNCCTL_AUTH_TOKENS: one as it is, one as its hash."""
    salt = "grain"
    digest = hashlib.sha512(
        f"{HASHED_TOKEN}{salt}{TOKEN_SECRET}".encode()).hexdigest()
    return f"{API_TOKEN},{salt}.{digest}"


class Controller:
    """syncctl as config/kubernetes has it, and its HTTP API."""

    def __init__(self, cluster, postgres, bulker, console):
        self.cluster, self.postgres, self.bulker = cluster, postgres, bulker
        self.console = console
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="motorcade-e2e."))
        # What it logged, by Pod, and container of it.
        self.logs = {}

    def deploy(self):
        """Applies the manifests with this machine's values in them."""
        shutil.copytree(ROOT / "config/kubernetes", self.folder / "base")
        # This Kubernetes is older than policy/v1.
        disruption = self.folder / "base/disruption.yaml"
        disruption.write_text(disruption.read_text().replace(
            "apiVersion: policy/v1\n", "apiVersion: policy/v1beta1\n"))
        # What newer ones want as `resources` is this to Debian's kubectl.
        overlay = {
            "namespace": NAMESPACE, "bases": ["base"],
            "patchesStrategicMerge": ["settings.json", "secrets.json",
                                      "deployment.json"]}
        resources = {"requests": {"cpu": "10m", "memory": "16Mi"},
                     "limits": {"cpu": "1", "memory": "128Mi"}}
        settings = {
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "syncctl"},
            "data": {
                "SYNCCTL_SIDECAR_IMAGE": SIDECAR_IMAGE,
                "SYNCCTL_BULKER_URL": self.bulker.url,
                "CONSOLE_URL": self.console.url,
                "SYNCCTL_CONTAINER_STATUS_CHECK_SECONDS": str(STATUS_CHECK),
                "SYNCCTL_CONTAINER_INIT_TIMEOUT_SECONDS": str(INIT_TIMEOUT),
                "SYNCCTL_UNSCHEDULABLE_TIMEOUT_SECONDS":
                    str(UNSCHEDULABLE_TIMEOUT),
                "SYNCCTL_CONTAINER_GRACE_SHUTDOWN_SECONDS": str(GRACE),
                "SYNCCTL_SOURCE_RESOURCES": json.dumps(resources),
                "SYNCCTL_LOG_LEVEL": "DEBUG"}}
        secrets = {
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "syncctl"},
            "stringData": {
                "SYNCCTL_DATABASE_URL": self.postgres.url,
                "SYNCCTL_AUTH_TOKENS": auth_tokens(),
                "CONSOLE_TOKEN": CONSOLE_TOKEN,
                "SYNCCTL_TOKEN_SECRET": TOKEN_SECRET,
                "SYNCCTL_BULKER_AUTH_TOKEN": BULKER_TOKEN}}
        # There is no kube-proxy, so the usual address leads nowhere.
        container = {
            "name": "syncctl", "image": CONTROLLER_IMAGE,
            "imagePullPolicy": "Never",
            "env": [{"name": "KUBERNETES_SERVICE_HOST", "value": HOST},
                    {"name": "KUBERNETES_SERVICE_PORT", "value": "6443"}]}
        deployment = {
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "syncctl"},
            "spec": {"template": {"spec": {"containers": [container]}}}}
        # JSON is YAML.
        for name, document in (("kustomization.yaml", overlay),
                               ("settings.json", settings),
                               ("secrets.json", secrets),
                               ("deployment.json", deployment)):
            (self.folder / name).write_text(json.dumps(document))
        self.cluster.kubectl("apply", "-k", self.folder)
        self.wait_for_all(REPLICAS)

    def pods(self):
        """Returns its Pods that are not about to go."""
        return [pod for pod in
                self.cluster.get("pods", "--selector", CONTROLLER) or []
                if "deletionTimestamp" not in pod["metadata"]]

    def ready_pods(self):
        """Returns its Pods that take requests."""
        return [pod for pod in self.pods()
                if any((condition["type"], condition["status"])
                       == ("Ready", "True")
                       for condition in pod["status"].get("conditions", []))]

    def wait_until_ready(self):
        """Returns a Pod of it that takes requests."""
        return wait_for("syncctl to be ready", self.ready_pods)[0]

    def wait_for_all(self, replicas):
        """Returns its Pods once there are so many that take requests, and no
        other."""

        def probe():
            pods = self.ready_pods()
            return pods if len(pods) == replicas == len(self.pods()) else None

        return wait_for(f"{replicas} syncctl to be ready", probe)

    def leads(self, pod):
        """Tells whether that Pod says that it leads; one that does not answer
        does not."""
        with contextlib.suppress(OSError):
            return self.call("GET", "/health", pod=pod)[1].get("leader", False)
        return False

    def wait_for_leader(self, limit=PATIENCE):
        """Returns the Pod that leads."""

        def probe():
            pods = [pod for pod in self.ready_pods() if self.leads(pod)]
            return pods[0] if len(pods) == 1 else None

        return wait_for("a leader", probe, limit)

    def processes(self, pod):
        """Returns the processes of a Pod's syncctl as this machine numbers
        them."""
        uid = pod["metadata"]["uid"]
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if ((path / "comm").read_text().strip() == "syncctl"
                        and (uid in (path / "cgroup").read_text()
                             or uid.replace("-", "_")
                             in (path / "cgroup").read_text())):
                    found.append(int(path.name))
        return found

    def kill_process(self, pod):
        """Ends it without a chance to put anything in order; its container is
        started again in the same Pod."""
        self.save_logs()
        processes = self.processes(pod)
        if not processes:
            raise Failed("syncctl's process is not to be found")
        for process in processes:
            os.kill(process, signal.SIGKILL)

    def kill_for_good(self, pod):
        """Ends it without a chance to put anything in order, and its Pod with
        it, so that it is not started again there."""
        self.save_logs()
        processes = self.processes(pod)
        if not processes:
            raise Failed("syncctl's process is not to be found")
        # If it is deleted by force it would have two seconds to hand over.
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        self.cluster.kubectl("delete", "pod", pod["metadata"]["name"],
                             "--grace-period=0", "--force", "--wait=false")
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def cut_off(self, pod, cut=True):
        """Lets nothing of a Pod reach the Kubernetes API, in its own network,
        or lets it reach it again."""
        run("nsenter", "--net", "--target", self.processes(pod)[0], "iptables",
            "--append" if cut else "--delete", "OUTPUT", "--protocol", "tcp",
            "--dport", "6443", "--jump", "DROP")

    def kill(self):
        """Ends it without a chance to put anything in order, and waits for the
        next one."""
        pod = self.wait_until_ready()
        self.save_logs()
        # The container's first process does not hear SIGKILL from within.
        self.cluster.kubectl("delete", "pod", pod["metadata"]["name"],
                             "--grace-period=0", "--force")
        self.wait_until_ready()

    def scale(self, replicas):
        """Starts or stops it, and waits until it is so."""
        self.save_logs()
        self.cluster.kubectl("scale", "deployment/syncctl",
                             f"--replicas={replicas}")
        if replicas:
            self.wait_for_all(replicas)
        else:
            wait_for("syncctl to be gone", lambda: not self.cluster.get(
                "pods", "--selector", CONTROLLER))

    def save_logs(self):
        """Keeps what its Pods have logged so far."""
        for pod in self.pods():
            name = pod["metadata"]["name"]
            for previous in (["--previous"], []):
                with contextlib.suppress(Failed):
                    self.logs[(name, *previous)] = self.cluster.kubectl(
                        "logs", name, *previous)

    def log(self):
        """Returns all that it has logged."""
        self.save_logs()
        return "".join(self.logs.values())

    def call(self, method, path, query=None, body=None, token=API_TOKEN,
             pod=None):
        """Returns the HTTP status and the answer, from JSON if it is."""
        pod = pod or self.wait_until_ready()
        if query:
            path += "?" + urllib.parse.urlencode(query)
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection = http.client.HTTPConnection(
            pod["status"]["podIP"], 3043, timeout=60)
        with contextlib.closing(connection):
            connection.request(
                method, path, headers=headers,
                body=None if body is None else json.dumps(body))
            answer = connection.getresponse()
            text = answer.read().decode()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def forget(self):
        """Throws away what it was applied from."""
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def open_world(with_controller=True, keep=False):
    """Everything at once; all of it is gone afterwards, unless the cluster is
    to be kept."""
    with contextlib.ExitStack() as stack:
        cluster = Cluster()
        if not keep:
            stack.callback(cluster.down)
        cluster.up()
        make_images(with_controller)
        cluster.make_namespace()
        postgres = Postgres()
        stack.callback(postgres.stop)
        postgres.start()
        bulker = Bulker()
        bulker.start()
        stack.callback(bulker.stop)
        console = Console(HOST)
        stack.callback(console.stop)
        controller = Controller(cluster, postgres, bulker, console)
        stack.callback(controller.forget)
        yield cluster, postgres, bulker, controller
