"""AutoML Lab: a cell describes the search, Ray runs it, the view is live and the report re-runs.

Importing this package, or ``%load_ext automl_lab``, costs milliseconds: the public names are imported when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from automl_lab.api import Experiment, automl, nested_cv
    from automl_lab.experiment.outer_folds import NestedCV

__all__ = ["Experiment", "NestedCV", "automl", "load_ipython_extension", "nested_cv", "unload_ipython_extension"]

_HOMES = {**dict.fromkeys(("automl", "Experiment", "nested_cv"), "automl_lab.api"), "NestedCV": "automl_lab.experiment.outer_folds"}


def __getattr__(name: str) -> Any:
    """The public names, imported on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'automl_lab' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register ``%%automl``, ``%automl`` and their completion. Called by ``%load_ext automl_lab``."""
    importlib.import_module("automl_lab.notebook.magics").load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics and their completion back. Called by ``%unload_ext automl_lab``."""
    importlib.import_module("automl_lab.notebook.magics").unload(shell)
