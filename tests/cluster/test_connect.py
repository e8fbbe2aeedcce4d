"""Joining a cluster: each in a process of its own, since Ray has one connection per process and reads its settings once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from automl_lab.cluster import daemon

JOIN = """
import sys
from pathlib import Path
from automl_lab.cluster import connect
address, seconds = connect.join(None, Path(sys.argv[1]))
import ray
print("joined", ray.get(ray.remote(lambda: 7).remote()), seconds)
"""
OTHER_VERSION = """
import json, ray
from ray._private import ray_constants
client = ray._private.worker.global_worker.gcs_client
space = ray_constants.KV_NAMESPACE_CLUSTER
recorded = json.loads(client.internal_kv_get(b"CLUSTER_METADATA", namespace=space))
client.internal_kv_put(b"CLUSTER_METADATA", json.dumps({**recorded, "ray_version": "2.9.0"}).encode(), True, namespace=space)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with a running head of its own."""
    found = tmp_path_factory.mktemp("home")
    daemon.start(found)
    yield found
    daemon.stop(found)


def python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False)


def test_ray_may_have_been_imported_before(home: Path) -> None:
    """The token's place is read when Ray is imported; a user who imported Ray for other work joins all the same, and needs no new start."""
    done = python("import ray" + JOIN, home)
    assert "joined 7 0.0" in done.stdout, done.stderr


def test_a_process_goes_from_one_home_to_another(home: Path, tmp_path: Path) -> None:
    """Two lab homes have two heads with two tokens."""
    try:
        again = "\nray.shutdown()\nprint('second', connect.join(None, Path(sys.argv[2]))[0], ray.get(ray.remote(lambda: 8).remote()))"
        done = python(JOIN + again, home, tmp_path)
        second = daemon.find(tmp_path)
        assert second is not None
        assert f"second {second.address} 8" in done.stdout, done.stderr
    finally:
        daemon.stop(tmp_path)


def test_a_cluster_of_another_ray_is_refused_in_one_line(tmp_path: Path) -> None:
    """A real head whose record says another Ray, as one that an administrator upgraded: Ray's own check, our line."""
    daemon.start(tmp_path)
    try:
        told = python(JOIN + OTHER_VERSION, tmp_path)
        assert told.returncode == 0, told.stderr
        done = python(JOIN, tmp_path)
        assert done.returncode != 0
        last = done.stderr.strip().splitlines()[-1]
        assert last.startswith("automl_lab.core.errors.ClusterError: the cluster at 127.0.0.1:")
        assert "2.9.0" in last
        assert last.endswith("install the same Ray and Python on both ends")
    finally:
        daemon.stop(tmp_path)


LEFT = """
import ray, tempfile
print("left", ray.get(ray.remote(lambda: tempfile.mkdtemp(prefix="automl-trial-")).remote()))
"""


def test_what_processes_leave_behind_goes_with_the_head(tmp_path: Path) -> None:
    """A trial that is cut cannot clean up after itself; and of earlier heads only the last one's logs are kept."""
    daemon.start(tmp_path)
    try:
        done = python(JOIN + LEFT, tmp_path)
        cluster = daemon.find(tmp_path)
        assert cluster is not None
        left = Path(done.stdout.split("left ")[-1].strip())
        assert left.is_dir(), done.stderr
        assert left.is_relative_to(cluster.folder)
    finally:
        daemon.stop(tmp_path)
    assert not left.exists()
    sessions = Path(cluster.folder) / "ray"
    last = max(each.name for each in sessions.glob("session_20*"))
    old = {"session_2020-01-01_00-00-00_000000_1", "session_2021-01-01_00-00-00_000000_1"}
    for each in old:
        (sessions / each / "logs").mkdir(parents=True)
    try:
        daemon.start(tmp_path)
        kept = {each.name for each in sessions.glob("session_20*")}
        assert last in kept
        assert not kept & old
        assert max(kept) > last
    finally:
        daemon.stop(tmp_path)


SEARCH = """
import sys
import automl_lab
from sklearn.datasets import load_iris
e = automl_lab.automl(load_iris(as_frame=True).frame, target="target", trials=6, models=["linear"], resources={"cpus": 1})
e.wait()
print(e.snapshot()["state"], "ready to predict:", "automl_lab.experiment.fitted" in sys.modules, "torch:", "torch" in sys.modules)
"""


def test_worker_processes_outlive_the_process_that_began_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports are paid for once: a search begun by a second process runs where the first one's did."""
    monkeypatch.setenv("AUTOML_LAB_HOME", str(tmp_path))
    try:
        found = []
        for _ in range(2):
            done = python(SEARCH)
            assert "COMPLETED ready to predict: True torch: False" in done.stdout, done.stderr
            cluster = daemon.find(tmp_path)
            assert cluster is not None
            found.append({each.pid for each in daemon.processes(cluster) if each.is_running() and "ray::IDLE" in " ".join(each.cmdline())})
        assert found[0]
        assert found[1] == found[0]
    finally:
        daemon.stop(tmp_path)
