"""The baseline: class shares, or the mean. What every other family has to beat."""

from __future__ import annotations

from automl_lab.data.profile import Profile
from automl_lab.models.family import ModelFamily
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.parts import Suggest, Wants


def build(_suggest: Suggest, profile: Profile) -> Call:
    """A dummy; there is nothing to choose."""
    if profile.task == "regression":
        return Call("sklearn.dummy.DummyRegressor", strategy="mean")
    return Call("sklearn.dummy.DummyClassifier", strategy="prior")


BASELINE = ModelFamily(
    name="baseline",
    title="Baseline",
    tasks=frozenset({"binary", "multiclass", "regression"}),
    wants=Wants(prepared=False),
    build=build,
    uses=("sklearn.dummy.DummyClassifier", "sklearn.dummy.DummyRegressor"),
    cost="cheap",
)
