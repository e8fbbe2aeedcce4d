"""Nested cross-validation: the whole search again for every outer fold, each an experiment of its own whose holdout is that fold.

Method: Stone 1974 (cross-validatory choice and assessment), Varma and Simon 2006 (bias of the inner score). What is scored is the search with what it
chooses; no row that is scored had a part in it. Owns how outer folds are cut and how their scores are put together. Refuses to search: experiments do,
and where a column names their folds they try no bag and no second layer, which fold rows anew.
"""

from __future__ import annotations

import io
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from automl_lab.config import ExperimentConfig
from automl_lab.core.errors import AutoMLLabError, RequestError
from automl_lab.data.validation import Validation
from automl_lab.experiment.handle import Handle
from automl_lab.splitting import Split
from automl_lab.summary import value_text

if TYPE_CHECKING:
    import pandas as pd

    from automl_lab.data.parts import Rows
    from automl_lab.experiment.request import Request

LEAST, MOST = 2, 20
MOST_HELD = 0.5  # what may be held out is less
FOLD = "outer fold"
NAME_LENGTH = 50  # of the given name; the rest says which outer fold
Each = TypeVar("Each", bound=Handle)
Fold = tuple[dict[str, Any], "pd.DataFrame"]


@dataclass(frozen=True, repr=False)
class NestedCV(Generic[Each]):
    """The searches of the outer folds. They go on without this object: ``NestedCV([Experiment.attach(name), …])`` puts them together again."""

    experiments: Sequence[Each]

    def wait(self, timeout: float | None = None) -> NestedCV[Each]:
        """Wait for all of them, up to ``timeout`` seconds for each, then raise the first error of any (see ``Experiment.wait``)."""
        self._each(lambda experiment: experiment.wait(timeout))
        return self

    def stop(self) -> None:
        """End all searches, each keeps its best; then raise the first error of any."""
        self._each(lambda experiment: experiment.stop())

    def _each(self, act: Callable[[Each], object]) -> None:
        problems: list[Exception] = []
        for experiment in self.experiments:
            try:
                act(experiment)
            except (AutoMLLabError, TimeoutError) as error:
                problems.append(error)
        if problems:
            raise problems[0]

    def scores(self) -> pd.DataFrame:
        """A row for each outer fold: experiment, state, the winner's family, and the main objective by validation and on the outer fold."""
        import pandas as pd  # noqa: PLC0415

        return pd.DataFrame(self._found())

    @property
    def estimate(self) -> float:
        """The mean of the main objective over the outer folds. Raises ``RequestError`` while one has no score."""
        return statistics.fmean(self._outer())

    @property
    def deviation(self) -> float:
        """The standard deviation of the main objective between the outer folds. Raises ``RequestError`` while one has no score, and for a single one."""
        found = self._outer()
        if len(found) < LEAST:
            raise RequestError(f"{len(found)} outer folds have no deviation; put all of them together")
        return statistics.stdev(found)

    def _found(self) -> list[dict[str, Any]]:
        return [_scored(each.snapshot()) for each in self.experiments]

    def _outer(self) -> list[float]:
        found = self._found()
        missing = [f"{row['experiment']} ({row['state'].lower()})" for row in found if row[FOLD] is None]
        if missing or not found:
            raise RequestError(f"no score of {', '.join(missing) or 'any outer fold'}; wait() waits for those that go on")
        return [row[FOLD] for row in found]

    def __repr__(self) -> str:
        try:
            found = f"{value_text(self.estimate)} ± {value_text(self.deviation)} over {len(self.experiments)} outer folds"
        except RequestError as error:
            found = error.message
        return f"<NestedCV: {found}>"


def _scored(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    result = snapshot["result"] or {}
    main = snapshot["objectives"][0]["name"] if snapshot["objectives"] else None
    winner = next((row for row in snapshot["trials"] if row["number"] == result.get("winner")), None)
    return {
        "experiment": snapshot["name"],
        "state": snapshot["state"],
        "family": winner["family"] if winner else None,
        "objective": main,
        "validation": winner["values"].get(main) if winner else None,
        FOLD: (result.get("holdout") or {}).get(main),
    }


def outer_requests(config: ExperimentConfig, data: Any, namespace: Mapping[str, Any] | None, outer: int) -> list[tuple[ExperimentConfig, pd.DataFrame]]:
    """The configuration and the rows of every outer fold's search. Raises ``RequestError`` for what cannot be cut so."""
    import pandas as pd  # noqa: PLC0415

    from automl_lab.experiment.request import resolve  # noqa: PLC0415  (pandas)

    if not LEAST <= outer <= MOST:
        raise RequestError(f"{outer} outer folds: give {LEAST} to {MOST}")
    if config.split.kind == "given":
        raise RequestError("split: given names the rows that are held out; nested_cv cuts the outer folds itself", path=("split",))
    if config.holdout is not None:
        raise RequestError(f"holdout: {config.holdout:g} says nothing here: each outer fold is the holdout of its search; leave it out", path=("holdout",))
    request = resolve(config, data, namespace)
    frame = pd.read_parquet(io.BytesIO(request.parquet))
    cut = _by_time if request.dataset.validation.kind == "time" else _by_name
    known = _known(config, request)
    base = str(request.config.name)[:NAME_LENGTH]
    found = []
    for number, (settings, rows) in enumerate(cut(request, frame, outer), 1):
        asked = ExperimentConfig.of({**known.model_dump(), "name": f"{base}_outer_{number}", **settings})
        _refuse_other_classes(request, rows, number)
        resolve(asked, rows)  # what is wrong with one of them is said before any is begun
        found.append((asked, rows))
    return found


def _refuse_other_classes(request: Request, rows: pd.DataFrame, number: int) -> None:
    """Scores of searches that knew other classes cannot be put together."""
    classes = request.dataset.classes
    if classes is None:
        return
    there = set(rows[request.dataset.target])
    missing = next((each for each in classes if each not in there), None)
    if missing is not None:
        raise RequestError(f"outer fold {number} has no row of the class {missing!r} by then; give fewer outer folds", path=("split",))


def _known(config: ExperimentConfig, request: Request) -> ExperimentConfig:
    """What all of them are asked for: the kinds of the columns are those of all rows, and nothing is spent on estimates or models nobody asks for."""
    read = {"target": request.dataset.target, "task": request.dataset.task, "objectives": request.config.objectives, "columns": _kinds(request)}
    return config.model_copy(update={**read, "data": None, "nested": False, "deliver": "scored", "folds": None})


def _kinds(request: Request) -> dict[str, str]:
    return {column.name: column.kind if column.usable else "drop" for column in request.dataset.columns}


def _by_name(request: Request, frame: pd.DataFrame, outer: int) -> Iterator[Fold]:
    """Rows by chance or whole groups: a column names the outer fold's rows, and the inner folds of the others as their own search would cut them."""
    import numpy as np  # noqa: PLC0415

    validation = request.dataset.validation
    inner = replace(validation, kind="kfold" if validation.kind == "repeated" else validation.kind, repeats=1)
    whole = replace(inner, kind="group" if validation.kind == "group" else "kfold", folds=outer)
    column = FOLD
    while column in frame.columns:
        column += "_"
    kinds = _kinds(request) | ({} if validation.column is None else {validation.column: "drop"})
    for fit, held in _cut(request, frame, whole, outer):
        names = np.full(len(frame), "train", dtype=object)
        for number, (_, judged) in enumerate(_cut(request, frame.iloc[fit], inner, outer), 1):
            names[fit[judged]] = "validation" if inner.kind == "holdout" else f"{number}"
        names[held] = "holdout"
        yield {"split": Split(kind="given", column=column), "columns": kinds}, frame.assign(**{column: names.astype(str)})


def _by_time(request: Request, frame: pd.DataFrame, outer: int) -> Iterator[Fold]:
    """Each outer fold is the latest rows of a search that knows nothing after them."""
    from automl_lab.data.split import moments  # noqa: PLC0415

    validation = request.dataset.validation
    known = moments(frame[validation.column])
    # The first of these parts would hold out half of what there is by then; it is fitted only.
    for _, held in _cut(request, frame, replace(validation, folds=outer + 1, window=1.0), outer)[1:]:
        rows = frame[known <= known[held].max()].reset_index(drop=True)
        share = len(held) / len(rows)
        if share >= MOST_HELD:
            raise RequestError(f"an outer fold by {validation.column!r} holds {share:.0%} of the rows up to its end; give more outer folds", path=("split",))
        yield {"holdout": share, "folds": validation.folds}, rows


def _cut(request: Request, frame: pd.DataFrame, known: Validation, outer: int) -> list[Rows]:
    from automl_lab.data.parts import folded  # noqa: PLC0415

    marks = None if known.column is None else frame[known.column]
    parts = folded(known, frame[request.dataset.target], marks, request.config.seed, stratify=request.dataset.task != "regression")
    if not all(len(fit) and len(judged) for fit, judged in parts):
        by = "" if known.column is None else f" by {known.column!r}"
        raise RequestError(f"{len(frame):,} rows{by} are too few for {outer} outer folds and the folds within them; give fewer")
    return parts
