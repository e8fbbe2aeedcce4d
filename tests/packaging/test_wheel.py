from __future__ import annotations

import json
import re
import shutil
import tarfile
import zipfile

from tests.packaging.conftest import Built, Installed

EXTENSION = "data/share/jupyter/labextensions/automl-lab"


def names(built: Built) -> set[str]:
    with zipfile.ZipFile(built.wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_carries_the_bundles_and_the_configuration(built: Built) -> None:
    found = names(built)
    data = next(each for each in found if each.endswith(f"{EXTENSION}/package.json")).removesuffix(f"{EXTENSION}/package.json")
    assert f"{data}{EXTENSION}/install.json" in found
    assert f"{data}data/etc/jupyter/jupyter_server_config.d/automl_lab.json" in found
    assert {"automl_lab/notebook/static/live.js", "automl_lab/notebook/static/panel.js"} <= set(found)
    assert "automl_lab/py.typed" in found
    assert not [each for each in found if each.startswith(("tests/", "automl_lab/labextension/", "labextension/", "benchmarks/"))]
    with zipfile.ZipFile(built.wheel) as archive:
        package = json.loads(archive.read(f"{data}{EXTENSION}/package.json"))
        entry = f"{data}{EXTENSION}/{package['jupyterlab']['_build']['load']}"
        assert len(archive.read(entry)) > 1000
        assert len(archive.read("automl_lab/notebook/static/live.js")) > 10_000


def test_nothing_in_the_bundles_is_loaded_from_elsewhere(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        for name in archive.namelist():
            if name.endswith((".js", ".css")):
                text = archive.read(name).decode()
                for place in ("cdn.jsdelivr", "unpkg.com", "cdnjs.", "fonts.googleapis"):
                    assert place not in text, name


def test_the_sdist_can_build_the_wheel_and_carries_its_bundles(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        found = {each.partition("/")[2] for each in archive.getnames()}
    needed = {"labextension/package.json", "labextension/yarn.lock", "labextension/src/live.ts", "pyproject.toml", "requirements.lock", "LICENSE"}
    needed |= {"automl_lab/labextension/package.json", "automl_lab/notebook/static/live.js", "tests/packaging/test_wheel.py", "Makefile"}
    assert needed <= found, needed - found
    assert not [each for each in found if "node_modules" in each or each.startswith((".venv", "labextension/lib", ".stamps"))]


def test_jupyter_finds_the_extensions_without_node(installed: Installed) -> None:
    assert shutil.which("node", path=str(installed.prefix / "bin")) is None
    lab = installed.run(str(installed.python), "-m", "jupyterlab.labextensions", "list")
    line = next((each for each in (lab.stdout + lab.stderr).splitlines() if "automl-lab" in each and "v0" in each), "")
    assert "enabled" in line, lab.stdout + lab.stderr
    assert "OK" in line
    assert str(installed.prefix / "share/jupyter/labextensions") in lab.stdout + lab.stderr
    server = installed.run(str(installed.python), "-m", "jupyter_server.extension.serverextension", "list")
    said = re.sub(r"\x1b\[\d+m", "", server.stdout + server.stderr)
    assert "automl_lab.server enabled" in said, said
    assert [each for each in said.splitlines() if each.strip().startswith("automl_lab.server") and each.strip().endswith("OK")], said
    assert str(installed.prefix / "etc/jupyter") in said


def test_the_installed_package_is_the_wheels(installed: Installed) -> None:
    code = "import automl_lab, pathlib, importlib.metadata as m; p = pathlib.Path(automl_lab.__file__).parent; "
    code += "print(p); print((p / 'notebook/static/live.js').is_file()); print(m.version('automl-lab'))"
    done = installed.run(str(installed.python), "-c", code)
    place, widget, version = done.stdout.split()
    assert place.startswith(str(installed.prefix))
    assert (widget, version) == ("True", "0.1.0"), done.stderr


def test_the_command_answers(installed: Installed) -> None:
    done = installed.run(str(installed.prefix / "bin" / "automl-lab"), "--help")
    assert done.returncode == 0, done.stderr
    for command in ("demo", "run", "list", "status", "stop", "report", "doctor"):
        assert command in done.stdout
