"""The chart of config/helm: installed, upgraded and uninstalled in a namespace of
its own, with Helm built from Go modules."""

import json
import pathlib
import subprocess
import tempfile

from checks import Failed, expect, run, wait_for
from kubernetes_settings import (
    API_TOKEN, CONTROLLER, CONTROLLER_IMAGE, HOST, PACKAGE, ROOT,
    SIDECAR_IMAGE, TASKS, TOKEN_SECRET, VERSION)
from trial import adding_to

CASES = []
case = adding_to(CASES)

SPACE = "motorcade-e2e-helm"
# Helm is built, the first time.
PATIENCE = 1200


class Release:
    """A release of the chart, with a database of its own."""

    def __init__(self, world):
        self.world = world
        self.url = world.postgres.url.replace("/postgres?", "/chart?")

    def helm(self, *words):
        """Runs Helm. Returns what it printed; None where there is no Helm."""
        done = subprocess.run(
            [ROOT / "tests/helm/helm", "--namespace", SPACE, *words],
            env=self.world.cluster.environment | {"HELM_BUILD": "1"},
            capture_output=True, text=True, timeout=PATIENCE, check=False)
        if done.returncode == 77:
            print(done.stderr.strip(), flush=True)
            return None
        if done.returncode != 0:
            raise Failed(f"helm {words[0]}: {done.stderr[-2000:]}\n"
                         f"{self.kubectl('get', 'all', '-o', 'wide')}")
        return done.stdout

    def kubectl(self, *words):
        """Returns what kubectl printed of the release's namespace."""
        return run("kubectl", "--namespace", SPACE, *words, timeout=120,
                   env=self.world.cluster.environment)

    def names(self, kind, *words):
        """Returns the names of all objects of a kind."""
        return json.loads(self.kubectl("get", kind, *words, "-o", "json"))[
            "items"]

    def values(self, folder, **more):
        """Returns the file of the release's values."""
        sidecar, controller = (dict(zip(("repository", "tag"),
                                        image.rsplit(":", 1)))
                               for image in (SIDECAR_IMAGE, CONTROLLER_IMAGE))
        path = pathlib.Path(folder) / "values.json"
        path.write_text(json.dumps({
            "image": controller | {"pullPolicy": "Never"},
            "sidecarImage": sidecar, "replicas": 1,
            "secretSettings": {"SYNCCTL_DATABASE_URL": self.url,
                               "SYNCCTL_AUTH_TOKENS": API_TOKEN,
                               "SYNCCTL_TOKEN_SECRET": TOKEN_SECRET},
            # There is no kube-proxy, so the usual address leads nowhere.
            "extraEnv": [{"name": "KUBERNETES_SERVICE_HOST", "value": HOST},
                         {"name": "KUBERNETES_SERVICE_PORT", "value": "6443"}],
        } | more))
        return path

    def spec_is_answered(self):
        """Asks for a connector's spec, which takes a Pod with its Secret, and so
        all rights. Returns the Pod."""
        pod = self.names("pods", "--selector", CONTROLLER)[0]
        run("psql", "--no-psqlrc", "-q", "--command", "DO $$ BEGIN DELETE FROM "
            "source_spec; EXCEPTION WHEN undefined_table THEN END $$", self.url)
        status, answer = self.world.controller.call(
            "GET", "/spec", {"package": PACKAGE, "version": VERSION}, pod=pod)
        expect(f"the status of /spec ({answer})", status, 200)
        made = wait_for("its Pod", lambda: self.names(
            "pods", "--selector", TASKS))[0]
        wait_for("the connector's spec", lambda: run(
            "psql", "--no-psqlrc", "-qAt", "--command",
            "SELECT count(*) FROM source_spec WHERE error IS NULL",
            self.url).strip() == "1")
        wait_for("its Pod to be gone", lambda: not self.names(
            "pods", "--selector", TASKS))
        return made


# What an operator wants in every Pod. Whether a proxy and a volume go with ours is
# what is tried: the others are there or not.
TEMPLATE = {
    "metadata": {"labels": {"team": "data"}},
    "spec": {
        "dnsConfig": {"options": [{"name": "ndots", "value": "1"}]},
        "topologySpreadConstraints": [{
            "maxSkew": 1, "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"team": "data"}}}],
        "volumes": [{"name": "scratch", "emptyDir": {}}],
        "containers": [{
            "name": "proxy", "image": "localhost/pause:1",
            "imagePullPolicy": "Never",
            "volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}]}]}}


def expect_template(release, folder):
    """Wants each Pod of a task to have what a template says."""
    release.helm("upgrade", "syncs", ROOT / "config/helm", "--wait", "--timeout",
                 "180s", "--values", release.values(
                     folder, podsTemplate=TEMPLATE))
    wait_for("one replica", lambda: len(release.names(
        "pods", "--selector", CONTROLLER)) == 1)
    pod = release.spec_is_answered()
    expect("label", pod["metadata"]["labels"]["team"], "data")
    expect("containers", [one["name"] for one in pod["spec"]["containers"]],
           ["source", "sidecar", "proxy"])
    expect("DNS", pod["spec"]["dnsConfig"], TEMPLATE["spec"]["dnsConfig"])
    expect("spread", pod["spec"]["topologySpreadConstraints"],
           TEMPLATE["spec"]["topologySpreadConstraints"])


@case
def chart_is_installed_upgraded_and_uninstalled(world):
    release = Release(world)
    if release.helm("version") is None:
        return
    world.cluster.kubectl("create", "namespace", SPACE)
    try:
        run("psql", "--no-psqlrc", "--command", "CREATE DATABASE chart",
            world.postgres.url)
        with tempfile.TemporaryDirectory() as folder:
            release.helm("install", "syncs", ROOT / "config/helm", "--wait",
                         "--timeout", "180s", "--values",
                         release.values(folder))
            release.spec_is_answered()
            # A second release would fight for the same Lease.
            refused = subprocess.run(
                [ROOT / "tests/helm/helm", "--namespace", SPACE, "install",
                 "second", ROOT / "config/helm", "--values",
                 release.values(folder)],
                env=dict(world.cluster.environment), capture_output=True,
                text=True, timeout=PATIENCE, check=False)
            if refused.returncode == 0 or "syncctl" not in refused.stderr:
                raise Failed(f"a second release: {refused}")
            before = {pod["metadata"]["uid"] for pod in
                      release.names("pods", "--selector", CONTROLLER)}
            release.helm("upgrade", "syncs", ROOT / "config/helm", "--wait",
                         "--timeout", "180s", "--values", release.values(
                             folder, replicas=2,
                             settings={"SYNCCTL_LOG_LEVEL": "DEBUG"}))
            wait_for("Pods of before to be gone", lambda: not before & {
                pod["metadata"]["uid"] for pod in
                release.names("pods", "--selector", CONTROLLER)})
            expect("replicas", len(release.names(
                "pods", "--selector", CONTROLLER)), 2)
            expect_template(release, folder)
            release.helm("uninstall", "syncs", "--wait", "--timeout", "120s")
        for kind in ("deployments", "services", "configmaps", "roles",
                     "rolebindings", "networkpolicies",
                     "poddisruptionbudgets"):
            expect(f"{kind} that are left", [
                one["metadata"]["name"] for one in release.names(kind)
                if one["metadata"]["name"].startswith("syncctl")], [])
        wait_for("its Pods to be gone", lambda: not release.names("pods"))
    finally:
        world.cluster.kubectl("delete", "namespace", SPACE, timeout=300)
