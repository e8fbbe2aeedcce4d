"""GPUs on a real Ray whose one GPU is declared, not there: what is scheduled is the same, and models are trained on the CPU instead."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import automl_lab
from automl_lab.cluster import daemon
from automl_lab.core.errors import RequestError

SEARCH = """
import json, threading
import ray
import automl_lab
from sklearn.datasets import make_classification
import pandas as pd

X, y = make_classification(400, 6, random_state=0)
frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(6)]).assign(y=y)
settings = dict(target="y", trials=3, name="share", models=["mlp", "linear"], folds=2, max_models=1)
e = automl_lab.automl(frame, resources={"gpus_per_trial": 0.25, "workers": 2}, **settings)
free, over = [], threading.Event()
while not over.wait(0.02):
    if ray.is_initialized():
        free.append(ray.available_resources().get("GPU", 0.0))
    state = e.snapshot()["state"]
    if state in ("COMPLETED", "FAILED", "STOPPED"):
        over.set()
snapshot = e.snapshot()
sources = {row["family"]: automl_lab.Experiment.attach("share").code(row["number"]) for row in snapshot["trials"]}
print("FOUND", json.dumps({
    "state": snapshot["state"], "reason": snapshot["reason"], "free": sorted(set(free)), "delivered": snapshot["result"]["delivered"] is not None,
    "errors": [row["error"] for row in snapshot["trials"] if row["error"]],
    "cuda": {family: 'device="cuda"' in text for family, text in sources.items()},
}))
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    daemon.stop(tmp_path)


def python(code: str, home: Path) -> str:
    """The output of a process of this lab home."""
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "AUTOML_LAB_HOME": str(home)}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_trials_of_families_that_can_use_a_gpu_hold_their_share_of_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_OVERRIDE_RESOURCES", json.dumps({"GPU": 1}))
    daemon.start(home)
    found = json.loads(python(SEARCH, home).partition("FOUND")[2])
    assert (found["state"], found["errors"]) == ("COMPLETED", [])
    assert found["cuda"] == {"mlp": True, "linear": False}
    # Two trials at once at most, and only those of the neural net take a quarter each.
    assert {1.0, 0.75} <= set(found["free"]) <= {1.0, 0.75, 0.5}
    assert found["delivered"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="what a cluster without a GPU says")
@pytest.mark.usefixtures("lab_home")
def test_a_cluster_without_a_gpu_says_so_in_one_line() -> None:
    asked = automl_lab.automl("sklearn:breast_cancer", target="target", trials=1, models=["linear"], resources={"gpus": 1}, name="no_gpu")
    with pytest.raises(RequestError) as raised:
        asked.wait(120)
    assert str(raised.value) == "gpus_per_trial: 1 asks for a GPU and this cluster has none; leave it out, or name a cluster that has GPUs"
    assert raised.value.path == ("resources", "gpus_per_trial")
    assert asked.snapshot()["state"] == "FAILED"
