"""One lab home and one local cluster for the whole run: real processes, ended by their own stop."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No clock decides: how long an example takes says something about the machine, not about the code.
settings.register_profile("same every time", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same every time")


@pytest.fixture(scope="session")
def lab_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A lab home of this test process with its own local cluster, started by whoever first needs it."""
    home = tmp_path_factory.mktemp("lab-home")
    before = os.environ.get("AUTOML_LAB_HOME")
    os.environ["AUTOML_LAB_HOME"] = str(home)
    from automl_lab.cluster import daemon
    from automl_lab.experiment import lab

    lab.store.cache_clear()
    try:
        yield home
    finally:
        daemon.stop(home)
        if before is None:
            del os.environ["AUTOML_LAB_HOME"]
        else:
            os.environ["AUTOML_LAB_HOME"] = before
