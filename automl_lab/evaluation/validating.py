"""Which splits judge the candidates of a request: what was asked for, or what the number of rows suggests, with the reason.

Owns the choice and the check that no part of it is empty or has nothing to learn from. Refuses in one line with the configuration key that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from automl_lab.config import ExperimentConfig
from automl_lab.core.clock import parse_duration
from automl_lab.core.errors import RequestError
from automl_lab.data.dataset import Dataset
from automl_lab.data.marks import Mark
from automl_lab.data.parts import check_rows, folded, held_apart
from automl_lab.data.validation import Validation
from automl_lab.splitting import Split

FEW_ROWS, MANY_ROWS = 1_000, 100_000
MANY_CELLS = 20_000_000
# From so many rows on a score hangs little on the split, and where a second has to do for so many cells each fit saved is another trial.
ENOUGH_ROWS, HURRIED, FLEETING, HURRIED_FOLDS = 10_000, 2_000.0, 6_000.0, 3
# Standard errors of a half percent and of a third of that of an accuracy: more rows say little more, and are better fitted.
ENOUGH_HELD, ENOUGH_VALIDATED = 10_000, 20_000
LONG_SECONDS = 300.0  # shorter searches lose more by fewer trials than repeats gain
FOLDS, HOLDOUT, REPEATS, SHARE = 5, 0.2, 2, 0.2
MOST_FOLDS = 20
ONE_PART = "one part tells candidates apart, and each is fitted once"
HELD_OUT, TRAINED = ("holdout", "test"), ("train", "training")


def mark_of(split: Split) -> Mark | None:
    """The column by which rows are split, if there is one."""
    return Mark(split.column, split.kind) if split.column is not None and split.kind in ("group", "time", "given") else None


def choose(config: ExperimentConfig, dataset: Dataset, frame: pd.DataFrame) -> Validation:
    """How this request is judged. ``frame`` holds the canonical rows. Raises ``RequestError`` for what the rows do not allow."""
    asked = _asked(config, dataset, frame)
    if not asked.held and config.deliver == "scored":
        raise RequestError("deliver: scored needs a holdout, since no model is scored without one; leave it out", path=("deliver",))
    if config.nested and asked.fits < 2:
        raise RequestError("nested needs folds: with one validation part there are no others to choose by", path=("nested",))
    return _checked(asked, config.seed, dataset, frame)


def resolved(validation: Validation, split: Split) -> dict[str, Any]:
    """The keys of the configuration as they were resolved; asked for again they give the same splits."""
    kind = {"repeats": validation.repeats} if validation.kind == "repeated" else {"share": validation.share} if validation.kind == "holdout" else {}
    chosen = split if split.kind == validation.kind and not kind else Split.model_validate({"kind": validation.kind, **kind})
    named = validation.kind == "given"
    return {
        "split": chosen,
        "folds": None if validation.kind in ("holdout", "given") else validation.folds,
        "holdout": None if named and validation.held else validation.holdout,
    }


def _asked(config: ExperimentConfig, dataset: Dataset, frame: pd.DataFrame) -> Validation:
    split = config.split
    if config.folds is not None and split.kind in ("holdout", "given"):
        why = "one part validates" if split.kind == "holdout" else "the column says how many there are"
        raise RequestError(f"folds: {config.folds} says nothing for split {split.kind}, where {why}; leave it out", path=("folds",))
    known = Validation(folds=config.folds or FOLDS, holdout=HOLDOUT if config.holdout is None else config.holdout, reason="asked for")
    if split.kind == "auto":
        return _by_size(known, config, dataset)
    if split.kind == "given":
        return _given(known, config, frame)
    column = None if split.column is None else frame[split.column]
    dated = column is None or column.dtype.kind == "M"
    own: dict[str, dict[str, Any]] = {
        "kfold": {},
        "repeated": {"repeats": split.repeats or REPEATS},
        "holdout": {"folds": 1, "share": split.share or SHARE},
        "group": {"column": split.column},
        "time": {"column": split.column, "window": split.window or 1.0, "gap": _gap(split, dated=dated), "dated": dated},
    }
    return replace(known, kind=split.kind, **own[split.kind])


def _by_size(known: Validation, config: ExperimentConfig, dataset: Dataset) -> Validation:
    rows, cells = dataset.rows, dataset.rows * len(dataset.features)
    if config.holdout is None:
        known = replace(known, holdout=_at_most(ENOUGH_HELD, rows))
    share = _at_most(ENOUGH_VALIDATED, rows * (1 - known.holdout))
    if config.folds is not None:
        return replace(known, reason=f"folds: {config.folds} was asked for")
    if rows > MANY_ROWS or cells > MANY_CELLS:
        size = f"{rows:,} rows" if rows > MANY_ROWS else f"{rows:,} rows of {len(dataset.features):,} columns"
        return replace(known, kind="holdout", folds=1, share=share, reason=f"{size} are many: {ONE_PART}")
    pace = f"{rows:,} rows of {len(dataset.features):,} columns in {config.time or 0:g} s"
    hurry = cells / config.time if config.time is not None and rows >= ENOUGH_ROWS else 0.0
    if hurry > FLEETING:
        return replace(known, kind="holdout", folds=1, share=share, reason=f"{pace}: {ONE_PART}")
    if hurry > HURRIED:
        return replace(known, folds=HURRIED_FOLDS, reason=f"{pace}: more trials bring more than more folds")
    return _of_few(known, config, rows) if rows < FEW_ROWS else replace(known, reason=f"{rows:,} rows are neither few nor many")


def _of_few(known: Validation, config: ExperimentConfig, rows: int) -> Validation:
    if config.time is None or config.time >= LONG_SECONDS:
        return replace(known, kind="repeated", repeats=REPEATS, reason=f"{rows:,} rows are few: one split by chance says less than {REPEATS}")
    return replace(known, reason=f"{rows:,} rows are few, but in {config.time:g} s more trials bring more than repeats")


def _at_most(enough: int, rows: float) -> float:
    """A fifth of the rows, or the share that is enough of them."""
    return min(HOLDOUT, round(enough / rows, 4))


def _gap(split: Split, *, dated: bool) -> float:
    if split.gap is None or not isinstance(split.gap, str):
        return split.gap or 0.0
    if not dated:
        raise RequestError(f"gap {split.gap!r} is a duration, and {split.column!r} holds numbers; write it as one", path=("split", "gap"))
    return parse_duration(split.gap)


def _given(known: Validation, config: ExperimentConfig, frame: pd.DataFrame) -> Validation:
    column = config.split.column
    names = sorted(frame[column].unique(), key=_natural)
    held = tuple(name for name in names if name.casefold() in HELD_OUT)
    folds = tuple(name for name in names if name.casefold() not in (*HELD_OUT, *TRAINED))
    if len(folds) > MOST_FOLDS:
        advice = f"for groups write split: {{kind: group, column: {column}}}"
        raise RequestError(f"column {column!r} names {len(folds):,} folds, more than {MOST_FOLDS}; {advice}", path=("split", "column"))
    if not folds or len(names) - len(held) < 2:
        found = ", ".join(map(repr, names[:5]))
        raise RequestError(
            f"column {column!r} names {found}; it has to name rows to fit and others to validate, like train and valid", path=("split", "column")
        )
    if held and config.holdout is not None:
        raise RequestError(f"{column!r} names the holdout ({held[0]!r}) already; leave holdout: {config.holdout:g} out", path=("holdout",))
    if not held and config.holdout:
        raise RequestError(f"{column!r} names no holdout; call its rows 'holdout' there, or set holdout: 0", path=("holdout",))
    share = float(frame[column].isin(held).mean())
    return replace(known, kind="given", column=column, folds=len(folds), names=folds, held_out=held, holdout=share)


def _natural(name: str) -> list[tuple[int, int, str]]:
    """2 before 10."""
    return [(0, int(each), "") if each.isdecimal() else (1, 0, each) for each in re.findall(r"\d+|\D+", name)]


def _checked(known: Validation, seed: int, dataset: Dataset, frame: pd.DataFrame) -> Validation:
    """With the share that a fold fits. Raises ``RequestError`` where a part is empty or has one class to learn from."""
    y, stratify = frame[dataset.target], dataset.task != "regression"
    marks = None if known.column is None else frame[known.column]
    if known.kind in ("kfold", "repeated", "holdout"):
        check_rows(y, dataset.task, folds=max(2, known.folds), holdout=known.holdout)
    train, held = held_apart(known, y, marks, seed, stratify=stratify)
    if known.held and not (len(held) and len(train)):
        if len(held):
            raise RequestError(f"a gap of {known.gap_words} leaves no rows to fit before the holdout; make it shorter", path=("split", "gap"))
        raise RequestError(f"{_too_few(known, marks)} to hold out {known.holdout:.0%} of the rows", path=("holdout",))
    within = None if marks is None else marks.iloc[train]
    parts = folded(known, y.iloc[train], within, seed, stratify=stratify)
    if not all(len(fit) and len(validation) for fit, validation in parts):
        where = ("split", "gap") if known.gap else ("folds",) if known.kind != "holdout" else ("split", "share")
        raise RequestError(_empty(known, within), path=where)
    if stratify:
        _refuse_one_class(known, np.asarray(y)[train], [fit for fit, _ in parts])
    return replace(known, fitted=float(np.mean([len(fit) for fit, _ in parts])) / len(train))


def _too_few(known: Validation, marks: pd.Series | None) -> str:
    found = 0 if marks is None else marks.nunique()
    what = "groups" if known.kind == "group" else "distinct moments"
    gap = f" with a gap of {known.gap_words}" if known.gap else ""
    return f"the {found:,} {what} of {known.column!r} are too few{gap}"


def _empty(known: Validation, marks: pd.Series | None) -> str:
    if known.kind == "holdout":
        return f"too few rows to validate {known.share:.0%} of them"
    wanted = f"{known.folds} folds" if known.kind == "group" else f"{known.folds} folds after a first part"
    among = " among the training rows" if known.held else ""
    return f"{_too_few(known, marks)}{among} for {wanted}; set fewer folds{' or a shorter gap' if known.gap else ''}"


def _refuse_one_class(known: Validation, y: np.ndarray, fits: Sequence[np.ndarray]) -> None:
    for turn, fit in enumerate(fits):
        labels = pd.unique(y[fit])
        if len(labels) < 2:
            by = f" of the split by {known.column!r}" if known.column else ""
            raise RequestError(f"fold {turn + 1}{by} would fit rows of the class {labels[0]!r} only; set fewer folds or split otherwise", path=("split",))
