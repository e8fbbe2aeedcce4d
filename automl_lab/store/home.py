"""Where things lie on this machine: the home folder, the database's address and the artefacts' address.

Owns the three environment variables that move them; refuses to open anything.
"""

from __future__ import annotations

import getpass
import os
from pathlib import Path

from platformdirs import user_data_path


def home() -> Path:
    """The product's own folder, made on first use and readable by its user only: ``AUTOML_LAB_HOME`` or the platform's user data folder."""
    chosen = os.environ.get("AUTOML_LAB_HOME")
    path = Path(chosen).expanduser().absolute() if chosen else user_data_path("automl-lab", appauthor=False)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def database_url() -> str:
    """``AUTOML_LAB_DATABASE_URL`` or the SQLite file ``lab.db`` in the home folder, as SQLAlchemy writes addresses."""
    return os.environ.get("AUTOML_LAB_DATABASE_URL") or f"sqlite:///{home() / 'lab.db'}"


def artifacts_url() -> str:
    """``AUTOML_LAB_ARTIFACTS_URL`` (a path or any fsspec address) or the folder ``artifacts`` in the home folder."""
    return os.environ.get("AUTOML_LAB_ARTIFACTS_URL") or str(home() / "artifacts")


def current_owner() -> str:
    """The user's login name; in a container whose user has no name, ``uid<number>``."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # Python 3.13 turned the KeyError of a nameless user into an OSError
        return f"uid{os.getuid()}"
