"""What is to be predicted: the task, its classes, and the target's canonical values.

Owns how a task is inferred and the one line that says why, and which targets no task can use. Refuses to drop rows or look at features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from automl_lab.core.errors import RequestError
from automl_lab.data.dataset import Finding
from automl_lab.data.plain import Plain, Values, as_text, plain
from automl_lab.data.profile import Label, Task
from automl_lab.data.values import as_numbers, looks_like_numbers

# Whole numbers with at most so many distinct values, each in some rows, are classes; more are amounts.
MOST_CODES = 20
ROWS_PER_CODE = 5
# Labels that show themselves in so few rows on average are no classes to learn.
ROWS_PER_LABEL = 2


@dataclass(frozen=True)
class Target:
    """The target as it was understood. ``values`` are those that are there, under the index of their rows.

    ``classes`` are sorted: ``str``, ``int`` or ``bool`` for classification, None for regression. ``imbalance`` is how many rows the most
    frequent class has for each row of the rarest.
    """

    values: Values
    task: Task
    reason: str
    classes: tuple[Label, ...] | None
    findings: tuple[Finding, ...]
    imbalance: float = 1.0


def understand_target(series: Values, asked: Task | None = None) -> Target:
    """Infer the task from the target, or check the one asked for.

    The index of ``series`` has to be unique. Canonical values: float64 for regression; ``str``, int64 or bool labels for classification.
    Raises ``RequestError`` when all values
    are missing, when there is one class or value only, and when the target does not fit the task asked for.
    """
    name = str(series.name)
    source = plain(series)
    if source.form == "moment":
        raise RequestError(f"target {name!r} holds dates; predict a number or a class made from them instead", path=("target",))
    there = (source.values if source.form == "number" else as_text(source.values)).dropna()
    if there.empty:
        raise RequestError(f"target {name!r} has no value in any of the {len(series):,} rows", path=("target",))
    if there.nunique() == 1:
        raise RequestError(f"target {name!r} has one value only ({as_text(there.iloc[:1]).iloc[0]}); there is nothing to predict", path=("target",))
    findings = [Finding("warning", name, f"holds {source.note}")] if source.note else []
    known = Plain(there, source.form)
    task, reason = (asked, "as asked") if asked else _inferred(known)
    if task == "regression":
        return _regression(name, known, reason, findings)
    return _classification(name, _undeclared(series, known), task, reason, findings)


def _inferred(known: Plain) -> tuple[Task, str]:
    """The task and, where the labels do not speak for themselves, why it is that one."""
    values = known.values
    distinct = values.nunique()
    if known.form == "number":
        if distinct == 2 and _whole(values):
            return "binary", ""
        if _whole(values) and distinct <= MOST_CODES and len(values) >= ROWS_PER_CODE * distinct:
            return "multiclass", f"{distinct} distinct whole numbers in {len(values):,} rows; set task: regression if they are amounts"
        return "regression", ""
    if known.form == "text" and distinct > MOST_CODES and looks_like_numbers(np.asarray(pd.unique(values), dtype=object)):
        return "regression", "numbers written as text"
    return ("binary" if distinct == 2 else "multiclass"), ""


def _spanned(there: Values) -> str:
    return f"{there.nunique():,} distinct numbers from {there.min():.6g} to {there.max():.6g}"


def _whole(there: Values) -> bool:
    return bool((there == np.floor(there)).all())


def _regression(name: str, known: Plain, reason: str, findings: list[Finding]) -> Target:
    if known.form == "truth":
        raise RequestError(f"target {name!r} is true or false, which is no amount; use task: binary", path=("task",))
    read, _, unread = as_numbers(known, None)
    if unread:
        raise RequestError(f"target {name!r} cannot be used for regression: {unread[0]!r} is no number", path=("task",))
    numbers = read.dropna().astype("float64")
    said = (f"{reason}: " if reason else "") + _spanned(numbers)
    return Target(numbers, "regression", said, None, tuple(findings))


def _classification(name: str, known: Plain, task: Task, reason: str, findings: list[Finding]) -> Target:
    values = _labels(known)
    counts = values.value_counts()
    classes: tuple[Label, ...] = tuple(sorted(counts.index.tolist()))
    _check_classes(name, len(classes), len(values), task)
    rare = [label for label in classes if counts[label] == 1]
    if len(classes) - len(rare) < 2:
        raise RequestError(f"target {name!r} has one row only of class {str(rare[0])!r}; scores need two classes with at least two rows each", path=("target",))
    listed = ", ".join(map(str, classes[:6])) + (f" and {len(classes) - 6} more" if len(classes) > 6 else "")
    labels = f"{'two' if len(classes) == 2 else len(classes)} distinct labels: {listed}" + (f"; {classes[1]} is the positive one" if task == "binary" else "")
    said = f"{reason}: {labels}" if reason == "as asked" else reason or labels
    rare_ones = [Finding("warning", name, f"class {label} has one row only; it is used for training and never scored") for label in rare[:10]]
    return Target(values, task, said, classes, (*findings, *rare_ones, _balance(name, classes, counts)), round(float(counts.max() / counts.min()), 1))


def _undeclared(series: Values, known: Plain) -> Plain:
    """The labels of a column that was declared categorical as what its categories are: numbers, true and false, or text."""
    if known.form != "category":
        return known
    there = plain(series.loc[known.values.index].astype(object))
    return there if there.form in {"number", "truth"} else known


def _labels(known: Plain) -> Values:
    """Labels as the user wrote them: bool and whole numbers stay so, all else is text."""
    if known.form == "truth":
        return known.values == "True"
    if known.form == "number" and _whole(known.values) and bool((known.values.abs() < 2**63).all()):
        return known.values.astype("int64")
    return as_text(known.values)


def _check_classes(name: str, classes: int, rows: int, task: Task) -> None:
    if task == "binary" and classes != 2:
        raise RequestError(f"task binary needs a target of two classes; {name!r} has {classes}", path=("task",))
    if task == "multiclass" and classes == 2:
        raise RequestError(f"task multiclass needs more than two classes; {name!r} has two: use binary", path=("task",))
    if classes * ROWS_PER_LABEL > rows and classes > 2:
        raise RequestError(f"target {name!r} has {classes} distinct labels in {rows} rows, too many to learn; is it the right column?", path=("target",))


def _balance(name: str, classes: tuple[Label, ...], counts: Values) -> Finding:
    total = int(counts.sum())
    shares = sorted(((counts[label] / total, label) for label in classes), key=lambda pair: -pair[0])
    shown = shares if len(shares) <= 6 else [*shares[:3], *shares[-1:]]
    text = ", ".join(f"{label} {share:.1%}" for share, label in shown) + (f" ({len(shares)} classes)" if len(shares) > 6 else "")
    unbalanced = shares[-1][0] < 0.2 / len(classes)
    return Finding("warning" if unbalanced else "info", name, f"class balance: {text}" + ("; the smallest class is rare" if unbalanced else ""))
