"""What a loaded pipeline module builds, and whether two builds are the same. Refuses nothing: the caller decides what a difference means."""

from __future__ import annotations

from collections.abc import Mapping
from types import FunctionType, ModuleType
from typing import Any

import numpy as np


def build_pipeline(module: ModuleType) -> Any:
    """The pipeline of a module that ``Source.load`` gave, not fitted."""
    return module.build_pipeline()


def same_build(first: Any, second: Any) -> bool:
    """Whether two estimators are of the same types and in the same state, hidden and fitted attributes included, all the way down."""
    if type(first) is not type(second):
        return False
    if isinstance(first, np.ndarray):
        return first.dtype == second.dtype and np.array_equal(first, second, equal_nan=first.dtype.kind in "fc")
    if isinstance(first, FunctionType | type):
        return first is second
    if isinstance(first, Mapping):
        first, second = list(first.items()), list(second.items())
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(same_build(a, b) for a, b in zip(first, second, strict=True))
    if hasattr(first, "__dict__"):
        return same_build(vars(first), vars(second))
    return bool(first == second) or (first != first and second != second)  # noqa: PLR0124  (NaN alone differs from itself)
