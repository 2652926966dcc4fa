"""The cases of the HTTP API, of a syncctl in Kubernetes. The database is
Postgres: Pods do not reach a file, so syncctl refuses SQLite there."""

import functools
import json
import urllib.parse

# In this order they add their cases.
import api_cases  # pylint: disable=unused-import
import api_sync_cases  # pylint: disable=unused-import
import api_list_cases  # pylint: disable=unused-import
import api_warehouse_cases  # pylint: disable=unused-import
import api_read_cases
from api_place import Place
from checks import wait_for
from warehouses import open_postgres_warehouse


class KubernetesPlace(Place):
    """What there is around a world of kubernetes.py."""

    runtime = "kubernetes"
    files_of_a_connector = ["/"]

    def __init__(self, world):
        self.world = world
        super().__init__(world.controller.console)

    def address(self):
        pod = self.world.controller.wait_until_ready()
        return pod["status"]["podIP"], 3043

    def metrics_texts(self):
        # Who leads counts ends, and who is asked counts what it refuses.
        controller = self.world.controller
        return [controller.call("GET", "/metrics", pod=pod)[1]
                for pod in controller.ready_pods()]

    def query(self, table, key, value):
        if not self.world.postgres.has_table(table):
            return []
        return self.world.postgres.query(
            f"SELECT * FROM {table} WHERE {key} = '{value}'")

    def destination(self):
        url = urllib.parse.urlsplit(self.world.postgres.url)
        return {"destinationType": "postgres", "host": url.hostname,
                "port": url.port, "username": url.username,
                "password": url.password, "database": url.path[1:],
                "sslMode": "disable"}

    def warehouse(self):
        return open_postgres_warehouse(self.world.postgres.url)

    def rows(self, table):
        return [json.loads(row) if isinstance(row, str) else row
                for row in self.world.bulker.rows(table)]


# The place of a world, which keeps what was asked.
place_of = functools.lru_cache(KubernetesPlace)


def in_kubernetes(case):
    """Returns a case of kubernetes.py, which leaves nothing running."""

    @functools.wraps(case)
    def tried(world):
        case(place_of(world))
        for kind in "pods", "secrets":
            wait_for(f"{kind} of tasks to be gone",
                     lambda kind=kind: not world.cluster.tasks(kind))

    tried.__name__ = f"api_{case.__name__}"
    return tried


CASES = [in_kubernetes(case) for case in api_read_cases.CASES]
