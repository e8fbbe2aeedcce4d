"""A cell as text and as values: what one says, the other says."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from automl_lab.config import ExperimentConfig
from automl_lab.core.errors import RequestError
from automl_lab.notebook.draft import cell_of, changed, read_cell, values_of, without
from automl_lab.notebook.grammar import parse_cell_line
from tests.config.random_configs import CONFIGS

STRANGE = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
WISHES = st.fixed_dictionaries({}, optional={"data": STRANGE, "target": STRANGE, "columns": st.dictionaries(STRANGE, st.just("drop"), max_size=2)})
RANGES = st.fixed_dictionaries({}, optional={"ranges": st.dictionaries(STRANGE, st.sampled_from([[1, 10], ["a", None], 3, 0.5, "b", None]), max_size=2)})
SPLITS = [{"kind": "repeated", "repeats": 3}, {"kind": "holdout", "share": 0.1}]


@given(CONFIGS, WISHES, RANGES)
@example({"target": "a b", "trials": 5}, {"data": "--x"}, {})
@example({"split": SPLITS[0], "deliver": "scored", "max_models": 1, "calibrate": False}, {"target": "{x} $y"}, {})
@example({"split": SPLITS[1], "strategy": "tpe"}, {"target": "'\n\""}, {"ranges": {"a.b": None}})
def test_from_cell_to_panel_to_cell_nothing_is_lost(values, wishes, ranges):
    config = ExperimentConfig.of({**values, **wishes, **ranges})
    text = cell_of(values_of(config), {"--wait"})
    cell = read_cell(text)
    assert cell.check().config == config
    assert cell.switches == {"--wait"}
    in_browser = json.loads(json.dumps(cell.values))
    assert cell_of(in_browser, cell.switches) == text
    assert cell_of(changed(in_browser, []), cell.switches) == text


@given(CONFIGS)
def test_a_body_alone_is_read_like_a_cell(values):
    config = ExperimentConfig.of(values)
    cell = read_cell(config.to_yaml())
    assert cell.check().config == config
    assert read_cell(cell_of(cell.values)).check().config == config


def test_the_cell_is_written_as_people_write_it():
    values = {"data": "churn.csv", "target": "Total Charges", "time": "10m", "name": "churn"}
    values |= {"objectives": ["roc_auc", "predict_ms"], "split": {"kind": "kfold"}}
    assert cell_of(values) == '%%automl churn.csv --target "Total Charges" --time 10m --as churn\nobjectives: [roc_auc, predict_ms]\nsplit: kfold'
    assert cell_of({}) == "%%automl"
    assert cell_of({"target": "$price", "seed": 7}) == "%%automl\ntarget: $price\nseed: 7"


def test_shorthands_are_written_out():
    cell = read_cell("\n%%automl t --metric f1\nobjectives: predict_ms\nmodels: linear\nsplit: group")
    assert cell.values == {"data": "t", "objectives": ["f1", "predict_ms"], "models": ["linear"], "split": {"kind": "group"}}


@pytest.mark.parametrize(
    ("line", "body", "left"),
    [
        ('t  --target "a  b" --panel', "# why\nseed: 1\n", '%%automl t  --target "a  b"\n# why\nseed: 1'),
        ("--panel", "\n", "%%automl"),
        ("--panel t --wait", "", "%%automl t --wait"),
        ("t --as x--panel --panel", "", "%%automl t --as x--panel"),
    ],
)
def test_a_cell_is_opened_as_it_was_written(line, body, left):
    assert without("--panel", parse_cell_line(line), body) == left


def test_an_error_has_its_place_in_the_cell():
    with pytest.raises(RequestError, match=r"^line 3, column 1: unknown key 'modles'"):
        read_cell("%%automl t --target y\nseed: 1\nmodles: [linear]").check()
    with pytest.raises(RequestError, match=r"^line 2, column"):
        read_cell("%%automl t\nseed: [1")
    with pytest.raises(RequestError, match="unknown option '--tarhet'"):
        read_cell("%%automl t --tarhet y")


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ((["seed"], 3), {"split": {"kind": "group", "column": "g"}, "seed": 3}),
        ((["split", "column"], None), {"split": {"kind": "group"}}),
        ((["split"], None), {}),
        ((["columns", "a.b"], "drop"), {"split": {"kind": "group", "column": "g"}, "columns": {"a.b": "drop"}}),
    ],
)
def test_one_change_leaves_the_rest(change, left):
    before = {"split": {"kind": "group", "column": "g"}}
    assert changed(before, [change]) == left
    assert before == {"split": {"kind": "group", "column": "g"}}


def test_what_is_last_taken_from_a_mapping_takes_the_mapping():
    assert changed({"columns": {"a": "drop"}}, [(["columns", "a"], None)]) == {}
