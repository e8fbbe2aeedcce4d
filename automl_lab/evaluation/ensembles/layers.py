"""Two layers: a boosted model on the members' out-of-fold predictions and the features, both at once.

scikit-learn's ``StackingClassifier`` and ``StackingRegressor`` with ``passthrough``. Owns the second model: a candidate like any other, built for
the features and one column more for each prediction. Here it is fitted on the recorded out-of-fold predictions, to judge it before it is paid for.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from automl_lab.data.profile import Column, Profile
from automl_lab.evaluation.candidate import build_candidate
from automl_lab.evaluation.ensembles.averages import ranked
from automl_lab.evaluation.ensembles.recipe import Combination, Limits
from automl_lab.evaluation.ensembles.rows import Measure, Rows
from automl_lab.models.family import FAMILIES
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.persist import dump_model
from automl_lab.pipelines.render import render
from automl_lab.pipelines.suggest import FixedSuggest

SECOND = "hist_gradient_boosting"
PARTS = 5  # each member is fitted so many times for the second model, and once more for itself
FITS = PARTS + 1.0
MOST_MEMBERS = 5
ROUNDS = 60
LEAST_ROWS = 1_000  # below this a second model learns the noise of the first
LEAST_OF_A_CLASS = 4 * PARTS  # so that every class is in every part of every fold
COST_ROWS = 1000
THESE_COLUMNS = Definition.of("automl_lab.evaluation.ensembles.emitted", "these_columns")
WITH_NAMES = Definition.of("automl_lab.evaluation.ensembles.emitted", "with_names")


def suits(rows: Rows, profile: Profile | None) -> bool:
    """Whether two layers can be trained: classes with rows enough, and features that can stand beside numbers in one array."""
    if profile is None or len(rows) < LEAST_ROWS or all(column.kind == "datetime" for column in profile.columns):
        return False
    counts = rows.y.value_counts()  # a class of one row is in none of these
    return profile.task == "regression" or (len(counts) == len(profile.classes or ()) and int(counts.min()) >= LEAST_OF_A_CLASS)


def choose_layers(rows: Rows, measure: Measure, limits: Limits) -> Combination | None:
    """The best candidate of each family, as many as may stand together beside the second model."""
    families: dict[str, int] = {}
    for trial in ranked(rows, measure):
        families.setdefault(limits.members[trial].family, trial)
    kept = limits.leading(families.values(), min(MOST_MEMBERS, limits.job.most_members - 1), FITS)
    return Combination("layers", dict.fromkeys(kept, 1)) if len(kept) > 1 and limits.allow(kept, FITS) else None


def second_model(profile: Profile, names: Sequence[str]) -> Call:
    """The model of the second layer: its input has a column for each prediction of each member, then the usable features in the order of the data."""
    columns = [column.name for column in profile.columns]
    predictions = prediction_columns(profile, names, columns)
    numbers = tuple(Column(name, "numeric", "float64", 0.0, profile.rows, None) for name in predictions)
    given = {f"{SECOND}.max_iter": ROUNDS, f"{SECOND}.max_leaf_nodes": 8, f"{SECOND}.learning_rate": 0.05}
    # The user's ranges are of the search: this model is none of its candidates.
    model = build_candidate(FAMILIES[SECOND], FixedSuggest(given), replace(profile, ranges={}, columns=(*numbers, *profile.columns)))
    named = Call("sklearn.preprocessing.FunctionTransformer", WITH_NAMES, kw_args={"columns": [*predictions, *columns]})
    return Call("sklearn.pipeline.make_pipeline", named, model)


def prediction_columns(profile: Profile, names: Sequence[str], columns: Sequence[str]) -> list[str]:
    """A name for each prediction of each member that no column of the data has: of two classes only the second one's probability is one."""
    count = 1 if profile.task != "multiclass" else len(profile.classes or ())
    wanted = [name if count == 1 else f"{name}_{number}" for name in names for number in range(count)]
    while set(wanted) & set(columns):
        wanted = [f"{name}_" for name in wanted]
    return wanted


class SecondLayer:
    """The second model, fitted on rows with out-of-fold predictions."""

    def __init__(self, combination: Combination, rows: Rows, profile: Profile) -> None:
        self.trials, self.columns = list(combination.weights), [column.name for column in profile.columns]
        call = second_model(profile, [f"trial_{trial}" for trial in self.trials])
        with tempfile.TemporaryDirectory(prefix="automl-layers-") as folder:
            model = render(call, title="The second of two layers.").load(Path(folder)).build_pipeline()
            self.model: Any = model.fit(self._beside(rows.X, rows.predictions), rows.y.to_numpy())

    def predict(self, rows: Rows) -> np.ndarray:
        """Probabilities in the order of the classes, or values."""
        predict = getattr(self.model, "predict_proba", None) or self.model.predict
        return np.asarray(predict(self._beside(rows.X, rows.predictions)))

    def costs(self, rows: Rows) -> dict[str, float]:
        """What the second model adds: milliseconds to predict 1,000 rows, and its kilobytes."""
        many = rows.take(np.resize(np.arange(len(rows)), COST_ROWS))
        self.predict(many)
        times = []
        for _ in range(3):
            began = time.perf_counter()
            self.predict(many)
            times.append(time.perf_counter() - began)
        return {"predict_ms": 1000 * statistics.median(times), "model_kb": len(dump_model(self.model)) / 1024}

    def _beside(self, X: Any, predictions: Mapping[int, np.ndarray]) -> np.ndarray:
        """What the stacking estimator gives its second model: predictions and features in one array."""
        blocks = [predictions[trial] for trial in self.trials]
        parts = [each[:, None] if each.ndim == 1 else each[:, 1:] if each.shape[1] == 2 else each for each in blocks]
        return np.hstack([*parts, X[self.columns]])
