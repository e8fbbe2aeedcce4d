"""Gaussian processes: smooth functions with honest uncertainty, for tiny data, since they are cubic in the rows and again in the steps of the fit."""

from __future__ import annotations

from automl_lab.data.profile import Profile
from automl_lab.models.family import ModelFamily
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.parts import Suggest, Wants

FEW_STEPS = Definition.of("automl_lab.models.emitted_process", "few_steps")
JITTERED_PROCESS = Definition.of("automl_lab.models.emitted_process", "JitteredProcess")
KERNELS = "sklearn.gaussian_process.kernels"
MOST_ROWS = 1_000
# One process for each class, each of them fitted in many steps.
MOST_CLASSES = 5
ROUGHNESS = {"matern_0.5": 0.5, "matern_1.5": 1.5, "matern_2.5": 2.5}


def build(suggest: Suggest, profile: Profile) -> Call:
    """How smooth the function is and whether a straight trend goes through it; the rest of the kernel is found in the fit."""
    # The fit starts from here: rows of few scaled columns are a few units apart.
    length = suggest.float("length_scale", 0.3, 30.0, default=3.0, log=True)
    shape = suggest.choice("kernel", ("rbf", *ROUGHNESS), default="matern_1.5")
    smooth = Call(f"{KERNELS}.RBF", length) if shape == "rbf" else Call(f"{KERNELS}.Matern", length, nu=ROUGHNESS[shape])
    kernel = Call(f"{KERNELS}.Product", Call(f"{KERNELS}.ConstantKernel", 1.0 if profile.task == "regression" else 10.0), smooth)
    if suggest.choice("trend", (False, True), default=False):
        # Beyond these bounds the trend drowns whatever else there is, in rounding too: columns and target are on one scale.
        weight = Call(f"{KERNELS}.ConstantKernel", 0.1, constant_value_bounds=(1e-5, 1e3))
        straight = Call(f"{KERNELS}.Product", weight, Call(f"{KERNELS}.DotProduct", sigma_0_bounds=(1e-2, 1e2)))
        kernel = Call(f"{KERNELS}.Sum", kernel, straight)
    if profile.task != "regression":
        name = "sklearn.gaussian_process.GaussianProcessClassifier"
        return Call(name, kernel, optimizer=FEW_STEPS, n_jobs=profile.threads, random_state=profile.seed)
    noisy = Call(f"{KERNELS}.Sum", kernel, Call(f"{KERNELS}.WhiteKernel", 0.1))
    model = Call("sklearn.gaussian_process.GaussianProcessRegressor", noisy, optimizer=FEW_STEPS, normalize_y=True, random_state=profile.seed)
    return Call(JITTERED_PROCESS, model)


def suits(profile: Profile) -> str | None:
    """Neither many rows nor many classes."""
    if profile.rows > MOST_ROWS:
        return f"more than {MOST_ROWS:,} rows"
    return f"more than {MOST_CLASSES} classes" if len(profile.classes or ()) > MOST_CLASSES else None


GAUSSIAN_PROCESS = ModelFamily(
    name="gaussian_process",
    title="Gaussian process",
    tasks=frozenset({"binary", "multiclass", "regression"}),
    wants=Wants(scaled=True, dense=True, encodings=("onehot", "target"), many=("target", "onehot", "frequency")),
    build=build,
    uses=(
        FEW_STEPS,
        JITTERED_PROCESS,
        "sklearn.gaussian_process.GaussianProcessClassifier",
        "sklearn.gaussian_process.GaussianProcessRegressor",
        f"{KERNELS}.ConstantKernel",
        f"{KERNELS}.DotProduct",
        f"{KERNELS}.Matern",
        f"{KERNELS}.Product",
        f"{KERNELS}.RBF",
        f"{KERNELS}.Sum",
        f"{KERNELS}.WhiteKernel",
    ),
    cost="dear",
    suits=suits,
    steep=True,
)
