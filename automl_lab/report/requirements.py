"""Which packages, in which versions, a report needs to run again. Refuses more than the notebook's code imports."""

from __future__ import annotations

import ast
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, version

from automl_lab.report.facts import Facts

# What every report needs whatever its winner is: the runner, the kernel, the figures and the reader of Parquet.
_ALWAYS = ("papermill", "ipykernel", "matplotlib", "pandas", "pyarrow", "numpy", "scikit-learn")


def pinned(facts: Facts) -> dict[str, str]:
    """Package to version by name: the recorded version where the experiment knew it, else the one of this environment."""
    provided = packages_distributions()
    modules = _imported(facts.pipeline) | _imported(facts.protocol)
    needed = {*_ALWAYS, *(provided[module][0] for module in modules if module in provided and module not in sys.stdlib_module_names)}
    return {package: found for package in sorted(needed) if (found := facts.versions.get(package) or _version(package))}


def _imported(text: str) -> set[str]:
    nodes = list(ast.walk(ast.parse(text)))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {name.split(".")[0] for name in plain | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
