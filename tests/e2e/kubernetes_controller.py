"""syncctl in Pods of its own: deployed, asked, watched, killed and cut off."""

import base64
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import tempfile
import urllib.parse

from checks import PATIENCE, Failed, run, wait_for
from kubernetes_settings import (
    API_TOKEN, BULKER_TOKEN, CONSOLE_TOKEN, CONTROLLER, CONTROLLER_IMAGE,
    GRACE, HOST, INIT_TIMEOUT, NAMESPACE, REPLICAS, ROOT, SIDECAR_IMAGE,
    STATUS_CHECK, TOKEN_SECRET, UNSCHEDULABLE_TIMEOUT, auth_tokens)


class Controller:
    """syncctl as config/kubernetes has it, and its HTTP API."""

    def __init__(self, cluster, postgres, bulker, console):
        self.cluster, self.postgres, self.bulker = cluster, postgres, bulker
        self.console = console
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="motorcade-e2e."))
        # What it logged, by Pod, and container of it.
        self.logs = {}

    def overlay(self, patches):
        """Returns what lays patches over the manifests, as the cluster's kubectl
        knows it. A Kubernetes that is older than policy/v1 gets the budget as it
        was before."""
        if not self.cluster.is_old:
            return {"resources": ["base"],
                    "patches": [{"path": patch} for patch in patches]}
        disruption = self.folder / "base/disruption.yaml"
        disruption.write_text(disruption.read_text().replace(
            "apiVersion: policy/v1\n", "apiVersion: policy/v1beta1\n"))
        return {"bases": ["base"], "patchesStrategicMerge": patches}

    def deploy(self):
        """Applies the manifests with this machine's values in them."""
        shutil.copytree(ROOT / "config/kubernetes", self.folder / "base")
        overlay = {"namespace": NAMESPACE, **self.overlay(
            ["settings.json", "secrets.json", "deployment.json"])}
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
                "SYNCCTL_ENCRYPTION_KEYS":
                    base64.b64encode(os.urandom(32)).decode(),
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
