"""What the trials in a real Kubernetes need around them: the cluster, images,
servers that Pods reach, and syncctl in Pods of its own."""

import contextlib
import datetime
import json
import os
import pathlib
import signal
import subprocess

from checks import PATIENCE, Failed, Skipped, Unfit, run, wait_for
from console_stand_in import Console
from kubernetes_controller import Controller
from kubernetes_servers import Bulker, Postgres
from kubernetes_settings import (
    BIN, CLUSTER, CONTROLLER_IMAGE, HOST, IMAGES, NAMESPACE, PACKAGE,
    SIDECAR_IMAGE, TASKS, VERSION)


class Cluster:
    """One node, and kubectl for it."""

    def __init__(self):
        # "1.34" or "1.20".
        self.release = run(CLUSTER, "version").strip()
        folder = run(CLUSTER, "folder").strip()
        # The kubectl that was built with it is the one that is meant.
        self.environment = os.environ | {
            "PATH": f"{folder}/bin:{os.environ['PATH']}"}
        # When each start of a component began and ended, in UTC.
        self.starts = []

    @property
    def is_old(self):
        """Whether it knows neither policy/v1 nor what came after."""
        return self.release == "1.20"

    def up(self):
        """Starts what does not run."""
        begin = datetime.datetime.now(datetime.timezone.utc)
        started = subprocess.run([CLUSTER, "up"], stdout=subprocess.PIPE,
                                 text=True, timeout=1800, check=False)
        if started.returncode == 77:
            raise Unfit()
        if started.returncode != 0:
            raise Failed("the cluster did not start")
        self.environment["KUBECONFIG"] = started.stdout.strip().splitlines()[-1]
        self.note_start("apiserver", begin)

    def down(self):
        """Stops all and takes it away."""
        subprocess.run([CLUSTER, "down"], timeout=300, check=False)

    @property
    def folder(self):
        """Where its keys, logs and process numbers are."""
        return pathlib.Path(self.environment["KUBECONFIG"]).parent

    def process(self, name):
        """Returns the number of a component's process."""
        return int((self.folder / "pid" / name).read_text())

    def kill(self, name):
        """Ends a component without a chance to put anything in order; restart()
        starts it again."""
        process = self.process(name)
        os.kill(process, signal.SIGKILL)
        wait_for(f"{name} to be gone",
                 lambda: not pathlib.Path(f"/proc/{process}").exists())

    @contextlib.contextmanager
    def stopped(self, name):
        """A component does nothing meanwhile, nor closes its connections."""
        process = self.process(name)
        os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process, signal.SIGCONT)

    def require_new(self, what):
        """Raises Skipped where the cluster is too old for that."""
        if self.is_old:
            raise Skipped(f"Kubernetes {self.release} has no {what}")

    def restart(self, name):
        """Restarts a component, and waits until it is there again."""
        begin = datetime.datetime.now(datetime.timezone.utc)
        run(CLUSTER, "restart", name)
        self.note_start(name, begin)

    def bring_back_api_server(self):
        """Starts a killed API server, and lets the others know. By themselves they
        would look for it again after up to a minute, longer than the trials let a
        Pod take to start."""
        for name in "apiserver", "scheduler", "kubelet":
            self.restart(name)

    def note_start(self, name, begin):
        """Keeps that a component was started from that time to now."""
        self.starts.append(
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
        """Makes an empty namespace, which takes Pods without any right alone
        (from 1.25 on)."""
        self.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found")
        self.kubectl("create", "namespace", NAMESPACE)
        self.kubectl("label", "namespace", NAMESPACE, *(
            f"pod-security.kubernetes.io/{mode}=restricted"
            for mode in ("enforce", "warn", "audit")))
        wait_for("the namespace's account",
                 lambda: self.get("serviceaccount", "default"))


def commands_of_images(with_controller):
    """Returns what the cluster is told, an image each."""
    yield ("image", f"{PACKAGE}:{VERSION}", "--env",
           "AIRBYTE_ENTRYPOINT=/usr/bin/scripted-connector",
           BIN / "scripted-connector")
    if IMAGES:
        images = pathlib.Path(IMAGES)
        yield "load", images / "motorcade-sidecar.tar", SIDECAR_IMAGE
        if with_controller:
            yield "load", images / "motorcade-syncctl.tar", CONTROLLER_IMAGE
        return
    yield ("image", SIDECAR_IMAGE, "--user", "65532:65532", BIN / "sidecar")
    if with_controller:
        yield ("image", CONTROLLER_IMAGE, "--user", "65532:65532",
               "--add", "/usr/share/zoneinfo:/usr/share/zoneinfo",
               BIN / "syncctl")


def make_images(with_controller):
    """Makes all images at once."""
    makers = [subprocess.Popen([CLUSTER, *map(str, words)])
              for words in commands_of_images(with_controller)]
    if any([maker.wait(timeout=PATIENCE) for maker in makers]):
        raise Failed("images could not be made")


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
