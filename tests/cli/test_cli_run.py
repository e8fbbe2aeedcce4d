"""The shell face on a real cluster: results, files, machine output and exit codes."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys

import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer


@pytest.fixture
def shell(lab_home, tmp_path):
    """Runs ``automl-lab`` in a folder with data."""
    frame = load_breast_cancer(as_frame=True).frame
    frame.head(400).to_csv(tmp_path / "cells.csv", index=False)
    frame.tail(20).drop(columns="target").to_csv(tmp_path / "new.csv", index=False)
    environment = {**os.environ, "AUTOML_LAB_HOME": str(lab_home), "COLUMNS": "120"}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "automl_lab.cli", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path, env=environment)

    run.folder, run.environment = tmp_path, environment
    return run


def test_a_run_with_everything(shell):
    (shell.folder / "search.yaml").write_text("objectives: [roc_auc, predict_ms]\nmodels: [baseline, linear]\nseed: 3\n")
    words = ["run", "cells.csv", "--target", "target", "--trials", "4", "--as", "shelled", "--config", "search.yaml"]
    done = shell(*words, "--predict", "new.csv", "--out", "predictions.csv", "--report", "shelled.ipynb")
    assert done.returncode == 0, done.stderr
    for text in ("Leaderboard", "Pareto front", "all 4 trials were done", "recorded ", "reproduced "):
        assert text in done.stdout
    predictions = pd.read_csv(shell.folder / "predictions.csv")
    assert list(predictions.columns) == ["prediction", "probability_0", "probability_1"]
    assert len(predictions) == 20
    assert (shell.folder / "shelled.ipynb").exists()
    assert (shell.folder / "shelled.html").exists()
    status = shell("status", "shelled", "--json")
    assert json.loads(status.stdout)["state"] == "COMPLETED"
    assert "shelled" in [row["name"] for row in json.loads(shell("list", "--json").stdout)]
    assert "shelled@1" in shell("list").stdout


def test_output_for_machines_is_one_json_value(shell):
    done = shell("run", "cells.csv", "--target", "target", "--trials", "2", "--as", "machine", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["state"] == "COMPLETED"
    assert result["result"]["holdout"]
    assert result["leaderboard"][0]["number"] == result["best"]


def test_a_failed_experiment_exits_with_1(shell):
    (shell.folder / "hopeless.yaml").write_text("trial_time: 1ms\nmodels: [linear]\n")
    done = shell("run", "cells.csv", "--target", "target", "--trials", "2", "--as", "hopeless_shell", "--config", "hopeless.yaml")
    assert done.returncode == 1
    assert "automl-lab: experiment 'hopeless_shell' failed: " in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "cells.csv", "--target", "targt"], "--target: cells.csv has no column 'targt'; did you mean 'target'?"),
        (["run", "--target", "target"], "no data is named: give a file, a URL or sklearn:NAME after run, or data: in the file of --config"),
        (["run", "cells.csv", "--target", "target", "--config", "none.yaml"], "--config: 'none.yaml' cannot be read: "),
        (["run", "cells.csv", "--target", "target", "--config", "bad.yaml"], "bad.yaml: line 2, column 1: unknown key 'objectivs'; did you mean 'objectives'?"),
        (["run", "cells.csv", "--target", "target", "--config", "later.yaml"], "later.yaml: line 1, column 10: unknown model 'liner'; did you mean 'linear'?"),
        (["run", "cells.csv", "--target", "target", "--predict", "new.csv"], "--predict and --out go together: --predict NEW.csv --out P.csv"),
        (["run", "cells.csv", "--target", "target", "--predict", "nwe.csv", "--out", "p.csv"], "no data 'nwe.csv'"),
        (["run", "cells.csv", "--target", "target", "--predict", "new.csv", "--out", "no/p.csv"], "--out: there is no folder 'no'"),
        (["run", "cells.csv", "--target", "target", "--predict", "new.csv", "--out", "p.xls"], "--out: 'p.xls' should end with .csv or .parquet"),
        (["status", "nobody"], "no experiment 'nobody'"),
    ],
)
def test_a_wrong_request_exits_with_2(shell, words, message):
    (shell.folder / "bad.yaml").write_text("seed: 1\nobjectivs: [roc_auc]\n")
    (shell.folder / "later.yaml").write_text("models: [liner]\n")
    done = shell(*words)
    assert done.returncode == 2
    assert f"automl-lab: {message}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_dry_run(shell):
    done = shell("run", "cells.csv", "--target", "target", "--dry-run")
    assert done.returncode == 0
    assert "binary on 'target'" in done.stdout
    planned = json.loads(shell("run", "cells.csv", "--target", "target", "--trials", "9", "--dry-run", "--json").stdout)
    assert planned["config"]["trials"] == 9


def test_doctor(shell):
    assert shell("doctor").returncode == 0
    assert all(check["ok"] for check in json.loads(shell("doctor", "--json").stdout))


def test_an_interrupt_leaves_it_running(shell):
    command = [sys.executable, "-m", "automl_lab.cli", "run", "cells.csv", "--target", "target", "--time", "120s", "--as", "left_shell"]
    # A run of the tests in a shell's background hands down that this signal is ignored.
    heard = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    options = {"cwd": shell.folder, "env": shell.environment, "preexec_fn": heard}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    for line in process.stdout:
        if "searching" in line:
            break
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "left_shell goes on running; see it with: automl-lab status left_shell   end it with: automl-lab stop left_shell".replace("   ", " ") in complaint
    assert json.loads(shell("status", "left_shell", "--json").stdout)["state"] == "RUNNING"
    stopped = shell("stop", "left_shell")
    assert stopped.returncode == 0
    assert "stopped by hand" in stopped.stdout


def test_the_demo(shell):
    done = shell("demo", "--time", "25s")
    assert done.returncode == 0, done.stderr
    for text in ("Leaderboard", "Pareto front", "ended: ", "recorded ", "reproduced ", ".ipynb", ".html"):
        assert text in done.stdout
