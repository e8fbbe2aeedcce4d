"""A search for every outer fold: how the rows are cut for each kind of split, and real searches whose scores are put together."""

from __future__ import annotations

import io
import statistics
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

import automl_lab
from automl_lab.config import ExperimentConfig
from automl_lab.core.errors import ClusterError, RequestError
from automl_lab.data.parts import folded, held_apart
from automl_lab.experiment import lab
from automl_lab.experiment.outer_folds import FOLD, outer_requests
from automl_lab.experiment.request import resolve

BY_CHANCE: dict[str, Any] = {"auto": "auto", "kfold": "kfold", "repeated": "repeated", "holdout": {"kind": "holdout", "share": 0.3}}
BY_TIME: dict[str, Any] = {
    "expanding": {"kind": "time", "column": "date"},
    "sliding": {"kind": "time", "column": "date", "window": 0.3, "gap": "3d"},
    "numbers": {"kind": "time", "column": "week", "gap": 1},
}
GROUPS = {"kind": "group", "column": "customer"}


def table(target: str, *, alone: bool = True) -> pd.DataFrame:
    """400 rows in no order, one of them alone in its class, three without an answer."""
    rng = np.random.default_rng(1)
    rows = 400
    frame = pd.DataFrame(
        {
            "row": np.arange(rows) + rng.normal(size=rows) / 1000,
            "customer": rng.integers(100, 140, rows),
            "date": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.permutation(rows), unit="h") * 6,
            "week": rng.integers(0, 50, rows),
            FOLD: rng.choice(["a", "b"], rows),
        }
    )
    y = pd.Series(rng.choice(["no", "yes", "perhaps"], rows) if target == "label" else rng.normal(size=rows))
    if target == "label" and alone:
        y[7] = "once"
    y[[3, 50, 399]] = None
    return frame.assign(y=y)


def cut(split: Any, target: str, outer: int = 3) -> list[tuple[Any, pd.DataFrame, np.ndarray, np.ndarray]]:
    """Of each outer fold: the checked request, its rows, and the positions of those that are fitted and held out."""
    found = []
    frame = table(target, alone=split not in BY_TIME.values())
    for config, rows in outer_requests(ExperimentConfig.of({"target": "y", "split": split, "name": "cut"}), frame, None, outer):
        request = resolve(config, rows)
        frame = pd.read_parquet(io.BytesIO(request.parquet))
        known = request.dataset.validation
        marks = frame[known.column]
        train, held = held_apart(known, frame["y"], marks, request.config.seed, stratify=target == "label")
        for fit, judged in folded(known, frame["y"].iloc[train], marks.iloc[train], request.config.seed, stratify=target == "label"):
            assert len(fit)
            assert len(judged)
            assert not set(fit) & set(judged)
        found.append((request, frame, train, held))
    return found


@pytest.mark.parametrize("target", ["label", "number"])
@pytest.mark.parametrize("split", [*BY_CHANCE.values(), GROUPS], ids=[*BY_CHANCE, "group"])
def test_every_row_is_held_out_once_and_no_candidate_sees_the_folds(split: Any, target: str) -> None:
    found = cut(split, target)
    assert [request.config.name for request, *_ in found] == ["cut_outer_1", "cut_outer_2", "cut_outer_3"]
    held = [set(frame["row"].iloc[positions]) for _, frame, _, positions in found]
    assert not any(one & other for one, other in combinations(held, 2))
    alone = set(table(target)["row"][table(target)["y"] == "once"]) if split != GROUPS else set()
    assert set.union(*held) == set(table(target).dropna()["row"]) - alone
    for request, frame, train, positions in found:
        assert len(train) + len(positions) == len(frame)
        assert FOLD + "_" not in request.dataset.features
        if split == GROUPS:
            assert "customer" not in request.dataset.features


@pytest.mark.parametrize("target", ["label", "number"])
def test_no_group_is_on_two_sides(target: str) -> None:
    source = table(target).set_index("row")["customer"]
    for request, frame, train, held in cut(GROUPS, target):
        customers, names = source[frame["row"]].to_numpy(), frame[request.dataset.validation.column].to_numpy()
        assert not set(customers[train]) & set(customers[held])
        of_one = pd.Series(names[train]).groupby(customers[train]).nunique()
        assert (of_one == 1).all()


@pytest.mark.parametrize("target", ["label", "number"])
@pytest.mark.parametrize("split", BY_TIME.values(), ids=BY_TIME)
def test_what_is_held_out_is_later_than_all_that_its_search_sees(split: Any, target: str) -> None:
    last = None
    for request, frame, train, held in cut(split, target):
        moments = frame[split["column"]]
        gap = {"3d": pd.Timedelta(days=3), 1: 1}.get(split.get("gap"), 0 * (moments.iloc[0] - moments.iloc[0]))
        assert moments.iloc[train].max() < moments.iloc[held].min() - gap
        assert last is None or moments.iloc[held].min() > last
        assert len(held) < len(frame) / 2
        assert request.dataset.validation.gap == (0 if "gap" not in split else 3 * 86_400 if split["gap"] == "3d" else 1)
        last = moments.iloc[held].max()
    assert last == table(target).dropna()[split["column"]].max()


@pytest.mark.parametrize(
    ("settings", "outer", "message"),
    [
        ({}, 1, "1 outer folds: give 2 to 20"),
        ({"split": {"kind": "given", "column": FOLD}}, 3, "split: given names the rows that are held out; nested_cv cuts the outer folds itself"),
        ({"holdout": 0}, 3, "holdout: 0 says nothing here: each outer fold is the holdout of its search; leave it out"),
        ({"split": GROUPS, "folds": 2}, 7, "397 rows by 'customer' are too few for 7 outer folds and the folds within them; give fewer"),
        ({"target": "z"}, 3, "has no column 'z'"),
    ],
)
def test_wrong_requests_are_one_line(settings: dict[str, Any], outer: int, message: str) -> None:
    frame = table("number")
    frame["customer"] %= 6
    with pytest.raises(RequestError, match=message):
        outer_requests(ExperimentConfig.of({"target": "y", **settings}), frame, None, outer)


def tumours() -> pd.DataFrame:
    return load_breast_cancer(as_frame=True).frame[["mean radius", "mean texture", "worst area", "target"]].sample(240, random_state=0)


def test_in_time_all_searches_know_all_classes() -> None:
    frame = table("label", alone=False).dropna().sort_values("date")
    frame["y"] = np.where(np.arange(len(frame)) > 390, "new", frame["y"])
    with pytest.raises(RequestError, match="outer fold 1 has no row of the class 'new' by then; give fewer outer folds"):
        outer_requests(ExperimentConfig.of({"target": "y", "split": BY_TIME["expanding"]}), frame, None, 3)


@pytest.mark.usefixtures("lab_home")
def test_the_search_itself_is_scored_on_rows_that_it_never_saw() -> None:
    settings: dict[str, Any] = {"target": "target", "models": ["linear", "naive_bayes"], "objectives": ["log_loss"], "trials": 3, "folds": 3}
    scored = automl_lab.nested_cv(tumours(), outer=3, name="itself", **settings)
    assert [each.name for each in scored.experiments] == ["itself_outer_1", "itself_outer_2", "itself_outer_3"]
    scored.wait(240)
    table = scored.scores()
    held = [each.snapshot()["result"]["holdout"]["log_loss"] for each in scored.experiments]
    assert list(table[FOLD]) == held
    assert scored.estimate == statistics.fmean(held) < 0.5
    assert scored.deviation == statistics.stdev(held)
    assert set(table["state"]) == {"COMPLETED"}
    assert set(table["objective"]) == {"log_loss"}
    assert "over 3 outer folds" in repr(scored)
    again = automl_lab.NestedCV([automl_lab.Experiment.attach(name) for name in table["experiment"]])
    assert again.estimate == scored.estimate


@pytest.mark.usefixtures("lab_home")
def test_none_begins_where_one_cannot() -> None:
    active = automl_lab.automl(tumours(), target="target", time="10m", models=["linear"], name="halfway_outer_2")
    try:
        with pytest.raises(RequestError, match="'halfway_outer_2' is"):
            automl_lab.nested_cv(tumours(), outer=2, name="halfway", target="target", time="10m", models=["linear"])
        assert "halfway_outer_1" not in {record["name"] for record in lab.store().experiments()}
        assert repr(automl_lab.NestedCV([active])).startswith("<NestedCV: no score of halfway_outer_2 (")
    finally:
        active.stop()


@pytest.mark.usefixtures("lab_home")
def test_what_fails_later_is_raised_when_all_are_over() -> None:
    nowhere = automl_lab.nested_cv(tumours(), outer=2, name="nowhere", target="target", trials=2, models=["linear"], cluster="127.0.0.1:9")
    with pytest.raises(ClusterError):
        nowhere.wait(60)
    with pytest.raises(RequestError, match=r"no score of nowhere_outer_1 \(failed\), nowhere_outer_2 \(failed\)"):
        nowhere.estimate  # noqa: B018  (asking is the point)
