"""A multilayer perceptron by torch: smooth functions of many columns, strong on many classes. Tabular only; images and series are not its matter."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from automl_lab.data.profile import Profile
from automl_lab.models.family import ModelFamily
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.parts import Suggest, Wants

NETWORK = Definition.of("automl_lab.models.emitted_networks", "MultilayerPerceptron")
CLASSIFIER = Definition.of("automl_lab.models.emitted_neural", "NeuralClassifier")
REGRESSOR = Definition.of("automl_lab.models.emitted_neural", "NeuralRegressor")


def build(suggest: Suggest, profile: Profile) -> Call:
    """The size of the network, how strongly it is held back, and the pace; it finds the number of epochs on rows that it sets aside itself."""
    batch_size, epochs = _pace(profile)
    network = Call(
        NETWORK,
        layers=suggest.int("layers", 1, 3, default=2),
        width=suggest.int("width", 32, 512, default=128, log=True),
        dropout=suggest.float("dropout", 0.0, 0.5, default=0.1),
        normalization=suggest.choice("normalization", ("batch", "layer"), default="batch"),
    )
    settings: dict[str, Any] = {
        "learning_rate": suggest.float("learning_rate", 3e-4, 3e-2, default=3e-3, log=True),
        "weight_decay": suggest.float("weight_decay", 1e-4, 1.0, default=1e-2, log=True),
        "batch_size": batch_size,
        "accumulate": 1,  # a batch of these sizes fits anywhere
        "epochs": epochs,
        "patience": epochs // 4,
    }
    if profile.task != "regression":
        settings["balanced"] = suggest.choice("balanced", (False, True), default=False)
    settings |= {"device": profile.device, "threads": profile.threads, "random_state": profile.seed}
    return Call(REGRESSOR if profile.task == "regression" else CLASSIFIER, network, **settings)


def _pace(profile: Profile) -> tuple[int, int]:
    """Rows in a batch and the most epochs: about 1,000 to 4,000 steps, a few seconds on one core up to 50,000 rows."""
    rows = profile.rows
    if rows < 2_500:
        return 64, 100
    if rows < 8_000:
        return 128, 80
    if rows < 25_000:
        return 256, 60
    return (512, 40) if rows < 100_000 or profile.device == "cpu" else (2_048, 40)  # a GPU takes many rows in the time of few


def available() -> str | None:
    """Whether the library is here."""
    return None if find_spec("torch") else "the package torch is not installed: pip install 'automl-lab[neural]'"


MLP = ModelFamily(
    name="mlp",
    title="Neural network",
    tasks=frozenset({"binary", "multiclass", "regression"}),
    wants=Wants(scaled=True, dense=True, single=True, encodings=("onehot", "target"), many=("target", "onehot", "frequency", "hashing")),
    build=build,
    uses=(NETWORK, CLASSIFIER, REGRESSOR),
    available=available,
    cost="dear",
    gpu=True,
)
