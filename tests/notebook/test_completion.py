"""What the Tab key offers, read from half-written cells; ``|`` marks the cursor."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl_lab.notebook.completion import TIMES, columns, offers
from automl_lab.notebook.grammar import BODY_KEYS, COMMANDS, OPTIONS

NAMESPACE = {"churn": pd.DataFrame({"Churn rate": [1], "Age": [2]}), "number": 5, "_hidden": pd.DataFrame()}


def offered(cell: str, namespace=NAMESPACE) -> list[str] | None:
    before, _, after = cell.partition("|")
    offer = offers(before + after, before.count("\n"), len(before.split("\n")[-1]), namespace)
    if offer is None:
        return None
    assert before.endswith(offer.fragment)
    return [each for each in offer.choices if each.strip('"').casefold().startswith(offer.fragment.strip('"').casefold())]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    NAMESPACE["churn"].to_csv(tmp_path / "clients.csv", index=False)
    NAMESPACE["churn"].to_csv(tmp_path / "semicolons.csv", index=False, sep=";")
    NAMESPACE["churn"].to_parquet(tmp_path / "data" / "clients.parquet")
    NAMESPACE["churn"].to_feather(tmp_path / "clients.feather")
    NAMESPACE["churn"].to_json(tmp_path / "clients.jsonl", orient="records", lines=True)
    NAMESPACE["churn"].to_json(tmp_path / "clients.json", orient="records")
    (tmp_path / "broken.parquet").write_bytes(b"no parquet")
    (tmp_path / "notes.txt").write_text("no data")
    return tmp_path


def test_options_are_exactly_ours():
    assert offered("%%automl --|") == list(OPTIONS)
    assert offered("%%automl churn --target Age --t|") == ["--task", "--time", "--trials"]


def test_data_are_frames_files_and_toy_sets():
    found = offered("%%automl |")
    assert found[:1] == ["churn"]
    assert {"clients.csv", "semicolons.csv", "data/", "sklearn:iris", "--target"} < set(found)
    assert not {"number", "_hidden", "notes.txt"} & set(found)
    assert offered("%%automl data/|")[:1] == ["data/clients.parquet"]
    assert offered("%%automl churn |") == list(OPTIONS)


@pytest.mark.parametrize("data", ["churn", "clients.csv", "semicolons.csv", "data/clients.parquet", "clients.feather", "clients.jsonl", "clients.json"])
def test_columns_of_the_chosen_data(data):
    assert offered(f"%%automl {data} --target |") == ['"Churn rate"', "Age"]
    assert offered(f"%%automl --target | {data}") == []
    assert offered(f"%%automl --target |\ndata: {data}") == ['"Churn rate"', "Age"]
    assert offered(f"%%automl {data}\ntarget: |") == ["Churn rate", "Age"]
    assert offered(f"%%automl {data}\ncolumns:\n  A|") == ["Age: "]


def test_columns_of_what_cannot_be_read_are_none():
    for data in (None, "nothing.csv", "broken.parquet", "https://example.org/x.csv", "number", "sklearn:california_housing"):
        assert columns(data, NAMESPACE) == []


def test_columns_of_a_toy_set():
    assert offered("%%automl sklearn:iris --target ta|") == ["target"]


def test_quoted_and_joined_values():
    assert offered('%%automl churn --target "Ch|') == ['"Churn rate"']
    assert offered("%%automl churn --target=A|") == ["Age"]


def test_tasks_and_metrics():
    assert offered("%%automl churn --task |") == ["binary", "multiclass", "regression"]
    assert "roc_auc" in offered("%%automl churn --metric |")
    assert "roc_auc" not in offered("%%automl churn --task regression --metric |")
    assert offered("%%automl churn --task regression --metric rm|") == ["rmse"]
    assert offered("%%automl churn --time |") == list(TIMES)


def test_keys_and_values_of_the_body():
    assert offered("%%automl churn\n|") == [f"{key}: " for key in BODY_KEYS]
    assert "seed: " not in offered("%%automl churn\nseed: 1\n|")
    assert offered("%%automl churn\nobj|") == ["objectives: "]
    assert offered("%%automl churn\nobjectives: [roc_auc, log|") == ["log_loss"]
    assert offered("%%automl churn\nobjectives:\n  - log|") == ["log_loss"]
    assert offered("%%automl churn\nmodels: [xg|") == ["xgboost"]
    assert offered("%%automl churn\nresources:\n  |") == ["cpus: ", "cpus_per_trial: ", "workers: ", "gpus: ", "gpus_per_trial: "]
    assert offered("%%automl churn\ncolumns:\n  Age: num|") == ["numeric"]
    assert offered("%%automl churn\nprune: |") == ["true", "false"]


def test_commands():
    assert offered("%automl |") == list(COMMANDS)
    assert offered("x = 1\n%automl st|") == ["status", "stop"]
    assert offered("%automl report churn --|") == ["--wait"]


@pytest.mark.parametrize("cell", ["|", "x = ch|", "%%time\nx|", "%%automlx --t|", "# %%automl\n%|", "%%auto|"])
def test_other_cells_are_left_alone(cell):
    assert offered(cell) is None


@given(st.text(max_size=60), st.integers(0, 60))
def test_no_half_written_cell_breaks_it(text, position):
    cell = f"%%automl {text}"
    before = cell[: 9 + min(position, len(text))]
    offer = offers(cell, before.count("\n"), len(before.split("\n")[-1]), NAMESPACE)
    assert offer is None or before.endswith(offer.fragment)
