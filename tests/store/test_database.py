from __future__ import annotations

import math
import multiprocessing
import sqlite3
import threading
import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from automl_lab.core.errors import RequestError, StoreError
from automl_lab.store.connection import Database
from automl_lab.store.database import Store

words = st.text(max_size=30).filter(lambda value: "\0" not in value and not any(0xD800 <= ord(each) <= 0xDFFF for each in value))
finite = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
json_objects = st.dictionaries(st.text(max_size=12), json_values, max_size=5)
shas = st.binary(min_size=32, max_size=32).map(bytes.hex)
seconds = finite
scores = st.dictionaries(st.sampled_from(["roc_auc", "predict_ms"]), st.none() | finite)
trial_rows = st.fixed_dictionaries(
    {
        "number": st.integers(0, 2**31 - 1),
        "state": st.sampled_from(["QUEUED", "RUNNING", "COMPLETED", "PRUNED", "FAILED"]),
        "attempt": st.integers(1, 9),
        "family": words,
        "origin": st.sampled_from(["default", "search", "user"]),
        "params": json_objects,
        "distributions": st.dictionaries(words, words, max_size=3),
        "values": scores,
        "feasible": st.none() | st.booleans(),
        "folds": st.lists(scores, max_size=5),
        "seconds": st.none() | seconds,
        "error": st.none() | words,
        "note": st.none() | words,
        "source": st.none() | shas,
        "model": st.none() | shas,
        "predictions": st.none() | shas,
        "rows": st.none() | st.integers(1, 10**9),
        "parent": st.none() | st.integers(0, 1000),
        "asked": st.none() | seconds,
        "told": st.none() | st.lists(st.integers(0, 1000), max_size=4),
        "started": st.none() | seconds,
        "finished": st.none() | seconds,
        "revision": st.integers(0, 2**62),
    }
)
fields = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from(["QUEUED", "RUNNING", "PAUSED", "COMPLETED", "STOPPED", "FAILED"]),
        "phase": st.sampled_from(["starting", "preparing", "searching", "refitting", "done"]),
        "reason": st.none() | words,
        "message": st.none() | words,
        "config": json_objects,
        "dataset": st.none() | json_objects,
        "protocol": st.none() | shas,
        "started": st.none() | seconds,
        "deadline": st.none() | seconds,
        "finished": st.none() | seconds,
        "usable": st.none() | st.integers(0, 2**31 - 1),
        "result": st.none() | json_objects,
        "timings": json_objects,
        "cluster": st.none() | words,
        "revision": st.integers(0, 2**62),
    },
)
many = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def created(store: Store, name: str = "churn", **fields: object) -> str:
    number = uuid.uuid4().hex
    store.create_experiment(number, name, {"target": "Churn"}, created=1.0, **fields)
    return number


@many
@given(rows=st.lists(trial_rows, max_size=6, unique_by=lambda row: row["number"]))
def test_trial_rows_round_trip(store: Store, rows: list[dict]) -> None:
    number = created(store, state="COMPLETED")
    store.upsert_trials(number, rows)
    assert store.trials(number) == sorted(rows, key=lambda row: row["number"])
    store.upsert_trials(number, rows)
    assert store.trials(number) == sorted(rows, key=lambda row: row["number"])


@many
@given(changes=fields)
def test_experiment_fields_round_trip(store: Store, changes: dict) -> None:
    number = created(store, f"n{uuid.uuid4().hex}")
    before = store.experiment(number)
    store.update_experiment(number, **changes)
    assert store.experiment(number) == {**before, **changes}


@many
@given(texts=st.lists(words, max_size=8))
def test_events_come_back_in_order_and_since_a_number(store: Store, texts: list[str]) -> None:
    number = created(store, state="STOPPED")
    for each in texts:
        store.append_events(number, [{"at": 1.5, "kind": "said", "text": each}])
    expected = [{"seq": seq, "at": 1.5, "kind": "said", "text": each} for seq, each in enumerate(texts, 1)]
    assert store.events(number) == expected
    assert store.events(number, since=2) == expected[2:]


def test_key_order_of_parameters_is_kept(store: Store) -> None:
    number = created(store)
    store.upsert_trials(number, [{"number": 0, "family": "linear", "params": {"z": 1, "a": 2}}])
    assert list(store.trials(number)[0]["params"]) == ["z", "a"]


def test_a_measured_nan_is_null_and_a_requested_one_is_refused(store: Store) -> None:
    number = created(store)
    row = {"number": 0, "family": "linear", "values": {"r2": math.nan, "rmse": 1.0}, "folds": [{"r2": -math.inf}]}
    store.write(number, trial_rows=[row], fields={"result": {"holdout": {"r2": math.inf}}})
    assert store.trials(number)[0]["values"] == {"r2": None, "rmse": 1.0}
    assert store.trials(number)[0]["folds"] == [{"r2": None}]
    assert store.experiment(number)["result"] == {"holdout": {"r2": None}}
    with pytest.raises(StoreError, match="NaN and infinity cannot be kept"):
        store.update_experiment(number, config={"holdout": math.nan})
    with pytest.raises(StoreError, match="inf is no moment"):
        store.update_experiment(number, deadline=math.inf)


def test_text_that_no_database_takes_is_kept_readable(store: Store) -> None:
    number = created(store)
    store.upsert_trials(number, [{"number": 0, "family": "linear", "error": "before\0after \udc80"}])
    assert store.trials(number)[0]["error"] == "before\N{REPLACEMENT CHARACTER}after ?"


def test_a_name_is_its_latest_run(store: Store) -> None:
    first = created(store)
    store.update_experiment(first, state="COMPLETED")
    second = uuid.uuid4().hex
    assert store.create_experiment(second, "churn", {}, created=2.0) == 2
    assert store.experiment("churn")["id"] == second
    assert store.experiment("churn@1")["id"] == first
    assert store.experiment(first)["run"] == 1
    assert [each["run"] for each in store.experiments()] == [2, 1]
    with pytest.raises(RequestError, match="no experiment 'churn@3'; did you mean 'churn'"):
        store.experiment("churn@3")


def test_an_active_name_is_refused(store: Store) -> None:
    created(store, state="PAUSED")
    with pytest.raises(RequestError, match="'churn' is still paused; stop it first") as caught:
        created(store)
    assert caught.value.path == ("name",)


def test_another_owners_experiments_are_as_if_they_were_not(store: Store, url: str, tmp_path: Path) -> None:
    number = created(store)
    ben = Store(url, str(tmp_path / "artifacts"), owner="ben")
    ben.create_experiment(uuid.uuid4().hex, "churned", {}, created=3.0)
    said = set()
    for asked in ("churn", "churnx"):  # ann has the first, nobody has the second
        for act in (ben.experiment, ben.trials, ben.events):
            with pytest.raises(RequestError) as caught:
                act(asked)
            said.add(str(caught.value).replace(asked, "NAME", 1))
    assert said == {"no experiment 'NAME'; did you mean 'churned'?"}
    for act in (ben.experiment, ben.trials, lambda id: ben.update_experiment(id, reason="x"), lambda id: ben.append_events(id, [])):
        with pytest.raises(RequestError, match=f"no experiment '{number}'"):
            act(number)
    assert [each["name"] for each in ben.experiments()] == ["churned"]
    assert [each["name"] for each in ben.active_experiments()] == ["churned"]
    assert [each["name"] for each in ben.active_experiments(every_owner=True)] == ["churn", "churned"]
    ben.close()


def test_an_unknown_field_is_a_mistake_of_ours(store: Store) -> None:
    number = created(store)
    with pytest.raises(ValueError, match="no experiment field 'raeson'; did you mean 'reason'"):
        store.update_experiment(number, raeson="x")
    with pytest.raises(ValueError, match="no trial field"):
        store.upsert_trials(number, [{"number": 1, "family": "linear", "score": 1}])
    with pytest.raises(StoreError):
        store.update_experiment(number, state="LOST")


def test_a_write_is_whole_or_not_at_all(store: Store) -> None:
    number = created(store)
    bad = {"number": 1, "family": "linear", "state": "LOST"}
    with pytest.raises(StoreError):
        store.write(number, fields={"reason": "half"}, trial_rows=[{"number": 0, "family": "linear"}, bad])
    assert store.experiment(number)["reason"] is None
    assert store.trials(number) == []


def test_readers_are_not_blocked_by_an_open_write(url: str, store: Store) -> None:
    number = created(store)
    database = Database(url)
    seen: list[dict] = []
    with database.writing() as connection:
        connection.execute(text("UPDATE automl_experiments SET reason = 'not yet'"))
        reader = threading.Thread(target=lambda: seen.append(store.experiment(number)))
        reader.start()
        reader.join(timeout=20)
    assert [each["reason"] for each in seen] == [None]
    assert store.experiment(number)["reason"] == "not yet"
    database.close()


def _create(url: str, folder: str, barrier: multiprocessing.synchronize.Barrier, answers: multiprocessing.queues.Queue) -> None:
    barrier.wait(timeout=60)
    try:
        store = Store(url, folder, owner="ann")
        answers.put(store.create_experiment(uuid.uuid4().hex, "churn", {}, created=1.0))
        store.close()
    except RequestError as error:
        answers.put(str(error))


def test_of_several_processes_that_create_one_name_at_once_one_wins(url: str, tmp_path: Path) -> None:
    """The database is empty, so that they race for making the tables as well."""
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(4), context.Queue()
    processes = [context.Process(target=_create, args=(url, str(tmp_path / "artifacts"), barrier, answers)) for _ in range(4)]
    for process in processes:
        process.start()
    found = [answers.get(timeout=90) for _ in processes]
    for process in processes:
        process.join(timeout=60)
    assert sorted(str(each) for each in found)[0] == "1"
    refused = [each for each in found if each != 1]
    assert len(refused) == 3
    assert all("'churn' is still queued" in each for each in refused), refused


def test_tables_of_another_version_are_refused(url: str, store: Store, tmp_path: Path) -> None:
    with Database(url).writing() as connection:
        connection.execute(text("UPDATE automl_version SET version = 99"))
    with pytest.raises(StoreError, match="tables of version 99, this release knows version 4"):
        Store(url, str(tmp_path / "artifacts"))


def test_tables_of_an_earlier_version_are_brought_up_to_date(url: str, store: Store, tmp_path: Path) -> None:
    number = created(store, state="COMPLETED")
    store.upsert_trials(number, [{"number": 0, "family": "linear", "state": "COMPLETED"}])
    with Database(url).writing() as connection:
        for column in ("predictions", "rows", "parent"):  # as the first version was
            connection.execute(text(f"ALTER TABLE automl_trials DROP COLUMN {column}"))
        connection.execute(text("ALTER TABLE automl_experiments DROP COLUMN steering"))
        connection.execute(text("UPDATE automl_version SET version = 1"))
    again = Store(url, str(tmp_path / "artifacts"), store.owner)
    assert [again.trials(number)[0][column] for column in ("predictions", "rows", "parent")] == [None] * 3
    again.upsert_trials(number, [{"number": 0, "family": "linear", "predictions": "a" * 64, "rows": 10_000}])
    assert (again.trials(number)[0]["predictions"], again.trials(number)[0]["rows"]) == ("a" * 64, 10_000)


def test_addresses_that_are_no_database_of_ours(tmp_path: Path) -> None:
    artifacts = str(tmp_path)
    with pytest.raises(StoreError, match="no database address"):
        Store("lab.db", artifacts)
    with pytest.raises(StoreError, match="SQLite or PostgreSQL, not 'mysql'"):
        Store("mysql://ann@127.0.0.1/lab", artifacts)
    with pytest.raises(StoreError, match="has to be a file"):
        Store("sqlite://", artifacts)
    with pytest.raises(StoreError) as caught:
        Store("postgresql://ann:secret@127.0.0.1:1/lab", artifacts)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    not_a_database = tmp_path / "notes.txt"
    not_a_database.write_text("these are notes, " * 100)
    with pytest.raises(StoreError, match="not a database"):
        Store(f"sqlite:///{not_a_database}", artifacts)


def test_sqlite_is_in_wal_mode_and_home_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOML_LAB_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AUTOML_LAB_DATABASE_URL", raising=False)
    monkeypatch.delenv("AUTOML_LAB_ARTIFACTS_URL", raising=False)
    store = Store()
    sha = store.artifacts.put(b"x")
    assert store.artifacts.path(sha).is_relative_to(tmp_path / "home" / "artifacts")
    connection = sqlite3.connect(tmp_path / "home" / "lab.db")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    assert (tmp_path / "home").stat().st_mode & 0o077 == 0
    store.close()


def test_trials_leave_with_their_experiment(url: str, store: Store) -> None:
    number = created(store)
    store.upsert_trials(number, [{"number": 0, "family": "linear"}])
    with Database(url).writing() as connection:
        connection.execute(text("DELETE FROM automl_experiments"))
        assert connection.scalar(text("SELECT count(*) FROM automl_trials")) == 0
