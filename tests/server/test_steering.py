from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from sklearn.datasets import make_classification

import automl_lab
from tests.server.conftest import TOKEN, running

API = "automl-lab/api/experiments"


@pytest.fixture
def experiment(lab_home: Path) -> automl_lab.Experiment:
    """A search that goes on until it is stopped."""
    X, y = make_classification(4000, 20, random_state=0)
    return automl_lab.automl(pd.DataFrame(X, columns=[f"x{i}" for i in range(20)]).assign(y=y), target="y", time="10m", name="steered_rest")


def test_an_experiment_is_paused_resumed_and_stopped_over_rest(experiment: automl_lab.Experiment, lab_home: Path, tmp_path: Path) -> None:
    revision = -1
    while experiment.snapshot()["usable"] is None:
        revision = experiment.poll(revision, 20.0)["revision"]
    with running(lab_home, tmp_path) as server:
        assert [each["state"] for each in server.ask("GET", API, token=TOKEN).json["experiments"] if each["name"] == "steered_rest"] == ["RUNNING"]
        paused = server.ask("POST", f"{API}/steered_rest/pause", token=TOKEN)
        assert (paused.status, paused.json["state"]) == (200, "PAUSED"), paused.text
        again = server.ask("POST", f"{API}/steered_rest/pause", token=TOKEN)
        assert (again.status, again.json["message"]) == (409, "cannot pause experiment 'steered_rest': it is paused")
        resumed = server.ask("POST", f"{API}/steered_rest/resume", token=TOKEN)
        assert (resumed.status, resumed.json["state"]) == (200, "RUNNING"), resumed.text
        stopped = server.ask("POST", f"{API}/steered_rest/stop", token=TOKEN)
        assert (stopped.status, stopped.json["state"]) == (200, "STOPPED"), stopped.text
        assert stopped.json["usable"] is not None
        assert "_raylet" not in Path(f"/proc/{server.process.pid}/maps").read_text()
