"""The part of ``evaluate.py`` that loads and splits, for every kind of split: its constants, its functions and what they call.

Owns that text; it is what ``ruff format`` would leave as it is. Refuses to decide anything: ``data.validation`` says how rows are split.
"""

from __future__ import annotations

from automl_lab.data.validation import Validation

MARKS = {"group": "GROUP", "time": "TIME", "given": "FOLD"}
WHAT = {"group": "group", "time": "moment", "given": "fold's name"}

LOAD = '''
def load(path: str | Path) -> tuple[pd.DataFrame, pd.Series]:
    """Read the features and the target from the experiment's Parquet file."""
    frame = pd.read_parquet(path)
    return frame[FEATURES], frame[TARGET]
'''
LOAD_BY = '''
def load(path: str | Path) -> tuple[pd.DataFrame, pd.Series]:
    """Read the features and the target; the index holds each row's {what}."""
    frame = pd.read_parquet(path).set_index({column}, append=True, drop=False)
    return frame[FEATURES], frame[TARGET]
'''

_ROWS = "tuple[NDArray[np.intp], NDArray[np.intp]]"
_SPLIT = f'''
def split(y: pd.Series) -> {_ROWS}:
    """Positions of the training rows and of the holdout, which is scored once."""
'''
_SPLIT_NOTHING = f'''
def split(y: pd.Series) -> {_ROWS}:
    """Positions of the training rows, which are all, and of no holdout."""
'''
_FOLDS = f'''
def folds(y: pd.Series) -> list[{_ROWS}]:
    """Positions in the training rows: those to fit and those to validate, per fold."""
'''
_ASIDE = f'''
def aside(y: pd.Series, share: float) -> {_ROWS}:
    """Positions of the rows to fit and of those on which rounds are counted."""
'''

_BODIES = {
    "kfold": (
        "    return split_rows(y, share=HOLDOUT, seed=SEED, stratify={stratify})",
        "    return fold_rows(y, folds=FOLDS, seed=SEED, stratify={stratify})",
        "    return split_rows(y, share=share, seed=SEED, stratify={stratify})",
    ),
    "repeated": (
        "    return split_rows(y, share=HOLDOUT, seed=SEED, stratify={stratify})",
        '    options = {{"folds": FOLDS, "repeats": REPEATS, "seed": SEED}}\n    return repeated_rows(y, **options, stratify={stratify})',
        "    return split_rows(y, share=share, seed=SEED, stratify={stratify})",
    ),
    "holdout": (
        "    return split_rows(y, share=HOLDOUT, seed=SEED, stratify={stratify})",
        "    return [split_rows(y, share=VALIDATION, seed=SEED, stratify={stratify})]",
        "    return split_rows(y, share=share, seed=SEED, stratify={stratify})",
    ),
    "group": (
        '    groups = y.index.get_level_values(GROUP)\n    options = {{"seed": SEED, "stratify": {stratify}}}\n'
        "    return split_groups(y, groups, share=HOLDOUT, **options)",
        '    groups = y.index.get_level_values(GROUP)\n    options = {{"seed": SEED, "stratify": {stratify}}}\n'
        "    return fold_groups(y, groups, folds=FOLDS, **options)",
        '    groups = y.index.get_level_values(GROUP)\n    options = {{"seed": SEED, "stratify": {stratify}}}\n'
        "    return split_groups(y, groups, share=share, **options)",
    ),
    "time": (
        "    return split_times(y.index.get_level_values(TIME), share=HOLDOUT, gap=GAP)",
        "    times = y.index.get_level_values(TIME)\n    return fold_times(times, folds=FOLDS, window=WINDOW, gap=GAP)",
        "    return split_times(y.index.get_level_values(TIME), share=share, gap=GAP)",
    ),
    "given": (
        "    return split_named(y.index.get_level_values(FOLD), held_out=HELD_OUT)",
        "    return fold_named(y.index.get_level_values(FOLD), folds=FOLDS)",
        '    names = y.index.get_level_values(FOLD)\n    options = {{"folds": FOLDS, "share": share, "seed": SEED}}\n'
        "    return aside_named(y, names, **options, stratify={stratify})",
    ),
}
_FUNCTIONS = {
    "kfold": ("split_rows", "fold_rows"),
    "repeated": ("split_rows", "repeated_rows"),
    "holdout": ("split_rows",),
    "group": ("split_groups", "fold_groups"),
    "time": ("split_times", "fold_times"),
    "given": ("split_named", "fold_named", "aside_named"),
}


_SAMPLE = '''
def sample(y: pd.Series, rows: int) -> NDArray[np.intp]:
    """Positions of so many rows: on large data, what a trial fits to be quick."""
    return sample_rows(y, rows=rows, seed=SEED, stratify={stratify})
'''


def split_functions(known: Validation, *, sampled: bool) -> tuple[str, ...]:
    """Names of the functions of ``data.split`` that this kind calls."""
    return (*_FUNCTIONS[known.kind], *(["sample_rows"] if sampled else []))


def split_constants(known: Validation) -> dict[str, object]:
    """The constants that its functions read, in the order in which they stand."""
    column = {} if known.column is None else {MARKS[known.kind]: known.column}
    if known.kind == "given":
        return {**column, "HELD_OUT": list(known.held_out), "FOLDS": list(known.names)}
    own: dict[str, dict[str, object]] = {
        "kfold": {"FOLDS": known.folds},
        "repeated": {"FOLDS": known.folds, "REPEATS": known.repeats},
        "holdout": {"VALIDATION": known.share},
        "group": {"FOLDS": known.folds},
        "time": {"FOLDS": known.folds, "WINDOW": known.window, "GAP": known.gap},
    }
    return {**column, "HOLDOUT": known.holdout, **own[known.kind]}


def split_blocks(known: Validation, *, stratify: bool, sampled: bool) -> list[str]:
    """The functions ``split``, ``folds`` and ``aside``, and ``sample`` where there are rows enough to draw some."""
    split = _SPLIT if known.held else _SPLIT_NOTHING
    heads = (split, _FOLDS, _ASIDE)
    blocks = [head + body.format(stratify=stratify) for head, body in zip(heads, _BODIES[known.kind], strict=True)]
    return [*blocks, _SAMPLE.format(stratify=stratify)] if sampled else blocks
