"""What is chosen for which rows, what evaluate.py makes of it, and how wrong requests are answered."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl_lab.config import ExperimentConfig
from automl_lab.core.errors import RequestError
from automl_lab.data.dataset import Dataset
from automl_lab.data.parts import folded, held_apart
from automl_lab.evaluation.loaded import OutOfFold, load_data
from automl_lab.experiment.request import Request, resolve

SPLITS: dict[str, Any] = {
    "kfold": "kfold",
    "repeated": {"kind": "repeated", "repeats": 3},
    "holdout": {"kind": "holdout", "share": 0.3},
    "group": {"kind": "group", "column": "the customer's"},
    "expanding": {"kind": "time", "column": "date"},
    "sliding": {"kind": "time", "column": "date", "window": 0.3, "gap": "3d"},
    "numbers": {"kind": "time", "column": "week", "gap": 1},
    "given": {"kind": "given", "column": "fold"},
    "train valid test": {"kind": "given", "column": "part"},
}


def table(rows: int = 400, target: str = "label") -> pd.DataFrame:
    """A column for every kind of split, in no order."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=rows),
            "the customer's": rng.integers(100, 140, rows),
            "date": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.permutation(rows), unit="h") * 6,
            "week": rng.integers(0, 50, rows),
            "fold": rng.choice(["1", "2", "10", "holdout"], rows),
            "part": rng.choice(["Train", "valid", "TEST"], rows),
        }
    )
    return frame.assign(y=rng.choice(["no", "yes"], rows) if target == "label" else frame["x"] + rng.normal(size=rows))


def asked(split: Any, frame: pd.DataFrame | None = None, **settings: Any) -> Request:
    return resolve(ExperimentConfig.of({"target": "y", "split": split, **settings}), table() if frame is None else frame)


@pytest.mark.parametrize("target", ["label", "number"])
@pytest.mark.parametrize("split", SPLITS)
def test_evaluate_cuts_the_rows_as_the_check_did(split: str, target: str, tmp_path: Path) -> None:
    request = asked(SPLITS[split], table(target=target), seed=5)
    known, stratify = request.dataset.validation, target == "label"
    (tmp_path / "data.parquet").write_bytes(request.parquet)
    data = load_data(request.protocol, tmp_path / "data.parquet", tmp_path)
    whole = pd.read_parquet(tmp_path / "data.parquet")
    marks = None if known.column is None else whole[known.column]
    train, held = held_apart(known, whole["y"], marks, 5, stratify=stratify)
    assert data.y.tolist() == whole["y"].iloc[train].tolist()
    assert data.y_holdout.tolist() == whole["y"].iloc[held].tolist()
    assert len(data.y) + len(data.y_holdout) + len(data.y_between) == len(whole)
    assert bool(len(data.y_between)) is (known.gap > 0)
    within = None if marks is None else marks.iloc[train]
    expected = folded(known, whole["y"].iloc[train], within, 5, stratify=stratify)
    found = data.protocol.folds(data.y)
    assert [(fit.tolist(), part.tolist()) for fit, part in found] == [(fit.tolist(), part.tolist()) for fit, part in expected]
    assert len(found) == known.fits
    assert known.fitted == pytest.approx(np.mean([len(fit) for fit, _ in found]) / len(train))
    inner, aside = data.protocol.aside(data.y.iloc[found[-1][0]], 0.2)
    assert len(inner)
    assert len(aside)
    if within is not None and known.kind != "given":
        marked = within.iloc[found[-1][0]].to_numpy()
        apart = not set(marked[inner]) & set(marked[aside]) if known.kind == "group" else marked[inner].max() < marked[aside].min()
        assert apart, "early stopping would look at a group or a moment that it fitted"
    if known.column is not None and known.kind != "time":
        assert known.column not in data.X.columns
        assert known.column not in data.protocol.FEATURES


@pytest.mark.parametrize("split", SPLITS)
def test_the_module_is_what_ruff_leaves_as_it_is(split: str, tmp_path: Path) -> None:
    for holdout in ({}, {"holdout": 0}) if SPLITS[split] not in (SPLITS["given"], SPLITS["train valid test"]) else ({},):
        text = asked(SPLITS[split], **holdout).protocol.text
        (tmp_path / "evaluate.py").write_text(text)
        for command in (
            ["check", "--isolated", "--select", "E,W,F,I,UP,B,C4,N,RUF,PERF,RET,SIM", "--ignore", "N803,N806"],
            ["format", "--isolated", "--diff"],
            ["format", "--isolated", "--diff", "--line-length", "160"],
        ):
            done = subprocess.run([sys.executable, "-m", "ruff", *command, str(tmp_path / "evaluate.py")], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
        assert max(map(len, text.splitlines())) <= 88


@pytest.mark.parametrize("split", SPLITS)
def test_what_was_resolved_asks_for_the_same(split: str) -> None:
    request = asked(SPLITS[split])
    again = resolve(ExperimentConfig.from_yaml(request.config.to_yaml()).config, table())
    assert again.protocol == request.protocol
    assert again.dataset.validation == request.dataset.validation
    assert Dataset.from_json(request.dataset.to_json()) == request.dataset


def test_auto_chooses_by_the_number_of_rows_and_says_why() -> None:
    def chosen(rows: int, **settings: Any) -> tuple[str, int, str]:
        frame = pd.DataFrame({"x": np.arange(rows) % 97, "z": np.arange(rows) % 89, "y": np.arange(rows) % 2})
        known = resolve(ExperimentConfig.of({"target": "y", **settings}), frame).dataset.validation
        return known.kind, known.fits, known.reason

    assert chosen(600) == ("kfold", 5, "600 rows are few, but in 60 s more trials bring more than repeats")
    assert chosen(600, time="10m") == ("repeated", 10, "600 rows are few: one split by chance says less than 2")
    assert chosen(600, time="10m", folds=4) == ("kfold", 4, "folds: 4 was asked for")
    assert chosen(5_000, time="10m") == ("kfold", 5, "5,000 rows are neither few nor many")
    assert chosen(90_000, time="60s") == ("kfold", 3, "90,000 rows of 2 columns in 60 s: more trials bring more than more folds")
    assert chosen(90_000, time="10m") == ("kfold", 5, "90,000 rows are neither few nor many")
    assert chosen(90_000, trials=5)[:2] == ("kfold", 5)
    assert chosen(90_000, time="20s") == ("holdout", 1, "90,000 rows of 2 columns in 20 s: one part tells candidates apart, and each is fitted once")
    assert chosen(100_001) == ("holdout", 1, "100,001 rows are many: one part tells candidates apart, and each is fitted once")


def test_of_many_rows_no_more_are_set_aside_than_say_enough() -> None:
    frame = pd.DataFrame({"x": np.arange(200_000) % 97, "y": np.arange(200_000) % 2})
    known = resolve(ExperimentConfig.of({"target": "y"}), frame).dataset.validation
    assert (known.holdout, known.share) == (0.05, 0.1053)
    assert known.words == "one validation part of 11% of the training rows; 5% of the rows held out"
    assert resolve(ExperimentConfig.of({"target": "y", "holdout": 0.2}), frame).dataset.validation.holdout == 0.2
    assert resolve(ExperimentConfig.of({"target": "y"}), frame[:40_000]).dataset.validation.holdout == 0.2


def test_the_words_that_every_display_says() -> None:
    said = {name: asked(split).dataset.validation.words for name, split in SPLITS.items()}
    assert said == {
        "kfold": "5 folds; 20% of the rows held out",
        "repeated": "5 folds, 3 times; 20% of the rows held out",
        "holdout": "one validation part of 30% of the training rows; 20% of the rows held out",
        "group": '5 folds of whole groups by "the customer\'s"; 20% of the rows, whole groups, held out',
        "expanding": "5 folds in the order of 'date', each fitted on all earlier rows; 20% of the rows, the latest, held out",
        "sliding": "5 folds in the order of 'date', each fitted on the latest 30% of the rows before them, a gap of 3 days between; "
        "20% of the rows, the latest, held out",
        "numbers": "5 folds in the order of 'week', each fitted on all earlier rows, a gap of 1 between; 20% of the rows, the latest, held out",
        "given": "the folds given by 'fold' (1, 2, 10); 27% of the rows ('holdout') held out",
        "train valid test": "the fold given by 'part' (valid); 30% of the rows ('TEST') held out",
    }
    assert asked("kfold", holdout=0).dataset.validation.words == "5 folds; no holdout: the estimate is the out-of-fold one"


def test_a_time_column_may_be_left_out_or_count_the_rows() -> None:
    assert "date" in asked(SPLITS["expanding"]).dataset.features
    dropped = asked(SPLITS["expanding"], columns={"date": "drop"})
    assert "date" not in dropped.dataset.features
    assert dropped.dataset.validation.fits == 5
    counted = asked({"kind": "time", "column": "row_id"}, table().assign(row_id=np.arange(400)))
    assert "row_id" not in counted.dataset.features
    assert not [finding.text for finding in counted.dataset.findings if finding.column == "row_id" and "left out" in finding.text]


WITH_GAPS = table().assign(date=table()["date"].mask(table()["x"] > 2), fold=table()["fold"].mask(table()["x"] > 2.3))


@pytest.mark.parametrize(
    ("settings", "path", "message"),
    [
        ({"split": {"kind": "group", "column": "custmer"}}, ("split", "column"), "no column 'custmer'; did you mean \"the customer's\"?"),
        ({"split": {"kind": "group", "column": "y"}}, ("split", "column"), "'y' is the target; a split by it would sort the answers"),
        ({"split": {"kind": "time", "column": "part"}}, ("split", "column"), "column 'part' is categorical (valid) and has no order in time;"),
        (
            {"split": SPLITS["group"], "columns": {"the customer's": "numeric"}},
            ("columns", "the customer's"),
            "which no candidate sees; leave it out of columns",
        ),
        ({"split": {"kind": "time", "column": "week", "gap": "7d"}}, ("split", "gap"), "gap '7d' is a duration, and 'week' holds numbers; write it as one"),
        (
            {"split": {"kind": "time", "column": "date", "gap": "90d"}},
            ("split", "gap"),
            "a gap of 90 days leaves no rows to fit before the holdout; make it shorter",
        ),
        ({"split": {"kind": "time", "column": "date", "gap": "20d"}}, ("split", "gap"), "for 5 folds after a first part; set fewer folds or a shorter gap"),
        ({"split": {"kind": "group", "column": "part"}}, ("folds",), "the 2 groups of 'part' are too few among the training rows for 5 folds; set fewer folds"),
        ({"split": SPLITS["given"], "folds": 3}, ("folds",), "folds: 3 says nothing for split given, where the column says how many there are; leave it out"),
        ({"split": "holdout", "folds": 3}, ("folds",), "folds: 3 says nothing for split holdout, where one part validates; leave it out"),
        ({"split": SPLITS["given"], "holdout": 0.2}, ("holdout",), "'fold' names the holdout ('holdout') already; leave holdout: 0.2 out"),
        ({"split": {"kind": "given", "column": "week"}}, ("split", "column"), "column 'week' names 50 folds, more than 20; for groups write split:"),
        ({"holdout": 0, "deliver": "scored"}, ("deliver",), "deliver: scored needs a holdout, since no model is scored without one; leave it out"),
        ({"split": "holdout", "nested": True}, ("nested",), "nested needs folds: with one validation part there are no others to choose by"),
    ],
)
def test_wrong_requests_are_one_line(settings: dict[str, Any], path: tuple[str, ...], message: str) -> None:
    with pytest.raises(RequestError) as caught:
        resolve(ExperimentConfig.of({"target": "y", **settings}), table())
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("frame", "split", "message"),
    [
        (WITH_GAPS, SPLITS["expanding"], "rows have no moment in 'date'; fill it in, or leave these rows out"),
        (WITH_GAPS, SPLITS["given"], "no fold in 'fold'; fill it in, or leave"),
        (table().assign(fold="train"), SPLITS["given"], "column 'fold' names 'train'; it has to name rows to fit and others to validate, like train and valid"),
        (
            table().assign(y=np.where(table()["date"] < "2024-02-20", "no", "yes")),
            SPLITS["expanding"],
            "fold 1 of the split by 'date' would fit rows of the class",
        ),
    ],
)
def test_rows_that_do_not_suffice_are_one_line(frame: pd.DataFrame, split: Any, message: str) -> None:
    with pytest.raises(RequestError) as caught:
        asked(split, frame)
    assert message in str(caught.value)


def test_predictions_of_repeats_are_averaged_and_kept_apart(tmp_path: Path) -> None:
    request = asked({"kind": "repeated", "repeats": 2}, table(target="number"))
    (tmp_path / "data.parquet").write_bytes(request.parquet)
    data = load_data(request.protocol, tmp_path / "data.parquet", tmp_path)
    collected = OutOfFold(data)
    for number, (_, validation) in enumerate(data.protocol.folds(data.y)):
        collected.add(validation, {"value": np.full(len(validation), float(number >= 5))})
    assert [turn.tolist() for turn in collected.turns] == [[0.0] * len(data.y), [1.0] * len(data.y)]
    assert collected.predictions.tolist() == [0.5] * len(data.y)
