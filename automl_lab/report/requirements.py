"""Which packages, in which versions, a report needs to run again. Refuses more than the notebook's code imports."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, packages_distributions, version

# What every report needs whatever its winner is: the runner, the kernel, the figures, the explainer and the reader of Parquet.
_ALWAYS = ("papermill", "ipykernel", "matplotlib", "pandas", "pyarrow", "numpy", "scikit-learn", "shap")


def pinned(sources: Iterable[str], recorded: Mapping[str, str]) -> dict[str, str]:
    """Package to version, sorted, for what the sources import: the recorded version where there is one, else that of this environment."""
    provided = packages_distributions()
    modules = set().union(*map(_imported, sources)) - sys.stdlib_module_names
    needed = {*_ALWAYS, *(provided[module][0] for module in modules if module in provided)}
    return {package: found for package in sorted(needed) if (found := recorded.get(package) or _version(package))}


def _imported(text: str) -> set[str]:
    nodes = list(ast.walk(ast.parse(text)))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {name.split(".")[0] for name in plain | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}}


def _version(package: str) -> str | None:
    try:
        return version(package).partition("+")[0]  # a build's label is no version that others can install
    except PackageNotFoundError:
        return None
