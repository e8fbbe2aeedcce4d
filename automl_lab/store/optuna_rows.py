"""Finished trials as rows of Optuna's RDB tables, many in one transaction.

Optuna's own ``create_new_trial`` looks every parameter up before it writes it, some 20 ms of a core per trial (see benchmarks/RESULTS.md); a
mirror that only ever adds finished trials needs none of that. Owns the layout of Optuna's schema, which is checked when the tables are opened
(Optuna refuses a database of another schema version). Refuses everything but adding.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from optuna.distributions import distribution_to_json
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial
from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session


def insert_trials(engine: Engine, trials: Sequence[tuple[int, FrozenTrial]]) -> None:
    """Add the trials, each with the id of its study; their ``number`` is taken as it is. All of them are added, or none."""
    with Session(engine) as session, session.begin():
        made = [models.TrialModel(study_id=study, number=trial.number, state=trial.state) for study, trial in trials]
        for model, (_, trial) in zip(made, trials, strict=True):
            model.datetime_start, model.datetime_complete = trial.datetime_start, trial.datetime_complete
        session.add_all(made)
        session.flush()  # gives the ids
        children: dict[type[Any], list[dict[str, Any]]] = {}
        for model, (_, trial) in zip(made, trials, strict=True):
            for table, row in _children(trial):
                children.setdefault(table, []).append({"trial_id": model.trial_id, **row})
        for table, rows in children.items():
            session.execute(insert(table), rows)


def _children(trial: FrozenTrial) -> list[tuple[type[Any], dict[str, Any]]]:
    rows: list[tuple[type[Any], dict[str, Any]]] = []
    for objective, value in enumerate(trial.values or ()):
        stored, kind = models.TrialValueModel.value_to_stored_repr(value)
        rows.append((models.TrialValueModel, {"objective": objective, "value": stored, "value_type": kind}))
    for name, value in trial.params.items():
        distribution = trial.distributions[name]
        param = {"param_name": name, "param_value": distribution.to_internal_repr(value), "distribution_json": distribution_to_json(distribution)}
        rows.append((models.TrialParamModel, param))
    for step, value in trial.intermediate_values.items():
        stored, between = models.TrialIntermediateValueModel.intermediate_value_to_stored_repr(value)
        rows.append((models.TrialIntermediateValueModel, {"step": step, "intermediate_value": stored, "intermediate_value_type": between}))
    for table, attributes in ((models.TrialUserAttributeModel, trial.user_attrs), (models.TrialSystemAttributeModel, trial.system_attrs)):
        rows += [(table, {"key": key, "value_json": json.dumps(value)}) for key, value in attributes.items()]
    return rows
