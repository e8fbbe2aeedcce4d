"""Source text as the one form in which a pipeline travels: its hash, its module name, its import from a file.

Refuses to execute strings: a file keeps tracebacks and ``inspect.getsource`` alive. It does not judge the text; ``audit`` does, and whoever
loads foreign source audits it first.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType

from automl_lab.core.errors import IntegrityError
from automl_lab.core.files import write_atomically

# Two trials in threads of one process may load the same source; the second has to see a whole module.
_LOADING = threading.RLock()
_LOADED: OrderedDict[str, Path] = OrderedDict()  # names in sys.modules, the one loaded last at the end
MOST_KEPT = 64


@dataclass(frozen=True)
class Source:
    """A Python module as text. Equal text is the same source."""

    text: str

    @cached_property
    def sha256(self) -> str:
        """Hex digest of the UTF-8 text: the name under which it is stored and compared."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @classmethod
    def checked(cls, text: str, sha256: str) -> Source:
        """The source of that text. Raises ``IntegrityError`` when its hash is not the given one."""
        source = cls(text)
        if source.sha256 != sha256:
            raise IntegrityError(f"source {sha256[:16]} has changed: its text hashes to {source.sha256[:16]}")
        return source

    def module_name(self, stem: str = "pipeline") -> str:
        """``pipeline_<first 16 hex digits>``: the same text has the same module name in every process, so that stored models find their classes."""
        return f"{stem}_{self.sha256[:16]}"

    @staticmethod
    def modules() -> list[ModuleType]:
        """Those that were loaded here and are known to ``sys.modules``: no other process can import them."""
        with _LOADING:
            return [sys.modules[name] for name in _LOADED if name in sys.modules]

    def load(self, folder: Path, stem: str = "pipeline") -> ModuleType:
        """Write the text to ``folder`` and import that file as ``module_name(stem)``, known to ``sys.modules``.

        A module of this text that is loaded already, and whose file still stands, is given again. Raises whatever the module raises.
        """
        name = self.module_name(stem)
        with _LOADING:
            loaded = sys.modules.get(name)
            if loaded is not None and Path(loaded.__file__ or "").is_file():
                return loaded
            return self._import(name, write_atomically(folder / f"{name}.py", self.text))

    def _import(self, name: str, path: Path) -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise IntegrityError(f"{path} cannot be imported as a Python module")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        _LOADED[name] = path
        _LOADED.move_to_end(name)
        _forget()
        return module


def _forget() -> None:
    """Let go of the modules that were loaded longest ago and whose files are gone: a worker loads one for every trial, as long as its cluster lives."""
    for name, path in list(_LOADED.items())[:-MOST_KEPT]:
        if not path.is_file():
            sys.modules.pop(name, None)
            del _LOADED[name]
