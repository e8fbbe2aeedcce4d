"""Renders ``evaluate.py``: how every candidate of one experiment is judged, as a module that a colleague of the user can read and run.

Owns that text: the data's shape, the split, the folds, the prediction and the scores, over public libraries only. Trials, the final score and the
report run these same bytes. It is what ``ruff format`` would leave as it is. Refuses costs: they are measured, not computed.
"""

from __future__ import annotations

import ast
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace

from automl_lab.core.syntax import parse
from automl_lab.data.dataset import Dataset
from automl_lab.data.validation import Validation
from automl_lab.evaluation.sampling import schedule_of
from automl_lab.evaluation.split_text import LOAD, LOAD_BY, MARKS, WHAT, split_blocks, split_constants, split_functions
from automl_lab.objectives.objective import OBJECTIVES, Objective
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.source import Source

WIDTH = 88  # what ruff and black take when nothing is configured
_OWN = ("load", "split", "folds", "aside", "sample", "predict", "score")
_IMPORTS = ("from pathlib import Path", "from typing import Any", "import numpy as np", "import pandas as pd")
_PREDICTIONS = {"label": 'prediction["label"]', "probability": 'prediction["probability"]', "value": 'prediction["value"]'}

_PREDICT_CLASSES = '''
def predict(pipeline: Any, X: pd.DataFrame) -> dict[str, np.ndarray]:
    """Give a label per row, and probabilities with one column per class of CLASSES."""
    probability = np.zeros((X.shape[0], len(CLASSES)))
    known = [CLASSES.index(label) for label in pipeline.classes_]
    probability[:, known] = pipeline.predict_proba(X)
    return {"label": np.asarray(pipeline.predict(X)), "probability": probability}
'''
_PREDICT_VALUES = '''
def predict(pipeline: Any, X: pd.DataFrame) -> dict[str, np.ndarray]:
    """Give a number per row."""
    return {"value": np.asarray(pipeline.predict(X), dtype=float).reshape(-1)}
'''


def render_protocol(
    dataset: Dataset, objectives: Sequence[str], *, folds: int = 5, holdout: float = 0.2, seed: int, validation: Validation | None = None
) -> Source:
    """The module ``evaluate.py`` of an experiment.

    ``objectives`` are names of registered objectives of any kind; the module's ``score`` computes the scores among them, in this order.
    ``holdout`` is a share of the rows, ``folds`` a number; ``validation`` says more than both and stands instead of them. Raises ``RequestError``
    for an unknown objective and ``ValueError`` when two functions claim one name.
    """
    known = validation or Validation(folds=folds, holdout=holdout)
    scores = [each for each in map(OBJECTIVES.choose, dict.fromkeys(objectives)) if each.kind == "score"]
    sampled = len(schedule_of(replace(dataset, validation=known))) > 1
    splitting = _closure([Definition.of("automl_lab.data.split", name) for name in split_functions(known, sampled=sampled)])
    scoring = _closure([each.definition for each in scores])
    _refuse_clashes([*splitting, *scoring])
    blocks = [
        _head(dataset, known, seed=seed, imports=[line for each in (*splitting, *scoring) for line in each.imports]),
        LOAD if known.column is None else LOAD_BY.format(column=MARKS[known.kind], what=WHAT[known.kind]),
        *(each.source for each in splitting),
        *split_blocks(known, stratify=dataset.task != "regression", sampled=sampled),
        _PREDICT_VALUES if dataset.classes is None else _PREDICT_CLASSES,
        *(each.source for each in scoring),
        _score(scores),
    ]
    return Source("\n\n\n".join(block.strip("\n") for block in blocks) + "\n")


def _closure(definitions: Iterable[Definition]) -> list[Definition]:
    return list({each.origin: each for definition in definitions for each in definition.closure()}.values())


def _refuse_clashes(definitions: Sequence[Definition]) -> None:
    names = [*_OWN, *(each.name for each in definitions)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"two functions of evaluate.py are called {twice!r}")


def _head(dataset: Dataset, known: Validation, *, seed: int, imports: Sequence[str]) -> str:
    positive = "  # the second one is the positive class" if dataset.task == "binary" else ""
    classes = None if dataset.classes is None else list(dataset.classes)
    lines = [
        '"""How every candidate of this experiment is judged: data, split, folds and scores.',
        "",
        "Written by AutoML Lab. Trials, the final score and the report run this file; it needs",
        "numpy, pandas, pyarrow and scikit-learn only.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        _import_block([*_IMPORTS, *imports]),
        "",
        "# The sha256 of the Parquet file that load() reads.",
        _assigned("DATA", dataset.fingerprint),
        _assigned("TARGET", dataset.target),
        _assigned("TASK", dataset.task),
        _assigned("CLASSES", classes) + (positive if len(_assigned("CLASSES", classes) + positive) <= WIDTH else ""),
        _assigned("FEATURES", dataset.features),
        _assigned("SEED", seed),
        *(_assigned(name, value) for name, value in split_constants(known).items()),
    ]
    return "\n".join(lines)


def _score(scores: Sequence[Objective]) -> str:
    lines = ["def score(y: ArrayLike, prediction: dict[str, np.ndarray]) -> dict[str, float]:", '    """Score what predict() gave for the rows of y."""']
    if not scores:
        return "\n".join([*lines, "    return {}"])
    lines.append("    return {")
    for each in scores:
        arguments = f"y, {_PREDICTIONS[each.needs or 'label']}, CLASSES"
        call = f"        {quoted(each.name)}: {each.definition.name}({arguments}),"
        lines += [call] if len(call) <= WIDTH else [call[: call.index("(") + 1], f"            {arguments}", "        ),"]
    return "\n".join([*lines, "    }"])


def _import_block(lines: Iterable[str]) -> str:
    """Import lines of one name each as isort leaves them: the standard library, then the others; names of one module together."""
    modules: dict[str, set[str]] = {}
    whole: set[str] = set()
    for line in lines:
        node = parse(line).body[0]
        if isinstance(node, ast.ImportFrom):
            modules.setdefault(node.module or "", set()).update(ast.unparse(name) for name in node.names)
        else:
            whole.add(line)
    sections: dict[bool, list[str]] = {True: [], False: []}
    for line in sorted(whole):
        sections[_standard(line.split()[1])].append(line)
    for module, names in sorted(modules.items()):
        ordered = sorted(names, key=lambda name: (not name.isupper(), not name[:1].isupper(), name))
        flat = f"from {module} import {', '.join(ordered)}"
        broken = f"from {module} import (\n" + "".join(f"    {name},\n" for name in ordered) + ")"
        sections[_standard(module)].append(flat if len(flat) <= WIDTH else broken)
    return "\n\n".join("\n".join(section) for section in sections.values() if section)


def _standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _assigned(name: str, value: object) -> str:
    """``NAME = literal`` as ``ruff format`` leaves it: a long list with one item per line, a long text in parentheses where that makes it fit."""
    if not isinstance(value, list):
        literal = quoted(value)
        fits = _width(f"{name} = {literal}") <= WIDTH or _width(literal) + 4 > WIDTH
        return f"{name} = {literal}" if fits else f"{name} = (\n    {literal}\n)"
    items = [quoted(each) for each in value]
    flat = f"{name} = [{', '.join(items)}]"
    return flat if _width(flat) <= WIDTH else f"{name} = [\n" + "".join(f"    {item},\n" for item in items) + "]"


def quoted(value: object) -> str:
    """The literal of a plain value; text in the quotes that ``ruff format`` prefers: double ones unless single ones save escapes."""
    if not isinstance(value, str):
        return repr(value)
    quote = "'" if value.count('"') > value.count("'") else '"'
    return quote + "".join("\\" + char if char == quote else char if char in "'\"" else repr(char)[1:-1] for char in value) + quote


def _width(text: str) -> int:
    """Columns on a screen: two for wide characters, none for marks that combine with the one before."""
    return sum(0 if unicodedata.category(char) in ("Mn", "Me", "Cf") else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
