"""Naive Bayes: every column is a bell curve for each class, columns know nothing of one another. The cheapest model that learns."""

from __future__ import annotations

from automl_lab.data.profile import Profile
from automl_lab.models.family import ModelFamily
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.parts import Suggest, Wants

CALIBRATED = Definition.of("automl_lab.models.emitted_probabilities", "CalibratedClassifier")
FOLDS = 5


def build(suggest: Suggest, profile: Profile) -> Call:
    """How much all curves are widened; calibrated, since columns that say the same make it far too sure."""
    # Columns are scaled, so this is a share of a column's own variance; without it a rare category is a needle.
    widened = suggest.float("var_smoothing", 1e-6, 1.0, default=0.1, log=True)
    weight = suggest.choice("class_weight", (None, "balanced"), default=None)
    model = Call("sklearn.naive_bayes.GaussianNB", var_smoothing=widened)
    return Call(CALIBRATED, model, folds=FOLDS, class_weight=weight, random_state=profile.seed)


NAIVE_BAYES = ModelFamily(
    name="naive_bayes",
    title="Naive Bayes",
    tasks=frozenset({"binary", "multiclass"}),
    wants=Wants(scaled=True, dense=True, encodings=("onehot", "target"), many=("target", "onehot", "frequency")),
    build=build,
    uses=(CALIBRATED, "sklearn.naive_bayes.GaussianNB"),
    cost="cheap",
)
