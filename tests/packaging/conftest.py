"""The sdist and the wheel, built once from a copy of the tree as a user's ``pip wheel`` would, and a fresh environment with that wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOT_COPIED = (
    ".venv",
    ".git",
    ".stamps",
    "node_modules",
    "__pycache__",
    "labextension/lib",
    "automl_lab/labextension",
    "automl_lab/notebook/static",
    ".*_cache",
)


@dataclass(frozen=True)
class Built:
    wheel: Path
    sdist: Path


@dataclass(frozen=True)
class Installed:
    prefix: Path

    @property
    def python(self) -> Path:
        return self.prefix / "bin" / "python"

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of this environment, in an empty folder, on a PATH that has nothing but this environment."""
        own = {"PATH": str(self.prefix / "bin"), "HOME": str(self.prefix / "home"), "JUPYTER_PREFER_ENV_PATH": "1", "NO_COLOR": "1"}
        (self.prefix / "home").mkdir(exist_ok=True)
        return subprocess.run(command, capture_output=True, text=True, timeout=120, env=own, cwd=self.prefix / "home", check=False)


def _unwanted(folder: str, names: list[str]) -> set[str]:
    found = shutil.ignore_patterns(*(name for name in NOT_COPIED if "/" not in name))(folder, names)
    places = {name: (Path(folder) / name).relative_to(ROOT).as_posix() for name in names}
    return set(found) | {name for name, place in places.items() if place in NOT_COPIED}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The sdist, and the wheel made from the sdist."""
    tree = tmp_path_factory.mktemp("tree") / "automl-lab"
    shutil.copytree(ROOT, tree, ignore=_unwanted, symlinks=True)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", str(tree)], capture_output=True, text=True, timeout=600, env=environment, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return Built(next((tree / "dist").glob("*.whl")), next((tree / "dist").glob("*.tar.gz")))


@pytest.fixture(scope="session")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A fresh environment that holds the wheel; what the wheel depends on is read from this one, to save the minutes."""
    prefix = tmp_path_factory.mktemp("fresh")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(prefix)], check=True, timeout=60)
    fresh = Installed(prefix)
    packages = Path(fresh.run(str(fresh.python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip())
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    install = [sys.executable, "-m", "pip", "--python", str(fresh.python), "install", "--quiet", "--no-deps", "--no-index", str(built.wheel)]
    # pip looks at what is installed already, and through the .pth it would see, and remove, the development install of ourselves.
    install.insert(-1, "--ignore-installed")
    subprocess.run(install, check=True, timeout=120)
    return fresh
