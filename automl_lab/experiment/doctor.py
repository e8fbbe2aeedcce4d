"""Looks whether everything an experiment needs is in order, and says what to do where it is not. Refuses to start or mend anything by itself."""

from __future__ import annotations

import os
import platform
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import psutil

from automl_lab.cluster import daemon
from automl_lab.cluster.connect import default_address
from automl_lab.core.clock import format_duration
from automl_lab.core.errors import AutoMLLabError
from automl_lab.experiment import lab
from automl_lab.models.family import FAMILIES
from automl_lab.store.home import home

NEEDED = ("ray", "optuna", "scikit-learn", "pandas", "pyarrow", "sqlalchemy", "skops")
LEAST_FREE_BYTES = 1 << 30


@dataclass(frozen=True)
class Check:
    """One finding: ``text`` says what was seen, ``advice`` what to do when it is not ``ok``."""

    name: str
    ok: bool
    text: str
    advice: str = ""


def examine(cluster: str | None = None) -> list[Check]:
    """All checks; one that breaks is itself a finding."""
    checks: list[tuple[str, Callable[[], Check]]] = [
        ("python", _python),
        ("packages", _packages),
        ("models", _models),
        ("home", _home),
        ("database", _database),
        ("artefacts", _artifacts),
        ("cluster", lambda: _cluster(cluster or default_address())),
        ("memory", _memory),
        ("threads", _threads),
    ]
    return [_safely(name, check) for name, check in checks]


def _safely(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except (AutoMLLabError, OSError) as error:
        return Check(name, False, str(error), "mend what the message names, then run doctor again")


def _python() -> Check:
    return Check("python", sys.version_info >= (3, 11), f"Python {platform.python_version()}", "use Python 3.11 or newer")


def _packages() -> Check:
    found, missing = [], []
    for name in NEEDED:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    return Check("packages", not missing, ", ".join(found) + (f"; missing: {', '.join(missing)}" if missing else ""), "pip install automl-lab again")


def _models() -> Check:
    absent = [f"{name} ({reason})" for name, family in FAMILIES.items() if (reason := family.available()) is not None]
    return Check(
        "models",
        not absent,
        f"available: {', '.join(name for name in FAMILIES)}" if not absent else f"not available: {', '.join(absent)}",
        "install what is named",
    )


def _home() -> Check:
    folder = home()
    folder.mkdir(parents=True, exist_ok=True)
    free = psutil.disk_usage(str(folder)).free
    return Check(
        "home", os.access(folder, os.W_OK) and free > LEAST_FREE_BYTES, f"{folder}, {free / 1e9:.0f} GB free", "free some space or set AUTOML_LAB_HOME"
    )


def _database() -> Check:
    count = len(lab.store().experiments())
    return Check("database", True, f"answers; {count} experiment{'s' if count != 1 else ''} of {lab.store().owner}")


def _artifacts() -> Check:
    artifacts = lab.store().artifacts
    digest = artifacts.put(b"doctor")
    return Check("artefacts", artifacts.get(digest) == b"doctor", f"written and read back at {artifacts.url}", "check the folder or AUTOML_LAB_ARTIFACTS_URL")


def _cluster(address: str | None) -> Check:
    if address is None:
        if daemon.find(home()) is None:
            return Check("cluster", True, "no local cluster runs; the first experiment starts one")
        up = daemon.uptime(home()) or 0.0
        return Check("cluster", True, f"the local cluster runs since {format_duration(up)}; automl-lab stop --cluster ends it")
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=3):
            return Check("cluster", True, f"{address} accepts connections")
    except (OSError, ValueError) as error:
        return Check("cluster", False, f"{address} does not answer ({error})", "check the address, or leave it out for a local cluster")


def _memory() -> Check:
    memory = psutil.virtual_memory()
    return Check(
        "memory",
        memory.available > LEAST_FREE_BYTES,
        f"{memory.available / 1e9:.1f} of {memory.total / 1e9:.1f} GB free",
        "close something, or use fewer workers",
    )


def _threads() -> Check:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    setting = os.environ.get("OMP_NUM_THREADS")
    return Check("threads", True, f"{cores} cores" + (f", OMP_NUM_THREADS={setting}" if setting else "; each trial is limited to its own"))
