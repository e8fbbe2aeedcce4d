from __future__ import annotations

import threading
import uuid
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automl_lab.core.errors import IntegrityError, StoreError
from automl_lab.store.artifacts import ArtifactStore


@pytest.fixture(params=["folder", "memory"])
def artifacts(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(str(tmp_path / "artifacts") if request.param == "folder" else f"memory://{uuid.uuid4().hex}")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=2000))
def test_bytes_round_trip_under_their_hash(artifacts: ArtifactStore, content: bytes) -> None:
    sha = artifacts.put(content)
    assert sha == sha256(content).hexdigest()
    assert artifacts.has(sha)
    assert artifacts.get(sha) == content
    assert artifacts.put(content) == sha


def test_what_is_not_here(artifacts: ArtifactStore) -> None:
    sha = sha256(b"nothing").hexdigest()
    assert not artifacts.has(sha)
    with pytest.raises(StoreError, match=f"no artefact {sha[:12]}"):
        artifacts.get(sha)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "AB" * 32, "ab" * 31, "ab" * 32 + "\n"])
def test_a_name_that_is_no_hash(artifacts: ArtifactStore, name: str) -> None:
    with pytest.raises(StoreError, match="no artefact's name"):
        artifacts.get(name)


def test_a_damaged_copy_is_refused_and_mended(tmp_path: Path) -> None:
    artifacts = ArtifactStore(str(tmp_path))
    sha = artifacts.put(b"a model")
    artifacts.path(sha).write_bytes(b"another model")
    with pytest.raises(IntegrityError, match="was changed"):
        artifacts.get(sha)
    artifacts.put(b"a model")
    assert artifacts.get(sha) == b"a model"


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    artifacts = ArtifactStore(str(tmp_path))
    contents = [bytes([number]) * 100_000 for number in range(8)] * 4
    threads = [threading.Thread(target=artifacts.put, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(each.name for each in tmp_path.rglob("*") if each.is_file()) == sorted({sha256(content).hexdigest() for content in contents})


def test_a_remote_store_has_no_paths_and_an_unknown_one_is_refused(tmp_path: Path) -> None:
    remote = ArtifactStore(f"memory://{uuid.uuid4().hex}")
    with pytest.raises(StoreError, match="have no path"):
        remote.path(remote.put(b"x"))
    with pytest.raises(StoreError, match="cannot be opened"):
        ArtifactStore("nosuch://place")
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        ArtifactStore(str(blocked)).put(b"x")
