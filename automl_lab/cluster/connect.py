"""The way from a process of the user to the controller: one small connection protocol, and the Ray actor behind it.

Owns reaching a cluster and turning Ray's errors into lines a user can act on. Refuses bare ``ray.init()`` and a second cluster in one process
(Ray has one connection per process).
"""

from __future__ import annotations

import contextlib
import importlib
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from automl_lab.cluster import daemon
from automl_lab.core.errors import AutoMLLabError, ClusterError

FOREVER = 10 * 365 * 86400
LISTENING_SECONDS = 5
_joined = threading.Lock()


class Connection(Protocol):
    """How a user's process speaks to a controller; on a hub a gateway can stand where the Ray actor stands on a laptop."""

    address: str

    def call(self, method: str, *, patience: float = 30.0, **arguments: Any) -> Any:
        """The result of the controller's coroutine ``method``. Raises our own errors as they were raised there, ``ClusterError`` when it is out of reach."""


def default_address() -> str | None:
    """The cluster named by ``RAY_ADDRESS``, or None for the local one."""
    return canonical(os.environ.get("RAY_ADDRESS"))


def canonical(address: str | None) -> str | None:
    """One spelling for one cluster: experiments are recorded with the address of theirs, and resumed by its controller."""
    return address.replace("localhost:", "127.0.0.1:") if address else None


def join(address: str | None, home: Path) -> tuple[str, float]:
    """Join the cluster at ``address`` (None: the local one, started when it does not run) and say its address and the seconds that starting it took."""
    began = time.monotonic()
    started = 0.0
    environment: dict[str, str] = {}
    if address is None:
        cluster = daemon.find(home)
        if cluster is None:
            cluster = daemon.start(home)
            started = time.monotonic() - began
        address, environment = cluster.address, daemon.token_environment(cluster)
    else:
        check_listening(address)
    with _joined:
        _initialise(address, environment)
    return address, started


def check_listening(address: str) -> None:
    """Ray itself asks a dead address for minutes; a socket knows in a moment."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=LISTENING_SECONDS).close()
    except (OSError, ValueError) as error:
        raise ClusterError(f"no cluster answers at {address} ({error}); is the address right and is it up? Leave out --cluster for a local one") from None


def _initialise(address: str, environment: dict[str, str]) -> None:
    # A process whose cluster is gone for a minute would be ended by Ray; a notebook's kernel has to outlive its cluster.
    os.environ.setdefault("RAY_gcs_rpc_server_reconnect_timeout_s", str(FOREVER))
    known = all(os.environ.get(key) == value for key, value in environment.items())
    imported = "ray" in sys.modules
    os.environ.update(environment)
    import ray  # noqa: PLC0415  (0.4 s that a user who only reads results need not pay)

    if ray.is_initialized():
        here = ray.get_runtime_context().gcs_address
        if here.rsplit(":", 1)[-1] == address.rsplit(":", 1)[-1]:
            return
        if daemon.answers(here):
            raise ClusterError(f"this process is already connected to the Ray cluster at {here}; name it with --cluster {here}, or call ray.shutdown() first")
        ray.shutdown()  # what it was connected to is gone
    # Ray's core reads these settings when it is imported, and the user may have imported it for work of his own.
    stale = imported and not known and not _read_again()
    try:
        with _quiet():
            ray.init(address=address, namespace="automl_lab", log_to_driver=False, configure_logging=False)
    except RuntimeError as error:
        if "ersion mismatch" in str(error):
            found = " ".join(str(error).split())
            raise ClusterError(
                f"the cluster at {address} runs other versions than this process: {found}; install the same Ray and Python on both ends"
            ) from None
        raise ClusterError(f"cannot join the cluster at {address}: {' '.join(str(error).split())}") from None
    except (ConnectionError, ValueError) as error:
        if stale:
            raise ClusterError(
                "Ray was imported here before it could be told the local cluster's token; restart, and start the first search before import ray"
            ) from None
        raise ClusterError(
            f"no cluster answers at {address} ({' '.join(str(error).split())[:160]}); is the address right, is it up, and does it ask for a token "
            "(RAY_AUTH_MODE=token)? Leave out --cluster for a local one"
        ) from None


def _read_again() -> bool:
    """Have Ray's core take its settings and the token from the environment again; False where this Ray offers no way to."""
    core: Any = importlib.import_module("ray._raylet")
    if not (hasattr(core, "Config") and hasattr(core, "AuthenticationTokenLoader")):
        return False
    core.Config.initialize("")
    core.AuthenticationTokenLoader.instance().reset_cache()
    return True


@contextlib.contextmanager
def _quiet() -> Any:
    """Ray tells its logger what the cell already shows."""
    import logging  # noqa: PLC0415

    logger = logging.getLogger("ray")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


class RayConnection:
    """The controller as a Ray actor. Made after ``join``; it makes the controller when the cluster has none of this name."""

    def __init__(self, address: str, name: str, factory: str, arguments: dict[str, Any]) -> None:
        from automl_lab.cluster import host  # noqa: PLC0415

        self.address, self.name = address, name
        self._obtain: Callable[[], Any] = lambda: host.obtain(name, factory, {**arguments, "name": name})
        self.actor = self._obtain()

    def replace(self) -> None:
        """End the controller and make a new one, of the version that is installed here. Only for one that has nothing to do."""
        import ray  # noqa: PLC0415

        ray.kill(self.actor, no_restart=True)
        self.actor = self._obtain()

    def call(self, method: str, *, patience: float = 30.0, **arguments: Any) -> Any:
        """See ``Connection``. A controller that Ray restarts in the middle of a call is asked again until ``patience`` seconds have passed."""
        import ray  # noqa: PLC0415

        until = time.monotonic() + patience
        while True:
            try:
                return ray.get(self.actor.call.remote(method, arguments), timeout=max(0.1, until - time.monotonic()))
            except ray.exceptions.RayTaskError as error:
                cause = error.cause if isinstance(error.cause, Exception) else error
                raise (cause if isinstance(cause, AutoMLLabError) else error) from None
            except ray.exceptions.ActorDiedError as error:  # for good: another one takes up what the store has
                if time.monotonic() > until:
                    raise ClusterError(f"the controller on {self.address} has died: {error}") from None
                threading.Event().wait(0.5)
                self.actor = self._obtain()
            except ray.exceptions.ActorUnavailableError as error:
                if time.monotonic() > until:
                    raise ClusterError(f"the controller on {self.address} does not answer: {type(error).__name__}") from None
                threading.Event().wait(0.1)
            except (ray.exceptions.GetTimeoutError, ray.exceptions.RayError) as error:
                raise ClusterError(f"the controller on {self.address} does not answer ({type(error).__name__}); the experiment is kept, try again") from None
