"""TabM: perceptrons that share almost all weights and predict together, over piecewise-linear embeddings of numbers. Strong, and dear on a processor."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from automl_lab.data.profile import Profile
from automl_lab.models.family import ModelFamily, at_most
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.parts import Suggest, Wants

NETWORK = Definition.of("automl_lab.models.emitted_networks", "TabMNetwork")
CLASSIFIER = Definition.of("automl_lab.models.emitted_neural", "NeuralClassifier")
REGRESSOR = Definition.of("automl_lab.models.emitted_neural", "NeuralRegressor")
# Each value of a category is an input of its own.
MOST_CATEGORIES = 100
# A trial of five folds of so many rows takes about a minute on one core.
MOST_ROWS = 20_000
MOST_ROWS_ON_GPU = 1_000_000
# Numbers that the widest layer of one part of a batch holds: 64 MB.
MOST_HELD = 2**24


def build(suggest: Suggest, profile: Profile) -> Call:
    """The size of the members, how strongly they are held back, and the pace.

    The kind of network and the defaults are what the authors suggest for a first run: TabM-mini with piecewise-linear embeddings, 2 layers, 32 members
    of width 512, dropout 0.1, learning rate 0.002, weight decay 0.0003 (Gorishniy et al. 2024, and the hyperparameters in their repository's README).
    On a processor, where the time goes with members times width squared, it is 8 members of width 128 in steps of 0.003.
    """
    batch_size, epochs = _pace(profile)
    large = profile.device == "cuda"
    members = suggest.int("members", 4, 32, default=32 if large else 8, log=True)
    width = suggest.int("width", 64, 1024 if large else 256, default=512 if large else 128, log=True)
    network = Call(
        NETWORK,
        members=members,
        layers=suggest.int("layers", 1, 3, default=2),
        width=width,
        dropout=suggest.float("dropout", 0.0, 0.5, default=0.1),
        bins=suggest.int("bins", 4, 64, default=32, log=True),
        embedding=suggest.choice("embedding", (4, 8, 16), default=8),
    )
    settings: dict[str, Any] = {
        "learning_rate": suggest.float("learning_rate", 3e-4, 1e-2, default=2e-3 if large else 3e-3, log=True),
        "weight_decay": suggest.float("weight_decay", 1e-5, 0.1, default=3e-4, log=True),
        "batch_size": batch_size,
        "accumulate": -(-batch_size * members * width // MOST_HELD),
        "epochs": epochs,
        "patience": epochs // 4,
    }
    if profile.task != "regression":
        settings["balanced"] = suggest.choice("balanced", (False, True), default=False)
    settings |= {"device": profile.device, "threads": profile.threads, "random_state": profile.seed}
    return Call(REGRESSOR if profile.task == "regression" else CLASSIFIER, network, **settings)


def suits(profile: Profile) -> str | None:
    """Not more rows than a trial can train on in its time."""
    return at_most(MOST_ROWS if profile.device == "cpu" else MOST_ROWS_ON_GPU)(profile)


def _pace(profile: Profile) -> tuple[int, int]:
    """Rows in a batch and the most epochs: about 1,000 to 3,000 steps."""
    rows = profile.rows
    if rows < 2_500:
        return 64, 50
    if rows < 8_000:
        return 128, 40
    return (256, 30) if rows < 50_000 else (1024, 30)


def native(model: Call, positions: list[int]) -> Call:
    """The model whose network takes the columns at these positions for codes of categories."""
    network = model.args[0]
    return Call(model.target, Call(network.target, **dict(network.kwargs), categorical_features=tuple(positions)), **dict(model.kwargs))


def available() -> str | None:
    """Whether the libraries are here."""
    missing = [name for name in ("torch", "tabm", "rtdl_num_embeddings") if find_spec(name) is None]
    return f"the package {missing[0]} is not installed: pip install 'automl-lab[neural]'" if missing else None


TABM = ModelFamily(
    name="tabm",
    title="TabM",
    tasks=frozenset({"binary", "multiclass", "regression"}),
    wants=Wants(scaled=True, dense=True, single=True, encodings=("onehot", "target"), many=("target", "onehot")),
    build=build,
    uses=(NETWORK, CLASSIFIER, REGRESSOR),
    available=available,
    cost="dear",
    suits=suits,
    gpu=True,
    native=native,
    native_values=MOST_CATEGORIES,
)
