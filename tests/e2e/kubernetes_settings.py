"""How the trials' syncctl and what is around it are called, what they are given as
secrets, and their limits of time. Some of it holds for local processes, too."""

import hashlib
import os
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CLUSTER = HERE / "cluster"
BIN = pathlib.Path(os.environ.get("MOTORCADE_BIN", ROOT / "build/bin"))

# Where Pods find this machine.
HOST = "10.85.0.1"
NAMESPACE = "motorcade-e2e"
TASKS = "jitsu.com/creator=bulker-sync-controller"
CONTROLLER = "app.kubernetes.io/component=syncctl"

SIDECAR_IMAGE = "localhost/motorcade-sidecar:e2e"
CONTROLLER_IMAGE = "localhost/motorcade-syncctl:e2e"
# A folder with the images of `./dev image`; without it they are made of BIN.
IMAGES = os.environ.get("MOTORCADE_IMAGES")
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


def auth_tokens():
    """Returns SYNCCTL_AUTH_TOKENS: one as it is, one as its hash."""
    salt = "grain"
    digest = hashlib.sha512(
        f"{HASHED_TOKEN}{salt}{TOKEN_SECRET}".encode()).hexdigest()
    return f"{API_TOKEN},{salt}.{digest}"
