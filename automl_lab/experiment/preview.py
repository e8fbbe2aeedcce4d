"""A request while it is being written: what its data looks like, what is wrong with it so far, and what it would do.

Owns reading and understanding data once for many looks. Refuses to start anything, and errors of its own: what is wrong is what the request would say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl_lab.config import ExperimentConfig
from automl_lab.core.errors import RequestError
from automl_lab.data.bars import NONE, Bars, bars
from automl_lab.data.dataset import Dataset, Finding
from automl_lab.data.kinds import understand
from automl_lab.data.prepare import Prepared
from automl_lab.data.profile import Column
from automl_lab.data.read import read
from automl_lab.experiment.request import Request, checked, source_of, understood, unsuitable, unusable
from automl_lab.models.family import FAMILIES

if TYPE_CHECKING:
    import pandas as pd

MOST_COLUMNS = 300
MOST_ROWS = 100_000  # that columns are looked at by; whether the request is right is always said of all rows


@dataclass(frozen=True)
class Seen:
    """One column: as it is understood, what was found in it, and its distribution."""

    column: Column
    findings: tuple[Finding, ...]
    bars: Bars


@dataclass(frozen=True)
class Outlook:
    """What is known of a request by now.

    ``columns`` are the first ones of the data, the target among them, looked at by ``looked`` of its ``rows``; ``names`` are all. ``dataset`` is there once the
    target is, ``request`` when nothing is wrong; else ``problem`` is the first thing that is. ``left_out`` says of families why they would not be searched.
    """

    names: tuple[str, ...] = ()
    rows: int = 0
    looked: int = 0
    columns: tuple[Seen, ...] = ()
    dataset: Dataset | None = None
    request: Request | None = None
    problem: RequestError | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()  # families that could not be searched even if they were asked for


@dataclass
class _Data:
    """One table and what was found out about it."""

    key: tuple[Any, ...]
    origin: Any  # kept, so that no other table can come to stand where it stood in memory
    frame: pd.DataFrame
    columns: dict[tuple[str, str | None], Seen] = field(default_factory=dict)
    prepared: tuple[tuple[Any, ...], Prepared] | None = None


class Preview:
    """Looks at requests that differ a little from each other. ``namespace`` holds the DataFrames that they may name."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._data: _Data | None = None

    def forget(self) -> None:
        """Read the data again at the next look: a table may have been changed in place."""
        self._data = None

    def look(self, config: ExperimentConfig) -> Outlook:
        """What is known of this request. It may take as long as reading the data takes."""
        try:
            if config.data is None:
                raise RequestError("no data: choose a DataFrame, a file or sklearn:NAME", path=("data",))
            data = self._read(config.data)
        except RequestError as error:
            return Outlook(problem=error)
        seen = self._columns(data, config)
        found = Outlook(tuple(str(name) for name in data.frame.columns), len(data.frame), min(len(data.frame), MOST_ROWS), seen)
        try:
            prepared = self._prepared(data, config)
        except RequestError as error:
            return replace(found, problem=error)
        found = replace(found, dataset=prepared.dataset, columns=_agreeing(seen, prepared.dataset), **_families(config, prepared.dataset))
        try:
            request = checked(config, prepared)
        except RequestError as error:
            return replace(found, problem=error)
        return replace(found, request=request, dataset=request.dataset)

    def _read(self, name: str) -> _Data:
        key = (name, *self._state(name))
        if self._data is None or self._data.key != key:
            self._data = None  # two large tables at once might be one too many
            self._data = _Data(key, self._namespace.get(name), read(name, self._namespace))
        return self._data

    def _state(self, name: str) -> tuple[Any, ...]:
        """What changes when the data behind a name does: the very table, or the file's time and size."""
        if name in self._namespace:
            value = self._namespace[name]
            return id(value), getattr(value, "shape", None), tuple(map(str, getattr(value, "columns", ())))
        try:
            stat = Path(name).stat()
        except (OSError, ValueError):
            return ()
        return stat.st_mtime_ns, stat.st_size

    def _prepared(self, data: _Data, config: ExperimentConfig) -> Prepared:
        key = (config.target, config.task, tuple(sorted(config.columns.items())), config.split)
        if data.prepared is None or data.prepared[0] != key:
            data.prepared = None
            data.prepared = key, understood(config, data.frame, source_of(config, config.data))
        return data.prepared[1]

    def _columns(self, data: _Data, config: ExperimentConfig) -> tuple[Seen, ...]:
        frame = data.frame
        if frame.columns.nlevels > 1:
            return ()  # the request says why
        step = -(-len(frame) // MOST_ROWS)
        found = []
        for position, name in enumerate(map(str, frame.columns[:MOST_COLUMNS])):
            asked = config.columns.get(name)
            key = name, None if asked == "drop" else asked
            if key not in data.columns:
                data.columns[key] = _seen(frame.iloc[:: max(1, step), position].rename(name), key[1])
            found.append(data.columns[key])
        return tuple(found)


def _seen(series: Any, asked: Any) -> Seen:
    try:
        known = understand(series, asked)
    except RequestError as error:  # it is no such thing, which the request says as well
        if asked is None:
            name = str(series.name)
            return Seen(Column(name, "constant", str(series.dtype), 0.0, 0, None), (Finding("warning", name, error.message),), NONE)
        return _seen(series, None)
    return Seen(known.column, known.findings, bars(known))


def _agreeing(seen: tuple[Seen, ...], dataset: Dataset) -> tuple[Seen, ...]:
    """As all rows were understood, where that is another kind than some rows suggest."""
    known = {column.name: column for column in dataset.columns}
    return tuple(replace(each, column=known.get(each.column.name, each.column)) for each in seen)


def _families(config: ExperimentConfig, dataset: Dataset) -> dict[str, Any]:
    refused = {name: reason for name in FAMILIES if (reason := unusable(name, dataset)) is not None}
    unsuited = {name: reason for name in FAMILIES if name not in refused and (reason := unsuitable(name, config, dataset)) is not None}
    return {"left_out": {**refused, **unsuited}, "refused": frozenset(refused)}
