"""What holds in a real Kubernetes once all tasks have ended."""

import datetime
import json

from checks import Failed, expect
from kubernetes_settings import HUSH
from trial import adding_to

CASES = []
case = adding_to(CASES)


@case
def nothing_is_left(world):
    for kind in "pods", "secrets":
        names = [one["metadata"]["name"] for one in world.cluster.tasks(kind)]
        expect(f"{kind} of tasks", names, [])


def is_new_api_server(world, line):
    """Whether a line of log is of the first seconds of an API server, which
    answers 403 to everybody until it has read the roles."""
    time = datetime.datetime.fromisoformat(line.split()[0].replace("Z", "+00:00"))
    grace = datetime.timedelta(seconds=15)
    return any(name == "apiserver" and begin <= time <= end + grace
               for name, begin, end in world.cluster.starts)


@case
def what_syncctl_logged(world):
    log = world.controller.log()
    if not log:
        raise Failed("it logged nothing")
    for line in log.splitlines():
        if HUSH in line:
            raise Failed(f"a secret is in its log: {line:.300}")
        # Whether Pods' use of memory may be asked for is up to whoever applies
        # config/kubernetes/metrics-access.yaml. A quota forbids, too.
        if "forbidden" in line.lower() \
                and "metrics.k8s.io" not in line \
                and "exceeded quota: none" not in line \
                and not is_new_api_server(world, line):
            raise Failed(f"its role does not suffice: {line:.300}")


@case
def what_the_database_holds(world):
    # Only its Pod may read the documents of a task.
    for table in ("source_task", "source_check", "source_catalog",
                  "source_state", "source_spec", "task_log"):
        for row in world.postgres.query(f"SELECT * FROM {table}"):
            if HUSH in json.dumps(row):
                raise Failed(f"a secret is in {table}: {row!r:.500}")
