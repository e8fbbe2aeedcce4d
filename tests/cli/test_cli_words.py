"""The shell's words: help, usage errors and exit codes, in real processes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

COMMANDS = ("demo", "run", "list", "status", "stop", "report", "doctor")


def automl_lab(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "automl_lab.cli", *words], capture_output=True, text=True, timeout=120, check=False)


def test_help_is_light_and_names_the_commands():
    heavy = ("pandas", "ray", "sklearn", "pydantic")
    code = "import sys, automl_lab.cli; sys.argv = ['automl-lab', '--help']\n"
    code += f"try: automl_lab.cli.main()\nfinally: print([each for each in {heavy!r} if each in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")
    for command in COMMANDS:
        assert f"  {command} " in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rnu"], "No such command 'rnu'"),
        (["run", "x.csv", "--targt", "y"], "No such option '--targt'"),
        (["status"], "Missing argument 'NAME'"),
        (["stop"], "name the experiment to stop, or give --cluster"),
    ],
)
def test_usage_errors(words, message):
    done = automl_lab(*words)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_usage_errors_for_machines():
    done = automl_lab("run", "--json", "--targt", "y")
    assert done.returncode == 2
    assert json.loads(done.stdout)["status"] == 2
