"""From the user's table to the data of an experiment, and new rows made like it.

Owns the order of the steps: check the table, understand the target, drop rows without one, understand every column, check the whole, write
the canonical Parquet. Refuses tables that no experiment can use, each with one line. Nothing is fitted here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import pandas as pd

from automl_lab.core.errors import RequestError, nearest
from automl_lab.data.checks import duplicate_rows, suspected_leaks
from automl_lab.data.dataset import Dataset, Finding
from automl_lab.data.kinds import Understood, canonical, understand
from automl_lab.data.marks import Mark, check_mark, understand_mark
from automl_lab.data.parquet import canonical_parquet, fingerprint
from automl_lab.data.plain import Plain, Values, as_text, plain
from automl_lab.data.profile import KINDS, Column, Kind, Task
from automl_lab.data.target import Target, understand_target
from automl_lab.data.values import TOLERANCE, as_numbers

Asked: TypeAlias = Kind | Literal["drop"]


@dataclass(frozen=True)
class Prepared:
    """The data of an experiment: its record, its canonical Parquet and the frame in it (features and target in the user's order)."""

    dataset: Dataset
    parquet: bytes
    frame: pd.DataFrame


def prepare(
    frame: pd.DataFrame,
    *,
    source: str,
    target: str | None,
    task: Task | None = None,
    columns: Mapping[str, Asked] | None = None,
    mark: Mark | None = None,
) -> Prepared:
    """Understand, check and write down a table.

    ``source`` is how the user named it; without a ``target`` an ``sklearn:`` table uses its own. ``columns`` overrides inferred kinds; "drop"
    leaves a column out altogether; ``mark`` is the column that says how rows are split. Rows without a target are dropped. Raises
    ``RequestError`` for what the user has to mend.
    """
    asked = dict(columns or {})
    table = _checked(frame, source)
    label = _target_column(table, target, source)
    _check_asked(asked, table, label)
    if mark is not None:
        check_mark(mark, table, label)
    known = understand_target(table[label], task)
    rows = table.loc[known.values.index].reset_index(drop=True)
    understood = _features(rows, label, asked, mark)
    answer = known.values.reset_index(drop=True)
    features = {each.column.name: each.values for each in understood}
    canonical_frame = pd.DataFrame({name: answer if name == label else features[name] for name in rows.columns if name == label or name in features})
    parquet = canonical_parquet(canonical_frame)
    findings = _findings(len(table) - len(rows), label, known, understood, canonical_frame)
    dataset = Dataset(
        source=source,
        target=label,
        task=known.task,
        task_reason=known.reason,
        classes=known.classes,
        rows=len(rows),
        columns=tuple(each.column for each in understood),
        fingerprint=fingerprint(parquet),
        findings=tuple(sorted(findings, key=lambda finding: finding.level != "warning")),
        imbalance=known.imbalance,
    )
    return Prepared(dataset, parquet, canonical_frame)


def conform(frame: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """New rows as the candidates know them: the usable features in order, read like the training rows, under the index of ``frame``.

    Other columns are ignored. Raises ``RequestError`` when columns are missing, twice there, or hold what cannot be read as their kind.
    """
    names = [str(name) for name in frame.columns]
    missing = [name for name in dataset.features if name not in names]
    if missing:
        hint = nearest(missing[0], [name for name in names if name not in dataset.features]) if len(missing) == 1 else ""
        listed = ", ".join(map(repr, missing[:5])) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        raise RequestError(f"the new rows lack the column{'s' if len(missing) > 1 else ''} {listed}{hint}")
    twice = next((name for name in dataset.features if names.count(name) > 1), None)
    if twice is not None:
        raise RequestError(f"the new rows have the column {twice!r} twice")
    usable = [column for column in dataset.columns if column.usable]
    rows = frame.reset_index(drop=True)
    return pd.DataFrame({column.name: _conformed(rows.iloc[:, names.index(column.name)], column) for column in usable}).set_axis(frame.index)


def conform_target(series: Values, dataset: Dataset) -> Values:
    """A target of new rows as the training target was read; the rows whose target is there, under their index.

    Raises ``RequestError`` for labels that are none of the classes, and for what is no number in a regression.
    """
    source = plain(series.rename(dataset.target))
    if dataset.classes is None:
        numbers, _, unread = as_numbers(source, None)
        if unread:
            raise RequestError(f"target {dataset.target!r} of the new rows should be numbers; {unread[0]!r} is none")
        return numbers.dropna().astype("float64")
    known = {str(label): label for label in dataset.classes}
    labels = as_text(source.values).dropna()
    strange = next((label for label in pd.unique(labels) if label not in known), None)
    if strange is not None:
        raise RequestError(f"target {dataset.target!r} of the new rows has the label {strange!r}, which is no class{nearest(strange, known)}")
    named = labels.map(known)
    return named.astype("str") if isinstance(dataset.classes[0], str) else named.astype(type(dataset.classes[0]))


def _conformed(series: Values, column: Column) -> Values:
    source = _truth(plain(series.rename(column.name)), column)
    values, _, unread = canonical(source, column.kind, column.written)
    if unread and source.values.isin(unread).sum() > TOLERANCE * len(source.values):
        raise RequestError(f"column {column.name!r} of the new rows should be {column.kind}; {unread[0]!r} is not")
    if column.kind == "numeric":
        whole = column.dtype == "int64" and bool(values.notna().all()) and bool((values % 1 == 0).all()) and bool((values.abs() < 2**63).all())
        return values.astype("int64") if whole else values.astype("float64")
    return values


def _truth(source: Plain, column: Column) -> Plain:
    """What was true or false in training, and comes as 1 and 0 now."""
    if column.kind != "boolean" or source.form != "number" or column.example not in {"True", "False"}:
        return source
    strange = source.values[~source.values.isin([0, 1]) & source.values.notna()]
    if len(strange):
        raise RequestError(f"column {column.name!r} of the new rows should be boolean; {strange.iloc[0]:g} is not")
    return Plain(source.values.map({1: "True", 0: "False"}).astype("str"), "truth")


def _checked(frame: pd.DataFrame, source: str) -> pd.DataFrame:
    """The table under plain column names and row numbers, or a ``RequestError`` when nothing can be done with it."""
    if frame.columns.nlevels > 1:
        raise RequestError(f"{source} has column names of {frame.columns.nlevels} levels; give it plain ones", path=("data",))
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise RequestError(f"{source} has the column name{'s' if len(twice) > 1 else ''} {', '.join(map(repr, twice[:5]))} more than once", path=("data",))
    if not names:
        raise RequestError(f"{source} is empty: it has no columns", path=("data",))
    if frame.empty:
        raise RequestError(f"{source} is empty: it has {len(names)} columns and no rows", path=("data",))
    return frame.set_axis(pd.Index(names), axis=1).reset_index(drop=True)


def _target_column(table: pd.DataFrame, target: str | None, source: str) -> str:
    names = [str(name) for name in table.columns]
    if target is None and source.startswith("sklearn:"):
        return "target"
    if target is None:
        raise RequestError(f"no target: name the column of {source} to predict{nearest('', names)}", path=("target",))
    if target not in names:
        raise RequestError(f"{source} has no column {target!r}{nearest(target, names)}", path=("target",))
    if len(names) == 1:
        raise RequestError(f"{source} has no column beside the target {target!r}", path=("data",))
    return target


def _check_asked(asked: Mapping[str, Asked], table: pd.DataFrame, target: str) -> None:
    names = [str(name) for name in table.columns]
    for name, kind in asked.items():
        if name not in names:
            raise RequestError(f"no column {name!r}{nearest(name, names)}", path=("columns", name))
        if name == target:
            raise RequestError(f"{name!r} is the target; its kind follows from the task", path=("columns", name))
        if kind not in (*KINDS, "drop"):
            raise RequestError(f"unknown kind {kind!r}{nearest(kind, (*KINDS, 'drop'))}", path=("columns", name))


def _features(rows: pd.DataFrame, target: str, asked: Mapping[str, Asked], mark: Mark | None) -> list[Understood]:
    found = []
    for name in rows.columns:
        kind = asked.get(name)
        if mark is not None and name == mark.column:
            found.append(understand_mark(rows[name], mark.role, kind))
        elif name != target and kind != "drop":
            found.append(understand(rows[name], kind))
    if mark is not None:  # what splits the rows is never made a feature for want of another
        asked = {**asked, mark.column: "identifier"}
    if not any(each.column.usable for each in found):
        # Numbers that only count the rows are all there is: better than nothing to learn from.
        found = [_as_number(rows[each.column.name], each) if each.column.name not in asked else each for each in found]
    if not any(each.column.usable for each in found):
        left = ", ".join(f"{each.column.name!r} ({each.column.kind})" for each in found[:5]) or "all were dropped"
        raise RequestError(f"no column is left to learn from: {left}; say what they are under columns", path=("columns",))
    return found


def _as_number(series: Values, known: Understood) -> Understood:
    if known.column.kind != "identifier" or plain(series).form != "number":
        return known
    again = understand(series, "numeric")
    note = Finding("warning", again.column.name, "looks like an identifier, but is used because no other column is left")
    return replace(again, findings=(*again.findings, note))


def _findings(dropped: int, target: str, known: Target, understood: list[Understood], frame: pd.DataFrame) -> list[Finding]:
    found = [Finding("warning", target, f"{dropped:,} rows without a target were dropped")] if dropped else []
    found += known.findings
    found += [finding for each in understood for finding in each.findings]
    identifiers = [each.column.name for each in understood if each.column.kind == "identifier"]
    found += duplicate_rows(frame.drop(columns=identifiers))
    return found + suspected_leaks(understood, frame[target], known.task)
