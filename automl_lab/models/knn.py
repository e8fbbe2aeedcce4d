"""Nearest neighbours: what the most similar training rows have. Nothing is learned, so it errs otherwise than the rest."""

from __future__ import annotations

from automl_lab.data.profile import Profile
from automl_lab.models.family import ModelFamily, at_most
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.parts import Suggest, Wants

SMOOTH_NEIGHBORS = Definition.of("automl_lab.models.emitted_neighbors", "SmoothNeighbors")
NEAREST_ROWS = Definition.of("automl_lab.models.emitted_neighbors", "NearestRows")
MOST_ROWS = 50_000
MOST_NEIGHBORS = 100


def build(suggest: Suggest, profile: Profile) -> Call:
    """How many neighbours count, how much the nearer ones count more, and what near means."""
    classify = profile.task != "regression"
    most = max(1, min(MOST_NEIGHBORS, profile.rows // 4))
    neighbors = suggest.int("n_neighbors", 1, most, default=min(10, most), log=True)
    weights = suggest.choice("weights", ("distance", "uniform"), default="distance")
    power = suggest.choice("p", (1, 2), default=1 if classify else 2)
    target = SMOOTH_NEIGHBORS if classify else NEAREST_ROWS
    return Call(target, n_neighbors=neighbors, weights=weights, p=power, n_jobs=profile.threads)


KNN = ModelFamily(
    name="knn",
    title="Nearest neighbours",
    tasks=frozenset({"binary", "multiclass", "regression"}),
    wants=Wants(scaled=True, dense=True, encodings=("onehot", "target"), many=("target", "onehot", "frequency")),
    build=build,
    uses=(SMOOTH_NEIGHBORS, NEAREST_ROWS),
    suits=at_most(MOST_ROWS),
)
