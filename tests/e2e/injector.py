"""A mutating webhook that adds containers to the Pods of tasks, as the injectors of
service meshes do."""

import base64
import contextlib
import http.server
import json
import ssl
import threading

from checks import Failed, wait_for

NAME = "motorcade-e2e-injector"
_SECURITY = {"allowPrivilegeEscalation": False,
             "capabilities": {"drop": ["ALL"]},
             "runAsUser": 1337, "runAsGroup": 1337}
_PROXY = {"name": "mesh-proxy", "image": "localhost/pause:1",
          "securityContext": _SECURITY}
_INIT = {"name": "mesh-init", "image": "localhost/pause:1",
         "command": ["/bin/busybox", "true"], "securityContext": _SECURITY}


def _add(path, container):
    return {"op": "add", "path": f"/spec/{path}", "value": container}


# What is added to a Pod, by kind of mesh; JSON patches.
PATCHES = {
    "proxy last": [_add("containers/-", _PROXY),
                   _add("initContainers/-", _INIT)],
    "proxy first": [_add("containers/0", _PROXY),
                    _add("initContainers/0", _INIT)],
    "native sidecar": [
        _add("initContainers/0", {**_PROXY, "restartPolicy": "Always"}),
        _add("initContainers/0", _INIT)],
    "init that fails": [
        _add("initContainers/0", {**_INIT, "command": ["/bin/busybox", "false"]})],
    "init without image": [
        _add("initContainers/0", {**_INIT, "image": "localhost/nowhere:1"})],
    "proxy that crashes": [
        _add("containers/-", {**_PROXY, "command": ["/bin/busybox", "false"]})],
    "proxy without image": [
        _add("containers/-", {**_PROXY, "image": "localhost/nowhere:1"})],
}


class _Server(http.server.ThreadingHTTPServer):
    def __init__(self, keys, patch):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.patch = patch
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(keys / "apiserver.crt", keys / "apiserver.key")
        self.socket = context.wrap_socket(self.socket, server_side=True)


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):  # pylint: disable=invalid-name
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        response = {"uid": review["request"]["uid"], "allowed": True}
        if self.server.patch:
            response |= {"patchType": "JSONPatch", "patch": base64.b64encode(
                json.dumps(self.server.patch).encode()).decode()}
        body = json.dumps({"apiVersion": review["apiVersion"],
                           "kind": "AdmissionReview",
                           "response": response}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


def _hook(port, authority):
    return {"apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": NAME},
            "webhooks": [{
                "name": "inject.example.com", "sideEffects": "None",
                "admissionReviewVersions": ["v1"], "failurePolicy": "Fail",
                "clientConfig": {"url": f"https://127.0.0.1:{port}/inject",
                                 "caBundle": authority},
                "objectSelector": {"matchLabels": {
                    "jitsu.com/creator": "bulker-sync-controller"}},
                "rules": [{"apiGroups": [""], "apiVersions": ["v1"],
                           "operations": ["CREATE"], "resources": ["pods"]}]}]}


def _probe(world):
    """Returns a Pod as a task's, to see what becomes of it; it is never made."""
    out = world.cluster.kubectl(
        "create", "--dry-run=server", "-o", "json", "-f", "-", text=json.dumps({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "injector-probe", "labels": {
                "jitsu.com/creator": "bulker-sync-controller"}},
            "spec": {"securityContext": {
                "runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                "initContainers": [{**_INIT, "name": "init"}],
                "containers": [{**_PROXY, "name": "source"}]}}))
    spec = json.loads(out)["spec"]
    return len(spec["initContainers"]) + len(spec["containers"])


@contextlib.contextmanager
def injecting(world, kind):
    """Pods of tasks get what PATCHES[kind] adds, from the first on."""
    keys = world.cluster.folder / "pki"
    authority = base64.b64encode((keys / "ca.crt").read_bytes()).decode()
    patch = PATCHES[kind]
    with _Server(keys, patch) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            world.cluster.kubectl("apply", "-f", "-", text=json.dumps(
                _hook(server.server_port, authority)))
            # API servers learn of it some time later.
            wait_for("the injector to be asked",
                     lambda: _probe(world) == 2 + len(patch))
            yield
        finally:
            world.cluster.kubectl("delete", "mutatingwebhookconfiguration", NAME,
                                  "--ignore-not-found")
            wait_for("the injector to be asked no more",
                     lambda: _probe(world) == 2)
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def injector_away(world):
    """No Pod of a task can be made: the injector must be asked, and is away."""
    keys = world.cluster.folder / "pki"
    authority = base64.b64encode((keys / "ca.crt").read_bytes()).decode()
    world.cluster.kubectl("apply", "-f", "-", text=json.dumps(
        # Nobody listens on port 1.
        _hook(1, authority)))
    try:
        wait_for("Pods to be refused", lambda: _is_refused(world))
        yield
    finally:
        world.cluster.kubectl("delete", "mutatingwebhookconfiguration", NAME)
        wait_for("Pods to be taken again", lambda: not _is_refused(world))


def _is_refused(world):
    try:
        _probe(world)
    except Failed as failure:
        return "webhook" in str(failure)
    return False
