"""Support vector machines with a radial kernel: strong on small data that is numeric, cubic in the rows."""

from __future__ import annotations

from automl_lab.data.profile import Profile
from automl_lab.models.family import ModelFamily, at_most
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.parts import Suggest, Wants

CALIBRATED = Definition.of("automl_lab.models.emitted_probabilities", "CalibratedClassifier")
MOST_ROWS = 10_000
# One margin for each pair of classes says more than one for each class, but with very many classes there are too many pairs.
PAIRED_CLASSES = 30
FOLDS = 5


def build(suggest: Suggest, profile: Profile) -> Call:
    """How closely the margin follows single rows (``C``) and how far a row reaches (``gamma``) are the choices."""
    classify = profile.task != "regression"
    # A noisy target is followed too closely long before classes are.
    strength = suggest.float("C", 0.01, 1000.0, default=10.0 if classify else 1.0, log=True)
    # "scale" knows the number of columns after the preparation, which nothing here does.
    reach = suggest.choice("reach", ("scale", "chosen"), default="scale")
    gamma = "scale" if reach == "scale" else suggest.float("gamma", 1e-4, 1.0, default=0.03, log=True)
    if not classify:
        # The tube's width is in units of the target: hence the scaled target.
        epsilon = suggest.float("epsilon", 1e-3, 0.5, default=0.1, log=True)
        return Call(
            "sklearn.compose.TransformedTargetRegressor",
            Call("sklearn.svm.SVR", C=strength, gamma=gamma, epsilon=epsilon),
            transformer=Call("sklearn.preprocessing.StandardScaler"),
        )
    weight = suggest.choice("class_weight", (None, "balanced"), default=None)
    shape = "ovo" if len(profile.classes or ()) <= PAIRED_CLASSES else "ovr"
    return Call(
        CALIBRATED,
        Call("sklearn.svm.SVC", C=strength, gamma=gamma, class_weight=weight, decision_function_shape=shape),
        folds=FOLDS,
        class_weight=weight,
        random_state=profile.seed,
    )


SVM = ModelFamily(
    name="svm",
    title="Support vector machine",
    tasks=frozenset({"binary", "multiclass", "regression"}),
    wants=Wants(scaled=True, dense=True, encodings=("onehot", "target"), many=("target", "onehot", "frequency", "hashing")),
    build=build,
    uses=(
        CALIBRATED,
        "sklearn.svm.SVC",
        "sklearn.svm.SVR",
        "sklearn.compose.TransformedTargetRegressor",
        "sklearn.preprocessing.StandardScaler",
    ),
    cost="medium",
    suits=at_most(MOST_ROWS),
    steep=True,
)
