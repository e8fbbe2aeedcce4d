"""Every registered family, for every task it declares, does what the shipped suite asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from automl_lab.models.family import FAMILIES
from automl_lab.testing.families import describe, family_checks, sources_are_clean, sources_run_alone

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize(("family", "task", "check"), family_checks(FAMILIES.values()), ids=describe)
def test_family(family, task, check, tmp_path: Path):
    check(family, task, tmp_path)


def test_sources_are_clean(tmp_path: Path):
    assert sources_are_clean(FAMILIES.values(), tmp_path) > 80


def test_sources_run_alone(tmp_path: Path):
    sources_run_alone(FAMILIES.values(), tmp_path)
