"""Loading the extension in a real kernel: quick, light, and with the words in place. None of these cells reaches the search."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from automl_lab.notebook.grammar import COMMANDS, OPTIONS
from tests.notebook.kernels import Kernel, started

HEAVY = ("pandas", "numpy", "ray", "sklearn", "optuna", "pydantic", "sqlalchemy", "pyarrow", "scipy", "xgboost", "matplotlib")


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebook")
    with started(folder, {**os.environ, "AUTOML_LAB_HOME": str(folder / "home")}) as kernel:
        assert kernel.run("%load_ext automl_lab").status == "ok"
        yield kernel


def test_loading_is_quick_and_light(tmp_path):
    code = f"""
        import sys, time
        began = time.perf_counter()
        %load_ext automl_lab
        took = time.perf_counter() - began
        print(took < 0.5, [each for each in {HEAVY!r} if each in sys.modules])
    """
    with started(tmp_path, dict(os.environ)) as kernel:
        assert kernel.run(code).streams.strip() == "True []"


def test_importing_the_package_is_light():
    code = f"import sys, automl_lab; assert 'automl' in dir(automl_lab); print([each for each in (*{HEAVY!r}, 'IPython') if each in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%%automl df --targt y", "Request error: unknown option '--targt'; did you mean '--target'?"),
        ("%%automl df --targt y\nseed: 1", "Request error: unknown option '--targt'; did you mean '--target'?"),
        ("%automl stauts", "Request error: unknown command 'stauts'; did you mean 'status'? (a search starts with two %: %%automl as a cell's first line)"),
    ],
)
def test_a_mistake_is_one_line_and_an_error(kernel: Kernel, cell, message):
    shown = kernel.run(cell)
    assert shown.status == "error"
    assert shown.traceback == [message]
    assert shown.streams == ""


@pytest.mark.parametrize("cell", ["%%automl --help", "%%automl df --help\nseed: 1", "%automl", "%automl help", "%automl status --help"])
def test_help(kernel: Kernel, cell):
    shown = kernel.run(cell)
    assert shown.status == "ok"
    assert "--dry-run" in shown.text
    assert "%automl leaderboard [NAME]" in shown.text


@pytest.mark.parametrize("cell", ["%automl?", "%%automl?", "?%automl"])
def test_the_question_mark_documents_every_word(kernel: Kernel, cell):
    shown = kernel.run(cell)
    pages = " ".join(str(each["data"]["text/plain"]) for each in shown.payload)
    assert [option for option in OPTIONS if option not in pages] == []
    assert [command for command in COMMANDS if f"%automl {command}" not in pages] == []


def test_completion_in_a_kernel_offers_exactly_ours(kernel: Kernel):
    kernel.run("import pandas as pd\ntable_of_clients = pd.DataFrame({'Churn rate': [1], 'Age': [2]})")
    assert kernel.complete("%%automl table_of_clients --") == list(OPTIONS)
    assert kernel.complete("%%automl table_of_clients --target ") == ['"Churn rate"', "Age"]
    assert kernel.complete("%%automl table_of_clients --target A") == ["Age"]
    assert kernel.complete("%%automl table") == ["table_of_clients"]
    assert kernel.complete("%%automl table_of_clients\nresour") == ["resources: "]
    assert kernel.complete("%automl lea") == ["leaderboard"]
    assert "table_of_clients" in kernel.complete("x = table")


def test_settings(kernel: Kernel):
    assert kernel.run("%config AutoMLMagics.default_time = '5m'").status == "ok"
    assert "5m" in kernel.run("%config AutoMLMagics.default_time").text
    assert kernel.run("%reload_ext automl_lab").status == "ok"
    assert "5m" in kernel.run("%config AutoMLMagics.default_time").text
    assert kernel.run("%unload_ext automl_lab").status == "ok"
    assert kernel.run("%automl help").status == "error"
    assert kernel.run("%load_ext automl_lab").status == "ok"
