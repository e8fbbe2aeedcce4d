"""The TypeScript side: its own tests, and a bundle that brings everything along."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "automl_lab" / "notebook" / "static"


def test_the_typescript_tests_pass():
    jlpm = Path(sys.executable).with_name("jlpm")
    run = subprocess.run([jlpm, "test"], cwd=ROOT / "labextension", capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    assert re.search(r"^# fail 0$", run.stdout, re.MULTILINE)
    assert int(re.findall(r"^# pass (\d+)$", run.stdout, re.MULTILINE)[0]) > 30


@pytest.mark.parametrize("name", ["live", "panel"])
def test_the_widgets_load_nothing_from_elsewhere(name):
    module = (STATIC / f"{name}.js").read_text()
    assert set(re.findall(r"https?://[^\"'`\s]*", module)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\bimport\s*[({\"'*]", module)
    assert "url(" not in (STATIC / f"{name}.css").read_text()
    assert len(module) < 100_000
