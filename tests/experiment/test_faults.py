"""What dies in the middle of a search, really killed: a worker, the controller, the kernel, the whole cluster. Nothing that finished is lost."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from jupyter_client.manager import KernelManager, start_new_kernel

import automl_lab
from automl_lab.cluster import daemon
from automl_lab.core.errors import ExperimentFailed, RequestError
from automl_lab.experiment import lab, view
from automl_lab.store.database import Store
from tests.experiment.test_search import comparable, slow_data
from tests.experiment.watching import until

pytestmark = pytest.mark.usefixtures("lab_home")


def workers(experiment: automl_lab.Experiment) -> dict[int, int]:
    """Trial number to process id of what runs now."""
    found = lab.connect().connection.call("workers", experiment=experiment.id)
    return {number: pid for number, pid in found.items() if pid is not None}


def test_a_killed_worker_costs_one_attempt_and_nothing_else() -> None:
    experiment = automl_lab.automl(slow_data(), target="y", trials=3, name="worker_killed", models=["xgboost"])
    # A fold that was reported came from a worker whose heartbeat named its process.
    until(experiment, lambda s: any(row["state"] == "RUNNING" and row["folds"] for row in s["trials"]))
    number, pid = next(iter(workers(experiment).items()))
    os.kill(pid, signal.SIGKILL)
    experiment.wait(240)
    snapshot = experiment.snapshot()
    row = snapshot["trials"][number]
    assert (row["state"], row["attempt"]) == ("COMPLETED", 2)
    assert row["note"].startswith("retried once: the worker was lost")
    assert snapshot["counts"]["completed"] + snapshot["counts"]["pruned"] == 3
    assert any(event["kind"] == "retried" for event in snapshot["events"])


def test_a_frozen_worker_is_given_up_and_its_late_answer_dropped() -> None:
    """Nothing ends and nothing fails: only the heartbeat stays away. The trial runs again elsewhere and counts once."""
    experiment = automl_lab.automl(slow_data(), target="y", trials=2, name="worker_frozen", models=["xgboost"], resources={"workers": 1})
    until(experiment, lambda s: any(row["state"] == "RUNNING" and row["folds"] for row in s["trials"]))
    number, pid = next(iter(workers(experiment).items()))
    os.kill(pid, signal.SIGSTOP)
    frozen = time.monotonic()
    try:
        snapshot = until(experiment, lambda s: s["trials"][number]["attempt"] == 2, seconds=60.0)
        assert time.monotonic() - frozen < 50
        assert re.match(r"retried once: the worker was lost \(nothing heard for 4\d s\)", snapshot["trials"][number]["note"])
    finally:
        if psutil.pid_exists(pid):
            os.kill(pid, signal.SIGCONT)
    experiment.wait(240)
    row = experiment.snapshot()["trials"][number]
    assert (row["state"], row["attempt"]) == ("COMPLETED", 2)
    assert len(row["folds"]) == experiment.config["folds"]


def test_a_killed_controller_resumes_with_every_finished_trial_and_the_same_search() -> None:
    settings = {"target": "y", "trials": 9, "seed": 5, "objectives": ["log_loss"], "models": ["linear", "xgboost"]}
    undisturbed = automl_lab.automl(slow_data(1500), name="undisturbed", **settings)
    undisturbed.wait(240)
    experiment = automl_lab.automl(slow_data(1500), name="controller_killed", **settings)
    until(experiment, lambda s: s["counts"]["completed"] >= 3)
    connection = lab.connect().connection
    pid = connection.call("hello")["pid"]
    before = {row["number"]: row for row in experiment.snapshot()["trials"] if row["state"] == "COMPLETED"}
    os.kill(pid, signal.SIGKILL)
    experiment.wait(240)
    assert connection.call("hello")["pid"] != pid
    snapshot = experiment.snapshot()
    assert snapshot["state"] == "COMPLETED"
    for number, row in before.items():
        assert {**snapshot["trials"][number], "told": None, "revision": 0, "model": None} == {**row, "told": None, "revision": 0, "model": None}
    one, two = ([comparable(row, ["log_loss"]) for row in each.snapshot()["trials"]] for each in (undisturbed, experiment))
    assert one == two, "a restart of the controller changes no trial of a seeded search"
    assert any(event["kind"] == "resumed" for event in snapshot["events"])


def execute(kernel: tuple[KernelManager, object], code: str, timeout: float = 60) -> str:
    """Run a cell in a real kernel and give its text output."""
    client = kernel[1]
    parts: list[str] = []

    def keep(message: dict) -> None:
        content = message["content"]
        parts.append(content.get("text") or content.get("data", {}).get("text/plain") or "\n".join(content.get("traceback", [])) or "")

    reply = client.execute_interactive(code, output_hook=keep, timeout=timeout)
    assert reply["content"]["status"] == "ok", "".join(parts)
    return "".join(parts)


def test_the_search_outlives_its_kernel_and_another_kernel_gets_the_result(lab_home: Path) -> None:
    kernel = start_new_kernel(kernel_name="python3", env={**os.environ, "AUTOML_LAB_HOME": str(lab_home)})
    try:
        execute(kernel, "%load_ext automl_lab")
        execute(kernel, "%%automl sklearn:digits --metric log_loss --trials 8 --as outlives\ntarget: target\nmodels: [linear]")
        assert "4" in execute(kernel, "2 + 2"), "the kernel is free"
        assert "log_loss" in execute(kernel, "print(outlives.config['objectives'])"), "waits until the controller has it"
        experiment = automl_lab.Experiment.attach("outlives")
        until(experiment, lambda s: s["counts"]["running"] >= 1)
        pid = kernel[0].provisioner.pid
        psutil.Process(pid).kill()
        psutil.Process(pid).wait(10)
        finished_then = experiment.snapshot()["counts"]["completed"]
    finally:
        kernel[1].stop_channels()
        kernel[0].shutdown_kernel(now=True)
    second = start_new_kernel(kernel_name="python3", env={**os.environ, "AUTOML_LAB_HOME": str(lab_home)})
    try:
        execute(second, "%load_ext automl_lab")
        execute(second, "%automl attach outlives")
        execute(second, "outlives.wait(180)", timeout=200)
        assert "COMPLETED" in execute(second, "print(outlives.status['state'])")
        assert "(5, 64)" in execute(second, "from sklearn.datasets import load_digits as d\nnew = d(as_frame=True).data.head(5)\nprint(new.shape)")
        assert "5" in execute(second, "print(len(outlives.predict(new)))")
    finally:
        second[1].stop_channels()
        second[0].shutdown_kernel(now=True)
    assert experiment.snapshot()["counts"]["completed"] > finished_then


def test_an_experiment_resumes_on_a_new_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole local Ray is ended; attaching from a fresh process starts a new one and the search goes on."""
    environment = {**os.environ, "AUTOML_LAB_HOME": str(tmp_path)}
    begin = (
        "import automl_lab\n"
        "e = automl_lab.automl('sklearn:digits', target='target', trials=5, name='moved', models=['linear'])\n"
        "import tests.experiment.watching as w\n"
        "w.until(e, lambda s: s['counts']['completed'] >= 1)\n"
    )
    resume = "import automl_lab\ne = automl_lab.Experiment.attach('moved')\ne.wait(200)\nprint(e.snapshot()['state'], e.snapshot()['counts']['completed'])\n"
    try:
        subprocess.run([sys.executable, "-c", begin], env=environment, check=True, timeout=180)
        assert daemon.stop(tmp_path)
        done = subprocess.run([sys.executable, "-c", resume], env=environment, check=True, timeout=240, capture_output=True, text=True)
    finally:
        daemon.stop(tmp_path)
    state, completed = done.stdout.split()[-2:]
    assert state == "COMPLETED"
    assert int(completed) >= 3
    assert state not in view.ACTIVE


def test_a_kernel_that_dies_while_the_cluster_starts_loses_nothing(tmp_path: Path) -> None:
    """The experiment is recorded before the cluster is started: attaching from another process runs it, with its whole budget."""
    environment = {**os.environ, "AUTOML_LAB_HOME": str(tmp_path)}
    begin = "import automl_lab\nautoml_lab.automl('sklearn:breast_cancer', target='target', time=8, name='early', models=['linear']).wait()"
    resume = "import automl_lab\ne = automl_lab.Experiment.attach('early')\ne.wait(200)\nprint(e.snapshot()['state'], e.snapshot()['counts']['completed'])\n"
    process = subprocess.Popen([sys.executable, "-c", begin], env=environment)
    try:
        record = recorded(Store(f"sqlite:///{tmp_path}/lab.db"), "early")
        process.kill()
        process.wait(30)
        assert (record["state"], record["started"], record["message"]) == ("QUEUED", None, "starting the local cluster")
        done = subprocess.run([sys.executable, "-c", resume], env=environment, check=True, timeout=240, capture_output=True, text=True)
    finally:
        process.kill()
        daemon.stop(tmp_path)
    state, completed = done.stdout.split()[-2:]
    assert state == "COMPLETED"
    assert int(completed) >= 5


def recorded(store: Store, name: str, seconds: float = 60.0) -> dict:
    """The record of an experiment as soon as another process has written it."""
    until_ = time.monotonic() + seconds
    while time.monotonic() < until_:
        try:
            return store.experiment(name)
        except RequestError:
            os.sched_yield()
    raise AssertionError(f"{name} was not recorded within {seconds} s")


def kill_controller() -> None:
    os.kill(lab.connect().connection.call("hello")["pid"], signal.SIGKILL)


def test_a_controller_that_dies_while_it_finishes_searches_nothing_anew() -> None:
    settings = {"target": "y", "trials": 6, "seed": 5, "objectives": ["log_loss"], "models": ["linear", "random_forest", "xgboost"]}
    experiment = automl_lab.automl(slow_data(), name="killed_late", **settings)
    before = until(experiment, lambda s: s["phase"] == "refitting")
    kill_controller()
    experiment.wait(240)
    snapshot = experiment.snapshot()
    searched = [row for row in snapshot["trials"] if row["origin"] != "ensemble"]
    assert (snapshot["state"], snapshot["reason"]) == ("COMPLETED", "all 6 trials were done")
    assert {row["number"]: row["params"] for row in searched} == {row["number"]: row["params"] for row in before["trials"] if row["origin"] != "ensemble"}
    assert snapshot["result"]["holdout"] is not None
    assert any("while it finished" in event["text"] for event in snapshot["events"])


def test_a_paused_search_stays_paused_when_the_controller_dies_and_loses_no_time() -> None:
    experiment = automl_lab.automl(slow_data(1500), target="y", time="5m", name="killed_paused", models=["linear", "xgboost"])
    until(experiment, lambda s: s["counts"]["completed"] >= 2)
    experiment.pause()
    paused = until(experiment, lambda s: s["state"] == "PAUSED" and not s["counts"]["running"])
    kill_controller()
    again = until(experiment, lambda s: any("stays paused" in event["text"] for event in s["events"]))
    assert again["state"] == "PAUSED"
    assert [row["number"] for row in again["trials"]] == [row["number"] for row in paused["trials"]]
    at = next(event["at"] for event in again["events"] if event["kind"] == "paused")
    experiment.resume()
    resumed = until(experiment, lambda s: s["state"] == "RUNNING" and len(s["trials"]) > len(paused["trials"]))
    assert resumed["clock"]["deadline"] - paused["clock"]["deadline"] > resumed["events"][-1]["at"] - at - 2.0
    experiment.stop()


def test_an_experiment_that_cannot_be_taken_up_fails_alone() -> None:
    broken = automl_lab.automl(slow_data(1500), target="y", time="5m", name="broken", models=["linear", "xgboost"])
    sound = automl_lab.automl(slow_data(1500), target="y", trials=12, name="sound", models=["xgboost"])
    until(broken, lambda s: s["counts"]["completed"] >= 1)
    record = lab.store().experiment(broken.id)
    until(sound, lambda s: s["counts"]["completed"] >= 1)
    lab.store().update_experiment(broken.id, config={**record["config"], "models": ["a family of a plug-in that is gone"]})
    kill_controller()
    sound.wait(240)
    assert sound.snapshot()["state"] == "COMPLETED"
    with pytest.raises(ExperimentFailed, match="it could not begin"):
        broken.wait(60)
