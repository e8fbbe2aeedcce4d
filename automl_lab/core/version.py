"""The version of this package, by which two ends of a connection know each other. Refuses to guess: a checkout that is not installed has none."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def package_version() -> str:
    """The version of this package; "source" when it runs from a checkout that was not installed."""
    try:
        return version("automl-lab")
    except PackageNotFoundError:
        return "source"
