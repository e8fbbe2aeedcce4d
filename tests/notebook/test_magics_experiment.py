"""The whole way in a real kernel on a real cluster: start, follow, steer, use, report."""

from __future__ import annotations

import os

import pytest

from tests.notebook.kernels import Kernel, started

SETUP = """
%load_ext automl_lab
from sklearn.datasets import load_breast_cancer
cells = load_breast_cancer(as_frame=True).frame.rename(columns={"target": "benign"})
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory, lab_home):
    with started(tmp_path_factory.mktemp("experiment"), {**os.environ, "AUTOML_LAB_HOME": str(lab_home)}) as kernel:
        assert kernel.run(SETUP).status == "ok"
        warm = kernel.run("%%automl cells --target benign --trials 3 --as waited --wait\nmodels: [baseline, linear]", timeout=240)
        assert warm.status == "ok", warm.traceback
        assert "waited: completed" in warm.text
        assert any("application/vnd.automl-lab.run.v1+json" in data for data in warm.displays.values())
        yield kernel


def test_the_variable_is_bound_and_useful(kernel: Kernel):
    shown = kernel.run("print(type(waited).__name__, waited.predict(cells.head(3)).shape, sum(waited.leaderboard()['family'] != 'ensemble'))", timeout=120)
    assert shown.streams.strip() == "Experiment (3,) 3"


def test_commands_about_an_ended_experiment(kernel: Kernel):
    assert "all 3 trials were done" in kernel.run("%automl status waited").text
    assert "waited@1" in kernel.run("%automl list").text
    assert kernel.run("%automl leaderboard waited").status == "ok"
    shown = kernel.run("%automl code waited")
    (payload,) = shown.payload
    assert payload["source"] == "set_next_input"
    assert "def build_pipeline()" in payload["text"]
    assert kernel.run("%automl pause waited").traceback[0].startswith("Request error: cannot pause experiment 'waited': it is completed")
    assert kernel.run("%automl prune waited x").traceback == ["Request error: 'x' is no trial number"]


def test_a_run_that_nobody_attends_waits(kernel: Kernel):
    """As papermill and nbconvert run it: the next cell wants the result."""
    kernel.client.allow_stdin = False
    try:
        shown = kernel.run("%%automl cells --target benign --trials 2 --as alone\nmodels: [linear]", timeout=120)
        failed = kernel.run("%%automl cells --target benign --trials 1 --as failing\nmodels: [linear]\ntrial_time: 1ms", timeout=120)
    finally:
        kernel.client.allow_stdin = True
    assert shown.status == "ok"
    assert "alone: completed" in shown.text
    assert failed.status == "error"
    assert len(failed.traceback) == 1
    assert failed.traceback[0].startswith("Experiment failed: experiment 'failing' failed: all 1 trials were done; no trial completed")


def test_the_cell_returns_at_once_and_the_search_is_steered(kernel: Kernel):
    shown = kernel.run("%%automl cells --target benign --time 120s")
    assert shown.status == "ok"
    assert shown.seconds < 1
    assert kernel.run("print(cells_2.name)").streams.strip() == "cells_2"
    again = kernel.run("%%automl cells --target benign --as cells_2")
    if again.status == "ok":  # the first was not submitted yet: the launch of the second fails in its own time
        again = kernel.run("cells_2.wait()")
    assert again.status == "error"
    assert kernel.run("%automl attach cells_2").status == "ok"
    assert kernel.run("%automl pause").status == "ok"
    assert "cells_2@1: paused" in kernel.run("%automl status").text
    assert kernel.run("%automl resume").status == "ok"
    assert "searched from the next trial on" in kernel.run("%automl narrow cells_2 xgboost.max_depth: [2, 4]").text
    assert kernel.run("%automl narrow cells_2 xgboost.max_dept: 3").traceback[0].startswith("Request error: unknown parameter 'xgboost.max_dept'; did you mean")
    assert "random_forest is off" in kernel.run("%automl off cells_2 random_forest").text
    assert "random_forest is on" in kernel.run("%automl on cells_2 random_forest").text
    before = kernel.run("print(cells_2.status['left'])").streams
    assert kernel.run("%automl extend cells_2 5m").status == "ok"
    assert float(kernel.run("print(cells_2.status['left'])").streams) > float(before) + 200
    assert kernel.run("%automl extend cells_2 soon").traceback[0].startswith("Request error: 'soon' is no duration")
    assert kernel.run("%automl around cells_2 9999").traceback == ["Request error: there is no trial 9999"]
    stopped = kernel.run("%automl stop cells_2")
    assert "stopped by hand" in stopped.text


def test_an_interrupt_leaves_it_running(kernel: Kernel):
    sent = kernel.send("%%automl cells --target benign --time 120s --as left --wait")
    kernel.wait_for_text(sent, "left: searching")
    kernel.manager.interrupt_kernel()
    shown = kernel.collect(sent)
    assert shown.status == "error"
    assert shown.traceback == ["Interrupted: left goes on running; come back with %automl attach left, end it with %automl stop left"]
    assert "left@1: searching" in kernel.run("%automl status left").text
    assert kernel.run("%automl stop left").status == "ok"


def test_a_failed_experiment_ends_a_waiting_cell_with_an_error(kernel: Kernel):
    shown = kernel.run("%%automl cells --target benign --trials 2 --as hopeless --wait\ntrial_time: 1ms\nmodels: [linear]", timeout=120)
    assert shown.status == "error"
    assert shown.traceback[0].startswith("Experiment failed: experiment 'hopeless' failed: ")


def test_the_report(kernel: Kernel):
    shown = kernel.run("%automl report waited --wait", timeout=240)
    assert shown.status == "ok", shown.traceback
    assert "reproduced" in shown.text
    assert "THEY DIFFER" not in shown.text
    assert 'href="waited-report/waited.ipynb"' in next(iter(shown.displays.values()))["text/html"]
