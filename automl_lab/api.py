"""The Python face: what ``import automl_lab`` offers, and what cell, shell and server are made of.

Owns nothing but the joining of rooms: a handle that can also report and explain. Refuses to block: ``automl`` returns while the search begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl_lab.config import ExperimentConfig
from automl_lab.core.errors import AutoMLLabError
from automl_lab.experiment import doctor as doctoring
from automl_lab.experiment import lab
from automl_lab.experiment.doctor import Check
from automl_lab.experiment.handle import Handle
from automl_lab.experiment.launch import FIRST_LOOK_SECONDS, Explain, Launch, as_it_is, launch, refuse_active
from automl_lab.experiment.outer_folds import NestedCV, outer_requests

if TYPE_CHECKING:
    import pandas as pd

    from automl_lab.data.dataset import Dataset
    from automl_lab.report.builder import Report

SUBMITTED_SECONDS = 60.0  # outer folds are begun one after the other: each is understood before the next one is


class Experiment(Handle):
    """An experiment: ``.wait()``, ``.stop()``, ``.leaderboard()``, ``.predict(df)``, ``.report()``; see the methods."""

    def report(self, path: str | Path | None = None) -> Report:
        """Build, execute and export the report notebook; by default ``NAME-report/NAME.ipynb``. Takes as long as refitting the winner, and some seconds."""
        from automl_lab.report.builder import build_report  # noqa: PLC0415  (papermill and nbformat)

        inputs = self.inputs()
        name = inputs["snapshot"]["name"]
        return build_report(inputs, Path(path) if path is not None else Path(f"{name}-report") / f"{name}.ipynb")

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002  (IPython leaves out what it does not want)
        """What a notebook shows of it: its state as HTML and as text, also where no widget runs."""
        from automl_lab.static_view.html import to_html, to_text  # noqa: PLC0415  (only where one is shown)

        try:
            snapshot = self.snapshot()
        except AutoMLLabError as error:
            return {"text/plain": f"<Experiment {self.name}: {error}>"}
        return {"text/plain": to_text(snapshot), "text/html": to_html(snapshot)}

    def explain(self, frame: pd.DataFrame) -> pd.DataFrame:
        """SHAP values of the usable model for these rows: one column per feature (and per class, for several classes), with the input's index."""
        from automl_lab.report.explain import explain  # noqa: PLC0415  (numpy and pandas)

        model = self._model()
        rows, known = model.features(frame), model.dataset
        return explain(model.pipeline, rows, model.training_rows(lab.store().artifacts), task=known.task, classes=known.classes)


@dataclass(frozen=True)
class Plan:
    """A dry run: the resolved configuration, the data as understood, and how many candidates. Nothing was started."""

    config: ExperimentConfig
    dataset: Dataset
    candidates: str


def automl(
    data: Any = None,
    *,
    namespace: Mapping[str, Any] | None = None,
    config: ExperimentConfig | None = None,
    look: float = FIRST_LOOK_SECONDS,
    explain: Explain = as_it_is,
    **settings: Any,
) -> Experiment:
    """Start a search and return at once.

    ``data`` is a DataFrame, a path or URL, ``"sklearn:NAME"`` or the name of a DataFrame in ``namespace``; the settings are those of
    ``ExperimentConfig`` (``target="Churn", time="10m", metric="roc_auc"``), or a whole ``config``. Raises ``RequestError`` when the request is wrong and that
    shows within ``look`` seconds; what shows later is the experiment's failure. ``explain`` adds to such an error where in a text it was asked for.
    """
    asked, frame = _asked(data, config, settings), None if isinstance(data, str) else data
    started: Experiment = launch(asked, frame, namespace, _launched, look=look, explain=explain)
    return started


def _launched(name: str, started: Launch) -> Experiment:
    return Experiment(name, launch=started)


def plan(data: Any = None, *, namespace: Mapping[str, Any] | None = None, config: ExperimentConfig | None = None, **settings: Any) -> Plan:
    """What ``automl`` would do with the same arguments, without starting anything."""
    from automl_lab.experiment.request import resolve  # noqa: PLC0415  (pandas)

    request = resolve(_asked(data, config, settings), None if isinstance(data, str) else data, namespace)
    return Plan(request.config, request.dataset, request.candidates)


def nested_cv(
    data: Any = None,
    *,
    outer: int = 3,
    namespace: Mapping[str, Any] | None = None,
    config: ExperimentConfig | None = None,
    **settings: Any,
) -> NestedCV[Experiment]:
    """Score the search itself: as many searches as there are outer folds, each on the other folds' rows, and return at once.

    They are experiments of their own, ``NAME_outer_1`` and so on, and run side by side, so they share the cores: where they fill the machine, give ``outer``
    times the ``time`` that one search would have alone. Arguments and errors are those of ``automl``; all that can be found wrong is, before one begins.
    Groups stay whole; in time every outer fold comes after the rows that its search sees. When one cannot be started, those before it are stopped.
    """
    wanted = outer_requests(_asked(data, config, settings), None if isinstance(data, str) else data, namespace, outer)
    refuse_active([str(each.name) for each, _ in wanted])
    begun: list[Experiment] = []
    try:
        for each, rows in wanted:
            begun.append(launch(each, rows, None, _launched, look=SUBMITTED_SECONDS))
    except BaseException:
        with suppress(AutoMLLabError):  # why it could not be started is the error to raise
            NestedCV(begun).stop()
        raise
    return NestedCV(begun)


def _asked(data: Any, config: ExperimentConfig | None, settings: dict[str, Any]) -> ExperimentConfig:
    if config is None:
        return ExperimentConfig.of({**settings, **({"data": data} if isinstance(data, str) else {})})
    if settings:
        raise TypeError(f"give a config or settings, not both: {', '.join(settings)}")
    return config.model_copy(update={"data": data}) if isinstance(data, str) else config


def experiments() -> list[dict[str, Any]]:
    """This user's experiments, the newest first: name, run, state, reason, created and what was asked."""
    return lab.store().experiments()


def doctor(cluster: str | None = None) -> list[Check]:
    """What is installed, reachable and in order here, with advice for what is not. Starts nothing."""
    return doctoring.examine(cluster)
