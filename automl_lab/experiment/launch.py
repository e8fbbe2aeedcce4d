"""From a request to a running experiment without blocking the caller: understand the data, keep it, find or start the cluster, submit.

Owns what is shown until the controller has it. A wrong request is an error of the caller when it is found at once, else the launch's error.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from automl_lab.cluster.connect import canonical, check_listening, default_address
from automl_lab.config import ExperimentConfig
from automl_lab.core.errors import AutoMLLabError, ExperimentFailed, RequestError
from automl_lab.experiment import lab, view
from automl_lab.experiment.naming import default_name

if TYPE_CHECKING:
    from automl_lab.experiment.request import Request

Explain = Callable[[RequestError], RequestError]
FIRST_LOOK_SECONDS = 0.8


def as_it_is(error: RequestError) -> RequestError:
    """The ``Explain`` of a caller who knows no more than the error says."""
    return error


class Launch:
    """One launch in a thread of its own."""

    def __init__(self, config: ExperimentConfig, data: Any, namespace: Mapping[str, Any] | None, explain: Explain) -> None:
        self.config = config.model_copy(update={"name": config.name or default_name(config.data or "experiment")})
        self.id = uuid.uuid4().hex
        self.error: AutoMLLabError | None = None
        self._explain = explain
        self.request: Request | None = None
        self.timings: dict[str, float] = {}
        self._created = time.time()
        self._recorded = False
        self._understood, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._guarded, args=(data, namespace), daemon=True, name="automl-launch")

    def begin(self, look: float) -> None:
        """Start, and wait up to ``look`` seconds for the request to be understood. Raises its ``RequestError`` when it is found wrong by then."""
        self._thread.start()
        self._understood.wait(look)
        if self.error is not None:
            raise self.error

    @property
    def name(self) -> str:
        """The experiment's name: the given one, or one made from where the data comes from."""
        return str(self.config.name)

    @property
    def submitted(self) -> bool:
        """Whether the controller has it."""
        return self._over.is_set() and self.error is None

    def wait(self, timeout: float | None) -> None:
        """Wait until it is submitted or has failed."""
        self._over.wait(timeout)

    def _guarded(self, data: Any, namespace: Mapping[str, Any] | None) -> None:
        try:
            self._run(data, namespace)
        except RequestError as error:
            self.error = self._explain(error)
        except AutoMLLabError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001  (a thread's error has no caller: it is kept with its traceback and raised by wait)
            self.error = ExperimentFailed(f"the experiment could not be launched: {type(error).__name__}: {error}")
            self.error.__cause__ = error
        finally:
            self._understood.set()
            self._over.set()

    def _run(self, data: Any, namespace: Mapping[str, Any] | None) -> None:
        from automl_lab.experiment.request import resolve  # noqa: PLC0415  (pandas: half a second that the caller does not wait for)

        began = time.monotonic()
        self.request = request = resolve(self.config, data, namespace)
        self._refuse_second(request)
        self._understood.set()
        store = lab.store()
        store.artifacts.put(request.parquet)
        protocol = store.artifacts.put(request.protocol.text.encode())
        self.timings["prepare"] = time.monotonic() - began
        cluster = canonical(self.config.cluster) or default_address()
        if cluster:
            check_listening(cluster)  # a wrong address leaves nothing behind
        # Recorded before the cluster is touched: whoever dies from here on, the experiment can be attached to and runs.
        store.create_experiment(
            self.id,
            self.name,
            request.config.model_dump(mode="json"),
            request.dataset.to_json(),
            protocol,
            created=self._created,
            timings=self.timings,
            cluster=cluster,
            message="connecting to the cluster" if cluster else "starting the local cluster",
        )
        self._recorded = True
        try:
            joined = lab.connect(cluster)
            self.timings["cluster"] = joined.cluster_seconds
            joined.connection.call("submit", patience=60.0, experiment=self.id, cluster_seconds=joined.cluster_seconds)
        except Exception as error:
            self._fail(error)
            raise

    def _fail(self, error: Exception) -> None:
        """An experiment that no controller took up ends here; one that a controller did take up goes on."""
        if lab.store().experiment(self.id)["started"] is None:
            lab.store().update_experiment(self.id, state="FAILED", phase="done", finished=time.time(), reason=str(error), message=None)

    def _refuse_second(self, request: Request) -> None:
        """An active experiment of that name is an error of the call, not of the launch's last step."""
        refuse_active([str(request.config.name)])

    def snapshot(self) -> dict[str, Any]:
        """The Snapshot while the controller does not have it yet, or when it never will."""
        if self._recorded:
            return view.snapshot(lab.store().experiment(self.id), [], [])
        failed = self.error is not None
        config = self.config
        nothing = ("deadline", "started", "usable", "result")
        record = {
            **dict.fromkeys(nothing),
            "id": self.id,
            "name": self.name,
            "run": 1,
            "owner": lab.store().owner,
            "state": "FAILED" if failed else "QUEUED",
            "phase": "done" if failed else "starting",
            "reason": str(self.error) if failed else None,
            "message": None if failed else "reading the data",
            "config": {**config.model_dump(mode="json"), "objectives": []},
            "dataset": self._data(),
            "timings": dict(self.timings),
            "created": self._created,
            "finished": time.time() if failed else None,
            "revision": 0,
        }
        return view.snapshot(record, [], [])

    def _data(self) -> dict[str, Any]:
        """The data card of data that is not read yet."""
        names = dict.fromkeys(("rows", "columns", "task", "task_reason", "classes", "fingerprint", "validation"))
        return {**names, "source": self.config.data or "DataFrame", "target": self.config.target, "findings": []}


def refuse_active(names: Sequence[str]) -> None:
    """Raise ``RequestError`` when an experiment of one of these names goes on."""
    for record in lab.store().active_experiments():
        if record["name"] in names:
            raise _still_active(record)


def _still_active(record: Mapping[str, Any]) -> RequestError:
    name, state = record["name"], record["state"].lower()
    way_out = f"see it with %automl attach {name}, end it with %automl stop {name}, or choose another name"
    return RequestError(f"an experiment {name!r} is {state}; {way_out}", path=("name",))


def launch(
    config: ExperimentConfig,
    data: Any,
    namespace: Mapping[str, Any] | None,
    made: Callable[[str, Launch], Any],
    *,
    look: float = FIRST_LOOK_SECONDS,
    explain: Explain = as_it_is,
) -> Any:
    """Launch and return ``made(name, launch)``, the caller's handle.

    A request found wrong within ``look`` seconds is raised, later it is kept. ``explain`` adds the place of the wrong words, for a caller who knows the text.
    """
    started = Launch(config, data, namespace, explain)
    started.begin(look)
    return made(started.name, started)
