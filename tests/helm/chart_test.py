#!/usr/bin/python3 -B
"""Holds the chart of config/helm against the documents of the settings, and what
Helm makes of it against config/kubernetes.

Exit code 0: all is well; 77: so is all that could be tried without Helm, which
cannot be had here; 1: something is wrong.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).parent.parent.parent
CHART = ROOT / "config/helm"
HELM = ROOT / "tests/helm/helm"
DATABASE = {"secretSettings": {"SYNCCTL_DATABASE_URL": "postgres://u:p@db/m"}}
# The chart takes them from the Pod itself.
OF_THE_POD = {"SYNCCTL_KUBERNETES_NAMESPACE", "SYNCCTL_POD_UID"}
# What a value may be, and the chart makes of it.
EVERYTHING = DATABASE | {
    "image": {"repository": "r.example/syncctl", "tag": "9",
              "pullPolicy": "Always"},
    "sidecarImage": {"repository": "r.example/sidecar", "tag": "8"},
    "imagePullSecrets": [{"name": "login"}],
    "replicas": 3,
    "settings": {"SYNCCTL_HTTP_PORT": 8080, "SYNCCTL_MASK_LOGS": False,
                 "SYNCCTL_RETRY_BUFFER_BYTES": 123456789,
                 "SYNCCTL_INSTANCE_ID": "other"},
    "existingSecret": "mine",
    "podLabels": {"team": "data"}, "podAnnotations": {"a/b": "c"},
    "nodeSelector": {"disk": "ssd"}, "tolerations": [{"operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
    "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone",
                                   "whenUnsatisfiable": "ScheduleAnyway"}],
    "priorityClassName": "high",
    "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy"}],
    "podsTemplate": {"spec": {"priorityClassName": "of-pods"}},
    "extraVolumes": [{"name": "ca", "emptyDir": {}}],
    "extraVolumeMounts": [{"name": "ca", "mountPath": "/ca"}],
    "serviceAccount": {"create": True, "name": "account",
                       "annotations": {"role": "arn"}},
    "service": {"type": "NodePort", "port": 80, "annotations": {"cost": "center"}},
    "networkPolicy": {"from": [{"podSelector": {}}], "egressPorts": [1, 2]},
    "podMetrics": {"enabled": True},
    "serviceMonitor": {"enabled": True, "interval": "10s",
                       "labels": {"release": "p"},
                       "tokenSecret": {"name": "token", "key": "one"}}}
# Values that are refused, and a word of the reason.
REFUSED = (
    ({}, "SYNCCTL_DATABASE_URL is missing"),
    (DATABASE | {"replica": 2}, "replica"),
    (DATABASE | {"replicas": "two"}, "replicas"),
    (DATABASE | {"settings": {"SYNCCTL_LOGLEVEL": "INFO"}}, "settings"),
    (DATABASE | {"settings": {"SYNCCTL_AUTH_TOKENS": "x"}}, "settings"),
    (DATABASE | {"settings": {"SYNCCTL_LOG_LEVEL": ["INFO"]}}, "settings"),
    ({"secretSettings": {"SYNCCTL_DATABASE_URL": ""}}, "secretSettings"),
    (DATABASE | {"service": {"port": 0}}, "port"),
    (DATABASE | {"image": {"pullPolicy": "Sometimes"}}, "pullPolicy"),
    (DATABASE | {"serviceMonitor": {"interval": "often"}}, "interval"),
)


def helm(*arguments, values=None):
    """Runs Helm with those values. Returns the finished process."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        if values is not None:
            yaml.safe_dump(values, file)
            file.flush()
            arguments = (*arguments, "--values", file.name)
        return subprocess.run([HELM, *arguments], capture_output=True,
                              text=True, check=False)


def has_helm():
    """Returns whether there is a Helm; says why not."""
    done = helm("version", "--short")
    print(done.stdout.strip() or done.stderr.strip())
    if done.returncode not in (0, 77):
        raise RuntimeError(f"helm version ends with {done.returncode}")
    return done.returncode == 0


def made(values, *options):
    """Returns the objects that the chart makes of values, by kind and name."""
    done = helm("template", "syncs", CHART, "--namespace", "somewhere",
                *options, values=values)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return by_name(yaml.safe_load_all(done.stdout))


def by_name(documents):
    """Returns objects by kind and name."""
    return {(one["kind"], one["metadata"]["name"]): one
            for one in documents if one}


def kustomized():
    """Returns the objects of config/kubernetes."""
    folder = ROOT / "config/kubernetes"
    names = yaml.safe_load(
        (folder / "kustomization.yaml").read_text())["resources"]
    return by_name(one for name in names
                   for one in yaml.safe_load_all((folder / name).read_text()))


class Documents(unittest.TestCase):
    """Without Helm."""

    def test_every_documented_setting_can_be_given(self):
        """Each setting is in one list of the schema, and none besides."""
        text = "".join((ROOT / "docs" / name).read_text()
                       for name in ("syncctl-settings.md", "syncs.md"))
        documented = set(re.findall(
            r"^\| `((?:SYNCCTL|CONSOLE|REPOSITORY)_[A-Z_]+)`", text,
            re.MULTILINE))
        schema = json.loads((CHART / "values.schema.json").read_text())
        plain, secret = (set(schema["properties"][one]["propertyNames"]["enum"])
                         for one in ("settings", "secretSettings"))
        self.assertEqual(plain | secret | OF_THE_POD, documented)
        self.assertEqual(plain & secret, set())
        for name in plain:
            self.assertNotRegex(name, "(TOKEN|TOKENS|KEYS|DATABASE_URL)$")

    def test_every_value_is_in_the_schema(self):
        """values.yaml and its schema name the same."""
        schema = json.loads((CHART / "values.schema.json").read_text())
        values = yaml.safe_load((CHART / "values.yaml").read_text())
        self.assertEqual(set(values) | {"global"}, set(schema["properties"]))


class Templates(unittest.TestCase):
    """With Helm."""

    def test_lint_finds_nothing(self):
        """Neither with little nor with everything."""
        for values in DATABASE, EVERYTHING:
            done = helm("lint", "--strict", CHART, values=values)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_same_objects_as_kustomize(self):
        """What is right without settings of one's own is the same."""
        ours, theirs = made(DATABASE, "--api-versions",
                            "policy/v1/PodDisruptionBudget"), kustomized()
        self.assertEqual(set(ours), set(theirs))
        for key in ours:
            with self.subTest(key):
                for part in ("rules", "roleRef", "spec"):
                    self.assertEqual(plain(ours[key].get(part)),
                                     plain(theirs[key].get(part)))

    def test_an_older_kubernetes(self):
        """Before 1.21 the budget is of v1beta1."""
        budget = made(DATABASE, "--kube-version", "1.20.0")[
            "PodDisruptionBudget", "syncctl"]
        self.assertEqual(budget["apiVersion"], "policy/v1beta1")

    def test_every_value_counts(self):
        """Each value of EVERYTHING is found in what is made."""
        objects = made(EVERYTHING)
        text = json.dumps(list(objects.values()))
        for word in ("r.example/syncctl:9", "Always", "login", "ssd", "Exists",
                     "nodeAffinity", "ScheduleAnyway", "high", "HTTPS_PROXY",
                     "/ca", "arn", "NodePort", "metrics.k8s.io", "team", "a/b"):
            self.assertIn(word, text)
        data = objects["ConfigMap", "syncctl"]["data"]
        self.assertEqual(data["SYNCCTL_RETRY_BUFFER_BYTES"], "123456789")
        self.assertEqual(data["SYNCCTL_MASK_LOGS"], "false")
        self.assertEqual(data["SYNCCTL_HTTP_PORT"], "8080")
        self.assertEqual(data["SYNCCTL_INSTANCE_ID"], "other")
        self.assertEqual(data["SYNCCTL_SIDECAR_IMAGE"], "r.example/sidecar:8")
        pod = objects["Deployment", "syncctl"]["spec"]["template"]["spec"]
        self.assertEqual(pod["serviceAccountName"], "account")
        self.assertEqual(
            json.loads(objects["ConfigMap", "syncctl-pods"]["data"]
                       ["template.json"]), EVERYTHING["podsTemplate"])
        self.assertEqual([one["name"] for one in pod["volumes"]],
                         ["ca", "pods-template"])
        self.assertEqual([one["mountPath"]
                          for one in pod["containers"][0]["volumeMounts"]],
                         ["/ca", "/etc/syncctl/pods"])
        self.assertEqual(data["SYNCCTL_PODS_TEMPLATE"],
                         "/etc/syncctl/pods/template.json")
        container = pod["containers"][0]
        self.assertEqual(container["ports"][0]["containerPort"], 8080)
        self.assertEqual([next(iter(one.values()))["name"]
                          for one in container["envFrom"]],
                         ["syncctl", "mine", "syncctl"])
        endpoint = objects["ServiceMonitor", "syncctl"]["spec"]["endpoints"][0]
        self.assertEqual(endpoint["authorization"]["credentials"],
                         {"name": "token", "key": "one"})

    def test_pods_are_replaced_as_settings_change(self):
        """The template of the Pods changes with a setting or a secret."""
        def template(values):
            return made(values)["Deployment", "syncctl"]["spec"]["template"]

        first = template(DATABASE)
        self.assertEqual(template(DATABASE), first)
        for more in ({"settings": {"SYNCCTL_LOG_LEVEL": "DEBUG"}},
                     {"secretSettings": {"SYNCCTL_DATABASE_URL": "other"}}):
            self.assertNotEqual(template(DATABASE | more), first)

    def test_what_can_be_left_out(self):
        """Each optional object."""
        objects = made({"existingSecret": "mine",
                        "serviceAccount": {"create": False, "name": "mine"},
                        "podDisruptionBudget": {"enabled": False},
                        "networkPolicy": {"enabled": False}})
        self.assertEqual({kind for kind, _ in objects},
                         {"ConfigMap", "Deployment", "Service"})

    def test_wrong_values_are_refused(self):
        """With a word about what is wrong."""
        for values, word in REFUSED:
            with self.subTest(word=word, values=values):
                done = helm("template", "syncs", CHART, values=values)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(word, done.stderr)


def plain(part):
    """Returns a part of an object without what belongs to one release: names of
    images, Helm's marks, and the usual type of a Service."""
    text = json.dumps(part, sort_keys=True)
    text = re.sub(r'"image": "[^"]*", "imagePullPolicy": "IfNotPresent"',
                  '"image": ""', text)
    text = re.sub(r'"image": "[^"]*"', '"image": ""', text)
    text = text.replace(', "type": "ClusterIP"', "")
    text = re.sub(r'"annotations": {"motorcade/settings": "[^"]*"}, ', "", text)
    return text.replace('"app.kubernetes.io/instance": "syncs", ', "")


def main():
    """Runs all that can be run."""
    there = has_helm()
    cases = [Documents, *([Templates] if there else [])]
    suite = unittest.TestSuite(map(
        unittest.defaultTestLoader.loadTestsFromTestCase, cases))
    if not unittest.TextTestRunner().run(suite).wasSuccessful():
        return 1
    return 0 if there else 77


if __name__ == "__main__":
    sys.exit(main())
