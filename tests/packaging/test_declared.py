"""pyproject.toml and requirements.lock say what is true: every import is declared, and the lock satisfies every declaration."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.packaging.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = dict(line.split("==") for line in (ROOT / "requirements.lock").read_text().splitlines() if not line.startswith("#"))


def imported() -> dict[str, str]:
    """Every top-level module that the package imports, with one file that does."""
    found = {}
    for path in sorted((ROOT / "automl_lab").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0]: path.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                found[node.module.partition(".")[0]] = path.name
    return {name: path for name, path in found.items() if name not in sys.stdlib_module_names and name != "automl_lab"}


def named(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(each).name) for each in requirements}


def test_every_import_is_declared() -> None:
    """What is only emitted into a user's file may stand in an extra: we never import it."""
    declared = named(PROJECT["dependencies"])
    extras = declared | named([each for name, extra in PROJECT["optional-dependencies"].items() if name != "dev" for each in extra])
    owners = packages_distributions()
    for name, path in imported().items():
        found = {canonicalize_name(each) for each in owners.get(name, ["not-installed"])}
        assert found & (extras if path.startswith("emitted") else declared), f"{path} imports {name}"


def test_the_lock_satisfies_what_is_declared() -> None:
    every = [*PROJECT["dependencies"], *(each for extra in PROJECT["optional-dependencies"].values() for each in extra)]
    for requirement in map(Requirement, every):
        if requirement.name != "automl-lab":
            locked = LOCK.get(canonicalize_name(requirement.name))
            assert locked is not None, f"{requirement.name} is not in requirements.lock; run make lock"
            assert requirement.specifier.contains(locked), f"{requirement} does not allow the locked {locked}"


def test_the_lock_holds_exact_versions_only() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert LOCK["torch"] == "2.13.0"
    assert not re.search(r"://|@|\+|/root|/home|file:", text)
    for line in text.splitlines():
        assert line.startswith("#") or re.fullmatch(r"[a-z0-9-]+==[A-Za-z0-9.!]+", line), line
