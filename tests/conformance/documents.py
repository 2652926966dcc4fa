#!/usr/bin/python3
"""Sees that a result document is where Airbyte's platform looks for it.

The sidecar ends a `spec` for each STORAGE_TYPE; then each vendor's own client
reads the object. The servers: moto (S3, and a role by web identity), azurite,
which checks each signature, and an emulator of Google Cloud Storage, beside a
token endpoint that checks a service account's signature. The clients and servers
come from PyPI at the versions of documents.txt, azurite from npm.

Exit code 0: all is well, or they cannot be had, which is said; 1: not.
"""

import base64
import contextlib
import http.server
import json
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from conformance import (
    Failed, ROOT, Skipped, environment, free_port, install)

NAME = "documents"
AZURITE = "azurite@3.35.0"
BUCKET = "documents"
WORKLOAD = "0192_spec/1"
KEY = f"/workload/output/{WORKLOAD}"
SPEC = {"type": "SPEC", "spec": {"connectionSpecification": {"title": "Täst"}}}
# Seconds: of a server's start, of a sidecar.
START_TIMEOUT = 60
SIDECAR_TIMEOUT = 60


def wait_for(url, process):
    """Waits until a server answers, whatever it says."""
    end = time.monotonic() + START_TIMEOUT
    while time.monotonic() < end:
        if process.poll() is not None:
            raise Failed(f"{process.args[0]} ended with {process.returncode}")
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise Failed(f"nothing answers at {url}")


@contextlib.contextmanager
def server(url, *words, **more):
    """Runs a server until the end of the context."""
    with subprocess.Popen(list(map(str, words)), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, **more) as process:
        try:
            wait_for(url, process)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def run_spec(folder, variables, code=0):
    """Lets the sidecar end a `spec`, and returns what it said."""
    config = pathlib.Path(folder, "config")
    shutil.rmtree(config, ignore_errors=True)
    config.mkdir()
    (config / "jobOutput.json").write_text(json.dumps(SPEC) + "\n",
                                           encoding="utf-8")
    (config / "exitCode.txt").write_text("0", encoding="ascii")
    ended = subprocess.run(
        [ROOT / "build/bin/sidecar"], timeout=SIDECAR_TIMEOUT, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={
            "PATH": "/usr/bin:/bin", "COMMAND": "spec",
            "SIDECAR_INPUT": "files", "AIRBYTE_CONFIG_DIR": str(config),
            "PACKAGE": "airbyte/source-x", "PACKAGE_VERSION": "1",
            "DATABASE_URL": f"sqlite://{folder}/tasks.db",
            "WORKLOAD_ID": WORKLOAD,
            "STORAGE_BUCKET_WORKLOAD_OUTPUT": BUCKET,
            "AIRBYTE_API_RETRY_DELAY_SECONDS": "0.1", **variables})
    if ended.returncode != code:
        raise Failed(f"exit code {ended.returncode}, not {code}:\n"
                     f"{ended.stdout}")
    return ended.stdout


def expect_document(what, text):
    """Compares what a client has read with what the connector printed."""
    document = json.loads(text)
    if document.get("outputType") != "spec" or document.get("spec") != SPEC[
            "spec"]:
        raise Failed(f"{what}: the document is {text!r}")
    print(f"{what:<32} well", flush=True)


def client(script, *words):
    """Runs a script of a vendor's client in the environment of PyPI."""
    ended = subprocess.run(
        [environment(NAME) / "bin/python", "-c", script, *map(str, words)],
        check=False, capture_output=True, text=True, timeout=SIDECAR_TIMEOUT)
    if ended.returncode != 0:
        raise Failed(f"a client failed:\n{ended.stderr}")
    return ended.stdout


def local(folder):
    """A folder of this machine."""
    run_spec(folder, {"STORAGE_TYPE": "LOCAL",
                      "STORAGE_LOCAL_ROOT": f"{folder}/storage"})
    expect_document("LOCAL", pathlib.Path(f"{folder}/storage{KEY}").read_text(
        encoding="utf-8"))


S3_CLIENT = """
import boto3, sys
url, word, bucket, key = sys.argv[1:]
s3 = boto3.client("s3", endpoint_url=url, region_name="eu-west-1",
                  aws_access_key_id="id", aws_secret_access_key="key")
if word == "make":
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={
        "LocationConstraint": "eu-west-1"})
else:
    print(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())
    s3.delete_object(Bucket=bucket, Key=key)
"""


def amazon(folder):
    """S3 and MinIO, by a key and by a role."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with server(url, environment(NAME) / "bin/moto_server", "-p", port):
        client(S3_CLIENT, url, "make", BUCKET, KEY)
        key = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key",
               "AWS_DEFAULT_REGION": "eu-west-1"}
        token = pathlib.Path(folder, "token")
        token.write_text("header.claims.signature", encoding="ascii")
        role = {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/writer",
                "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
                "AWS_DEFAULT_REGION": "eu-west-1"}
        for what, variables in {
                "S3": {"STORAGE_TYPE": "s3", "AWS_ENDPOINT_URL": url, **key},
                "S3, web identity": {
                    "STORAGE_TYPE": "S3", "AWS_ENDPOINT_URL": url, **role},
                "MINIO": {"STORAGE_TYPE": "MINIO", "MINIO_ENDPOINT": url + "/",
                          **key}}.items():
            run_spec(folder, variables)
            expect_document(what, client(S3_CLIENT, url, "read", BUCKET, KEY))


AZURE_CLIENT = """
import sys
from azure.storage.blob import BlobServiceClient
text, word, container, key = sys.argv[1:]
service = BlobServiceClient.from_connection_string(text)
if word == "make":
    service.create_container(container)
else:
    print(service.get_blob_client(container, key).download_blob().readall()
          .decode())
"""


def azure(folder):
    """Azurite checks the signature of each request."""
    cache = ROOT / ".cache/conformance/azurite"
    program = cache / "node_modules/.bin/azurite-blob"
    if not program.exists():
        if shutil.which("npm") is None:
            raise Skipped("there is no npm for azurite")
        made = subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--prefix", cache,
             AZURITE], check=False, capture_output=True, text=True)
        if made.returncode != 0:
            raise Skipped(f"npm does not have {AZURITE}:\n{made.stderr[-500:]}")
    port = free_port()
    account, key = "motorcade", base64.b64encode(secrets.token_bytes(64))
    login = (f"DefaultEndpointsProtocol=http;AccountName={account};"
             f"AccountKey={key.decode()};"
             f"BlobEndpoint=http://127.0.0.1:{port}/{account}")
    with server(f"http://127.0.0.1:{port}/", program, "--inMemoryPersistence",
                "--skipApiVersionCheck", "--blobPort", port,
                env={**os.environ,
                     "AZURITE_ACCOUNTS": f"{account}:{key.decode()}"}):
        client(AZURE_CLIENT, login, "make", BUCKET, KEY)
        said = run_spec(folder, {"STORAGE_TYPE": "AZURE",
                                 "AZURE_STORAGE_CONNECTION_STRING": login})
        if key.decode() in said:
            raise Failed("the account's key was told")
        expect_document("AZURE", client(AZURE_CLIENT, login, "read", BUCKET,
                                        KEY))
        wrong = base64.b64encode(b"wrong").decode()
        said = run_spec(folder, {
            "STORAGE_TYPE": "AZURE", "AZURE_STORAGE_CONNECTION_STRING":
            login.replace(key.decode(), wrong)}, code=1)
        if "HTTP 403" not in said:
            raise Failed(f"a wrong key was not refused:\n{said}")


GOOGLE_CLIENT = """
import os, sys
url, word, bucket, key = sys.argv[1:]
os.environ["STORAGE_EMULATOR_HOST"] = url
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
made = storage.Client(project="p", credentials=AnonymousCredentials())
if word == "make":
    made.create_bucket(bucket)
else:
    print(made.bucket(bucket).blob(key).download_as_bytes().decode())
"""

KEY_MAKER = """
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
print(key.private_bytes(serialization.Encoding.PEM,
                        serialization.PrivateFormat.PKCS8,
                        serialization.NoEncryption()).decode())
"""

KEY_CHECKER = """
import base64, sys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
pem, token = sys.argv[1:]
text, signature = token.rsplit(".", 1)
serialization.load_pem_private_key(pem.encode(), None).public_key().verify(
    base64.urlsafe_b64decode(signature + "=="), text.encode(),
    padding.PKCS1v15(), hashes.SHA256())
"""


class Tokens(http.server.BaseHTTPRequestHandler):
    """Gives a token to whoever shows an assertion that the key has signed."""

    def do_POST(self):
        """Takes one form."""
        form = urllib.parse.parse_qs(self.rfile.read(
            int(self.headers["Content-Length"])).decode())
        client(KEY_CHECKER, self.server.pem, form["assertion"][0])
        answer = json.dumps({"access_token": "ya29.token", "expires_in": 3599,
                             "token_type": "Bearer"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        self.server.given += 1

    def log_message(self, *_):
        """Says nothing."""


def google(folder):
    """Google Cloud Storage, with a service account."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    tokens = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tokens)
    tokens.pem, tokens.given = client(KEY_MAKER), 0
    threading.Thread(target=tokens.serve_forever, daemon=True).start()
    account = json.dumps({
        "type": "service_account", "client_email": "me@p.example",
        "private_key_id": "k", "private_key": tokens.pem,
        "token_uri": f"http://127.0.0.1:{tokens.server_address[1]}/token"})
    file = pathlib.Path(folder, "account.json")
    file.write_text(account, encoding="utf-8")
    try:
        with server(url, environment(NAME) / "bin/gcp-storage-emulator",
                    "start", "--host", "127.0.0.1", "--port", port,
                    "--in-memory"):
            client(GOOGLE_CLIENT, url, "make", BUCKET, KEY)
            for what, given in {"GCS, by a file": str(file),
                                "GCS, by a document": account}.items():
                run_spec(folder, {"STORAGE_TYPE": "GCS",
                                  "STORAGE_EMULATOR_HOST": url,
                                  "GOOGLE_APPLICATION_CREDENTIALS": given})
                expect_document(what, client(GOOGLE_CLIENT, url, "read",
                                             BUCKET, KEY))
        if tokens.given != 2:
            raise Failed(f"{tokens.given} tokens were asked for, not 2")
    finally:
        tokens.shutdown()
        tokens.server_close()


def main():
    """Tries every kind of store."""
    failed = False
    try:
        install(NAME)
    except Skipped as reason:
        print(f"skipped: PyPI cannot be reached: {reason}")
        return 0
    for trial in local, amazon, azure, google:
        with tempfile.TemporaryDirectory() as folder:
            try:
                trial(folder)
            except Skipped as reason:
                print(f"{trial.__name__}: skipped: {reason}")
            except Failed as failure:
                print(f"{trial.__name__}: {failure}", file=sys.stderr)
                failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
