"""How the task is inferred, with its reason, and which targets are refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from automl_lab.core.errors import RequestError
from automl_lab.data.target import understand_target

pytestmark = pytest.mark.filterwarnings("error")


def target(values, dtype=None):
    return pd.Series(values, name="y", dtype=dtype)


@pytest.mark.parametrize(
    ("series", "task", "classes", "dtype", "reason"),
    [
        (target(["No", "Yes"] * 10), "binary", ("No", "Yes"), "str", "two distinct labels: No, Yes; Yes is the positive one"),
        (target([0, 1] * 10), "binary", (0, 1), "int64", "two distinct labels: 0, 1; 1 is the positive one"),
        (target([0.0, 1.0, None] * 10), "binary", (0, 1), "int64", "two distinct labels: 0, 1; 1 is the positive one"),
        (target([True, False] * 10), "binary", (False, True), "bool", "two distinct labels: False, True; True is the positive one"),
        (target([True, False, None] * 10), "binary", (False, True), "bool", "two distinct labels: False, True; True is the positive one"),
        (target([" a", "a ", "b"] * 10), "binary", ("a", "b"), "str", "two distinct labels: a, b; b is the positive one"),
        (target(["c", "a", "b"] * 10), "multiclass", ("a", "b", "c"), "str", "3 distinct labels: a, b, c"),
        (target(["c", "a", "b"] * 10, "category"), "multiclass", ("a", "b", "c"), "str", "3 distinct labels: a, b, c"),
        (target([1, 2, 3] * 10, "category"), "multiclass", (1, 2, 3), "int64", "3 distinct labels: 1, 2, 3"),
        (target([9, 10, None] * 20, "category"), "binary", (9, 10), "int64", "two distinct labels: 9, 10; 10 is the positive one"),
        (target([True, False] * 20, "category"), "binary", (False, True), "bool", "two distinct labels: False, True; True is the positive one"),
        (
            target([2**63 + 5, 17] * 20),
            "binary",
            ("17", "9223372036854775808"),
            "str",
            "two distinct labels: 17, 9223372036854775808; 9223372036854775808 is the positive one",
        ),
        (target(list("abcdefgh") * 10), "multiclass", tuple("abcdefgh"), "str", "8 distinct labels: a, b, c, d, e, f and 2 more"),
        (target([1, 2, 3] * 10), "multiclass", (1, 2, 3), "int64", "3 distinct whole numbers in 30 rows; set task: regression if they are amounts"),
        (target(["1", "2", "3"] * 10), "multiclass", ("1", "2", "3"), "str", "3 distinct labels: 1, 2, 3"),
        (target(range(100)), "regression", None, "float64", "100 distinct numbers from 0 to 99"),
        (target([0.5, 1.5] * 10), "regression", None, "float64", "2 distinct numbers from 0.5 to 1.5"),
        (target([1, 2, 3, 4, 5, 6, 7]), "regression", None, "float64", "7 distinct numbers from 1 to 7"),
        (target([f"{v:,}" for v in range(900, 1100)]), "regression", None, "float64", "numbers written as text: 200 distinct numbers from 900 to 1099"),
    ],
)
def test_task(series, task, classes, dtype, reason):
    found = understand_target(series)
    assert (found.task, found.classes, str(found.values.dtype), found.reason) == (task, classes, dtype, reason)
    assert found.values.notna().all()


def test_missing_rows_are_left_out_under_their_index():
    found = understand_target(target(["a", None, "b", " ", "a", "b"]))
    assert found.values.to_dict() == {0: "a", 2: "b", 4: "a", 5: "b"}


@pytest.mark.parametrize(
    ("series", "task", "reason"),
    [
        (target([1, 2, 3] * 10), "regression", "as asked: 3 distinct numbers from 1 to 3"),
        (target(["1.5", "2", "3"] * 10), "regression", "as asked: 3 distinct numbers from 1.5 to 3"),
        (target([1.5, 2.5] * 10), "binary", "as asked: two distinct labels: 1.5, 2.5; 2.5 is the positive one"),
        (target(list(range(30)) * 3), "multiclass", "as asked: 30 distinct labels: 0, 1, 2, 3, 4, 5 and 24 more"),
    ],
)
def test_the_task_asked_for_is_taken(series, task, reason):
    assert (understand_target(series, task).task, understand_target(series, task).reason) == (task, reason)


@pytest.mark.parametrize(
    ("series", "task", "path", "message"),
    [
        (target([None] * 5), None, "target", "target 'y' has no value in any of the 5 rows"),
        (target(["", " "] * 5), None, "target", "target 'y' has no value in any of the 10 rows"),
        (target(["a"] * 5), None, "target", "target 'y' has one value only (a); there is nothing to predict"),
        (target([3.0] * 5), "regression", "target", "target 'y' has one value only (3); there is nothing to predict"),
        (target(["a"] * 5 + ["b"]), None, "target", "target 'y' has one row only of class 'b'; scores need two classes with at least two rows each"),
        (target(pd.date_range("2024", periods=5)), None, "target", "target 'y' holds dates; predict a number or a class made from them instead"),
        (
            target([f"p{i}" for i in range(10)]),
            None,
            "target",
            "target 'y' has 10 distinct labels in 10 rows, too many to learn; is it the right column?",
        ),
        (target(["a", "b", "c"] * 5), "binary", "task", "task binary needs a target of two classes; 'y' has 3"),
        (target(["a", "b"] * 5), "multiclass", "task", "task multiclass needs more than two classes; 'y' has two: use binary"),
        (target(["a", "b"] * 5), "regression", "task", "target 'y' cannot be used for regression: 'a' is no number"),
        (target([True, False] * 5), "regression", "task", "target 'y' is true or false, which is no amount; use task: binary"),
    ],
)
def test_refused(series, task, path, message):
    with pytest.raises(RequestError) as caught:
        understand_target(series, task)
    assert str(caught.value) == message
    assert caught.value.path == (path,)


def test_balance_and_rare_classes_are_reported():
    found = understand_target(target(["a"] * 90 + ["b"] * 9 + ["c"]))
    assert [(each.level, each.text) for each in found.findings] == [
        ("warning", "class c has one row only; it is used for training and never scored"),
        ("warning", "class balance: a 90.0%, b 9.0%, c 1.0%; the smallest class is rare"),
    ]
    assert [each.level for each in understand_target(target(["a", "b", "b"] * 10)).findings] == ["info"]
    many = understand_target(target(list("abcdefgh") * 10)).findings[0].text
    assert many == "class balance: a 12.5%, b 12.5%, c 12.5%, h 12.5% (8 classes)"


def test_infinite_numbers_are_missing():
    found = understand_target(target([1.5, np.inf, 2.5, 3.5]))
    assert len(found.values) == 3
    assert found.findings[0].text == "holds infinite values (1), taken as missing"
