"""The trials as Optuna's own tables know them, in the same database, for optuna-dashboard and other readers of Optuna studies.

Owns the translation of a finished trial row. Refuses to be a source: nothing of ours reads these tables for a decision, and a trial that is
not finished is not in them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from optuna.distributions import BaseDistribution, json_to_distribution
from optuna.exceptions import OptunaError
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from automl_lab.core.errors import StoreError
from automl_lab.store.connection import BUSY_SECONDS, address, configure_sqlite
from automl_lab.store.optuna_rows import insert_trials
from automl_lab.store.tables import without_nonfinite

_STATES = {"COMPLETED": TrialState.COMPLETE, "PRUNED": TrialState.PRUNED, "FAILED": TrialState.FAIL}
_METRIC_NAMES = "study:metric_names"


class OptunaMirror:
    """Writes finished trials into Optuna's tables. For one thread at a time."""

    def __init__(self, database_url: str) -> None:
        parsed = address(database_url)
        sqlite = parsed.get_backend_name() == "sqlite"
        url = parsed.render_as_string(hide_password=False)
        try:
            self._storage = RDBStorage(url, engine_kwargs={"connect_args": {"timeout": BUSY_SECONDS}} if sqlite else {"pool_pre_ping": True})
        except (OptunaError, SQLAlchemyError, ImportError, RuntimeError) as error:
            raise StoreError(f"Optuna's tables in {parsed.render_as_string()} cannot be used: {str(error).splitlines()[0]}") from error
        if sqlite:
            configure_sqlite(self._storage.engine)
            self._storage.engine.dispose()  # the connections opened before the settings
        self._studies: dict[str, _Study] = {}

    def study(self, experiment_id: str, name: str, directions: Mapping[str, str], owner: str = "") -> int:
        """The Optuna study of an experiment, made when it is not there; ``directions`` maps each objective to "maximize" or "minimize"."""
        title = f"{name} ({experiment_id[:8]})"
        known = {study.study_name: study for study in self._storage.get_all_studies()}
        if title in known:
            number = known[title]._study_id
            done = {trial.user_attrs["trial"] for trial in self._storage.get_all_trials(number, deepcopy=False)}
        else:
            number = self._storage.create_new_study([StudyDirection[each.upper()] for each in directions.values()], title)
            self._storage.set_study_system_attr(number, _METRIC_NAMES, list(directions))
            self._storage.set_study_user_attr(number, "owner", owner)
            self._storage.set_study_user_attr(number, "experiment", experiment_id)
            done = set()
        self._studies[experiment_id] = _Study(number, tuple(directions), done)
        return number

    def knows(self, experiment_id: str) -> bool:
        """Whether ``study`` was called for this experiment."""
        return experiment_id in self._studies

    def record_all(self, items: Iterable[tuple[str, Mapping[str, Any], Mapping[str, float]]]) -> int:
        """Mirror finished trial rows of any experiments (id, row, constraint violations) in one transaction; returns how many were new.

        Optuna numbers trials in the order in which they finish; our number is their attribute ``trial``. A violation is above zero for an
        infeasible trial. Raises ``KeyError`` before ``study`` was called and ``ValueError`` for an unfinished trial.
        """
        new: list[tuple[_Study, int, FrozenTrial]] = []
        numbers: dict[int, int] = {}
        for experiment_id, row, constraints in items:
            study = self._studies[experiment_id]
            if row["number"] in study.done or any(kept is study and number == row["number"] for kept, number, _ in new):
                continue
            trial = _frozen(row, study.objectives, constraints)
            trial.number = numbers.setdefault(study.number, len(study.done))
            numbers[study.number] += 1
            new.append((study, row["number"], trial))
        try:
            if new:
                insert_trials(self._storage.engine, [(study.number, trial) for study, _, trial in new])
        except (OptunaError, SQLAlchemyError) as error:
            raise StoreError(f"{len(new)} trials could not be mirrored for Optuna: {str(error).splitlines()[0]}") from error
        for study, number, _ in new:
            study.done.add(number)
        return len(new)

    def close(self) -> None:
        """Let go of the database's connections."""
        self._storage.remove_session()
        self._storage.engine.dispose()


class _Study:
    def __init__(self, number: int, objectives: tuple[str, ...], done: set[int]) -> None:
        self.number, self.objectives, self.done = number, objectives, done


def _frozen(row: Mapping[str, Any], objectives: tuple[str, ...], constraints: Mapping[str, float]) -> FrozenTrial:
    if row["state"] not in _STATES:
        raise ValueError(f"trial {row['number']} is {row['state']}; only finished trials are mirrored")
    values = [without_nonfinite(row["values"].get(name)) for name in objectives]
    complete = row["state"] == "COMPLETED" and None not in values
    state = TrialState.FAIL if row["state"] == "COMPLETED" and not complete else _STATES[row["state"]]
    distributions = {name: _distribution(text) for name, text in row["distributions"].items()}
    trial = FrozenTrial(
        number=-1,
        trial_id=-1,
        state=state,
        value=None,
        values=values if complete else None,
        datetime_start=_moment(row.get("started") or row.get("asked") or row.get("finished")),
        datetime_complete=_moment(row.get("finished") or row.get("started") or row.get("asked")),
        params={name: row["params"][name] for name in distributions},
        distributions=distributions,
        user_attrs={"trial": row["number"], **{key: row[key] for key in ("family", "origin", "source", "note", "error") if row.get(key) is not None}},
        system_attrs={},
        intermediate_values=_folds(row.get("folds", ()), objectives[0]),
    )
    for name, violation in constraints.items():
        trial.set_constraint(name, violation)
    trial._validate()
    return trial


def _distribution(text: str | Mapping[str, Any]) -> BaseDistribution:
    return json_to_distribution(text if isinstance(text, str) else json.dumps(text))


def _folds(folds: Any, objective: str) -> dict[int, float]:
    scores = ((step, without_nonfinite(fold.get(objective))) for step, fold in enumerate(folds))
    return {step: float(score) for step, score in scores if score is not None}


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds)  # Optuna's columns hold local time
