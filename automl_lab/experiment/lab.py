"""One user's lab in this process: the store, and the way to the controller on a cluster. Made once per process and cluster.

Refuses to start anything when it is only read from: results are in the store, and reading them needs no Ray.
"""

from __future__ import annotations

import functools
import hashlib
import threading
import time
from dataclasses import dataclass
from typing import Any

from automl_lab.cluster.connect import Connection, RayConnection, join
from automl_lab.core.errors import ClusterError
from automl_lab.core.version import package_version
from automl_lab.store.database import Store
from automl_lab.store.home import home

FACTORY = "automl_lab.experiment.controller:create"
WARM_SECONDS = 120.0
_connecting = threading.Lock()


@functools.cache
def store() -> Store:
    """This user's store."""
    return Store()


@dataclass(frozen=True)
class Joined:
    """A connection and the seconds until what did not run yet (cluster, controller, worker processes) was ready for trials; 0 when all ran."""

    connection: Connection
    cluster_seconds: float


def connect(address: str | None = None) -> Joined:
    """The connection to this user's controller on that cluster (None: the local one). Starts what does not run yet.

    Raises ``ClusterError`` when the cluster cannot be reached or its controller runs another version of this package.
    """
    called = time.time()  # who waits for another one's cold start has waited for it too
    with _connecting:
        found, started = join(address, home())
        connection, born = _controller(found, address, store().database_url, store().artifacts.url)
        if not started and born < called:
            return Joined(connection, 0.0)
        connection.call("ready", patience=WARM_SECONDS)
        return Joined(connection, time.time() - called)


@functools.cache
def _controller(address: str, cluster: str | None, database_url: str, artifacts_url: str) -> tuple[Connection, float]:
    """The connection, and when its controller began by this process's clock."""
    owner = store().owner
    # One controller per user and store: two lab homes on one cluster do not see each other's experiments.
    digest = hashlib.sha256(f"{owner}\n{database_url}\n{artifacts_url}".encode()).hexdigest()[:12]
    arguments: dict[str, Any] = {"database_url": database_url, "artifacts_url": artifacts_url, "owner": owner, "cluster": cluster}
    connection = RayConnection(address, f"automl-lab-{digest}", FACTORY, arguments)
    hello = connection.call("hello", patience=60.0)
    if hello["version"] != package_version() and not hello["active"]:  # left from before an upgrade
        connection.replace()
        hello = connection.call("hello", patience=60.0)
    if hello["version"] != package_version():
        raise ClusterError(
            f"the controller on {address} runs automl-lab {hello['version']}, this process {package_version()}; "
            f"install one version on both ends{' (experiments go on there: ' + ', '.join(hello['active']) + ')' if hello['active'] else ''}"
        )
    return connection, time.time() - hello["age"]
