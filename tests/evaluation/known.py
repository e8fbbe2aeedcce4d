"""Data sets with the out-of-fold predictions of a few fitted candidates, as an experiment would have kept them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import make_classification, make_friedman1

from automl_lab.config import ExperimentConfig
from automl_lab.data.profile import Profile
from automl_lab.evaluation.candidate import render_candidate
from automl_lab.evaluation.ensembles.choose import choose
from automl_lab.evaluation.ensembles.recipe import EnsembleJob, EnsembleOutcome, Member, Recipe
from automl_lab.evaluation.ensembles.rows import Rows, pack
from automl_lab.evaluation.ensembles.source import Part
from automl_lab.evaluation.loaded import LoadedData, OutOfFold, load_data
from automl_lab.evaluation.trial import build
from automl_lab.experiment.request import Request, resolve
from automl_lab.models.family import FAMILIES


def halves() -> pd.DataFrame:
    """Two classes, a tenth of the labels wrong."""
    X, y = make_classification(500, 10, n_informative=5, flip_y=0.2, class_sep=0.8, random_state=1)
    return pd.DataFrame(X, columns=[f"x{number}" for number in range(10)]).assign(target=np.where(y, "yes", "no"))


def blobs() -> pd.DataFrame:
    """Four classes that no single family gets right."""
    X, y = make_classification(600, 10, n_informative=6, n_classes=4, class_sep=0.8, random_state=0)
    return pd.DataFrame(X, columns=[f"x{number}" for number in range(10)]).assign(target=y)


def curves() -> pd.DataFrame:
    """A value that is partly a line and partly none, with a column that is no number."""
    X, y = make_friedman1(400, 8, noise=2.0, random_state=0)
    frame = pd.DataFrame(X, columns=[f"x{number}" for number in range(8)]).assign(target=y + 10 * X[:, 5])
    return frame.assign(colour=np.array(["red", "green", "blue"])[(X[:, 6] * 3).astype(int)])


SETS: dict[str, tuple[Callable[[], pd.DataFrame], str]] = {
    "binary": (halves, "log_loss"),
    "multiclass": (blobs, "log_loss"),
    "regression": (curves, "rmse"),
}
PARAMS: dict[str, dict[str, Any]] = {"linear": {}, "random_forest": {"random_forest.n_estimators": 50}, "xgboost": {"xgboost.n_estimators": 40}}


class Known:
    """A data set with the out-of-fold predictions of three candidates."""

    def __init__(self, task: str, folder: Path, **split: Any) -> None:
        load, self.objective = SETS[task]
        asked = ExperimentConfig.of({"target": "target", "objectives": [self.objective], "trials": 3, **(split or {"folds": 3})})
        self.request: Request = resolve(asked, load())
        (folder / "data.parquet").write_bytes(self.request.parquet)
        self.data: LoadedData = load_data(self.request.protocol, folder / "data.parquet", folder)
        self.profile: Profile = self.request.dataset.profile(0, 1)
        self.folder = folder
        self.stored: dict[str, bytes] = {}
        self.members = tuple(self._member(number, family) for number, family in enumerate(PARAMS))
        self.parts = [Part(number, family, PARAMS[family]) for number, family in enumerate(PARAMS)]
        self.fitted = [self._pipeline(family).fit(self.data.X, self.data.y) for family in PARAMS]

    def _pipeline(self, family: str) -> Any:
        return build(render_candidate(FAMILIES[family], PARAMS[family], self.profile).load(self.folder))

    def _member(self, number: int, family: str) -> Member:
        collected, scores = OutOfFold(self.data), []
        for fit, validation in self.data.protocol.folds(self.data.y):
            pipeline = self._pipeline(family).fit(self.data.X.iloc[fit], self.data.y.iloc[fit])
            predicted = self.data.protocol.predict(pipeline, self.data.X.iloc[validation])
            collected.add(validation, predicted)
            scores.append(self.data.protocol.score(self.data.y.iloc[validation], predicted))
        self.stored[family] = pack(collected.predictions)
        values = {name: float(np.mean([fold[name] for fold in scores])) for name in scores[0]}
        return Member(number, family, {**values, "fit_seconds": 0.5, "predict_ms": 2.0 + number}, 1.0, family, tuple(scores))

    def job(self, members: tuple[Member, ...] | None = None, **changes: Any) -> EnsembleJob:
        """A choice among these members, the best first as an experiment gives them."""
        ranked = sorted(self.members if members is None else members, key=lambda member: member.values[self.objective] or 0.0)
        job = EnsembleJob("e", "p", "d", tuple(ranked), (self.objective,), ("minimize",), (), most_members=8, seconds=100.0)
        return replace(job, **changes)

    def choose(self, members: tuple[Member, ...] | None = None, **changes: Any) -> EnsembleOutcome:
        """What is chosen."""
        return choose(self.job(members, **changes), self.data, self.stored.__getitem__)

    def held_out(self) -> Rows:
        """The rows of the holdout with what the members say of them, fitted on the training rows."""
        found = {number: self.predicted(pipeline, self.data.X_holdout) for number, pipeline in enumerate(self.fitted)}
        return Rows(self.data.X_holdout, self.data.y_holdout, found)

    def predicted(self, pipeline: Any, X: pd.DataFrame) -> np.ndarray:
        """Probabilities or values."""
        return whole(self.data.protocol.predict(pipeline, X))


def whole(prediction: Mapping[str, np.ndarray]) -> np.ndarray:
    """The probabilities or values of what evaluate.py's ``predict`` gives."""
    return np.asarray(prediction.get("probability", prediction.get("value")))


def trials(recipe: Recipe | None) -> list[int]:
    """The members of a recipe."""
    return [] if recipe is None else list(recipe.combination.weights)
