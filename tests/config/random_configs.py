"""Configurations at random, as plain values, for properties that hold of all of them."""

from __future__ import annotations

from hypothesis import strategies as st

from automl_lab.config import KINDS, TASKS

NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1, max_size=12)
CONFIGS = st.fixed_dictionaries(
    {},
    optional={
        "data": NAMES,
        "target": NAMES,
        "task": st.sampled_from(TASKS),
        "objectives": st.lists(NAMES, unique=True, max_size=3),
        "constraints": st.lists(st.sampled_from(["predict_ms <= 5", "x[a] > 0.1"]), max_size=2),
        "time": st.floats(0.001, 1e6) | st.sampled_from(["90s", "10m", "2h", 60]),
        "trials": st.integers(1, 10**6),
        "name": st.sampled_from(["churn", "A1_b"]),
        "models": st.lists(NAMES, unique=True, max_size=3),
        "seed": st.integers(0, 2**32 - 1),
        "folds": st.integers(2, 20),
        "holdout": st.floats(0.01, 0.49) | st.just(0),
        "split": st.sampled_from(["auto", "kfold", "repeated", "holdout"])
        | st.builds(lambda column, gap: {"kind": "time", "column": column, "window": 0.3, "gap": gap}, NAMES, st.sampled_from(["7d", 2.5]))
        | st.builds(lambda kind, column: {"kind": kind, "column": column}, st.sampled_from(["group", "given"]), NAMES),
        "nested": st.booleans(),
        "columns": st.dictionaries(NAMES, st.sampled_from(KINDS), max_size=3),
        "prune": st.booleans(),
        "window": st.integers(1, 99),
        "trial_time": st.floats(0.001, 1e6),
        "resources": st.fixed_dictionaries({}, optional={"cpus": st.integers(4, 64), "cpus_per_trial": st.integers(1, 2), "workers": st.integers(1, 2)}),
        "cluster": st.sampled_from(["10.0.0.5:6379", "head:1", "[::1]:6379"]),
    },
)
