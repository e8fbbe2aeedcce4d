"""Finds the parts of one kind: a walk of a package and the entry points ``automl_lab.<kind>``.

A part is one module with one frozen constant of the kind's type. Owns discovery and look-up by name; refuses duplicates, modules
without a part and silent import errors, because a part that is missing without a word is worse than one that fails.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.metadata import entry_points
from typing import Generic, Protocol, TypeVar

from automl_lab.core.errors import RequestError, nearest


class Part(Protocol):
    """What every registered part has."""

    @property
    def name(self) -> str:
        """Unique among the parts of its kind."""


P = TypeVar("P", bound=Part)


class Registry(Mapping[str, P], Generic[P]):
    """The parts of one kind by name, found on first use and kept in the order of their names.

    ``kind`` is the plural used for entry points and messages ("models"), ``package`` the dotted package that is walked, ``part``
    the class of the constants. Modules of the package named in ``without`` (the one that defines the class, say) hold no part.
    """

    def __init__(self, kind: str, package: str, part: type[P], without: frozenset[str] = frozenset()) -> None:
        self.kind, self.package, self.part, self.without = kind, package, part, without

    @property
    def singular(self) -> str:
        """One of its kind, in words."""
        return self.kind.removesuffix("ies") + "y" if self.kind.endswith("ies") else self.kind.removesuffix("s")

    @cached_property
    def parts(self) -> dict[str, P]:
        """All parts by name. Raises ``ImportError`` as it comes, ``TypeError`` for a module with no or several parts, ``ValueError`` for two of one name."""
        found: dict[str, P] = {}
        for origin, part in self._walk():
            if part.name in found:
                raise ValueError(f"{self.kind}: two parts are named {part.name!r}, the second in {origin}")
            found[part.name] = part
        return dict(sorted(found.items()))

    def _walk(self) -> Iterator[tuple[str, P]]:
        package = importlib.import_module(self.package)
        for info in pkgutil.iter_modules(package.__path__):
            if info.name in self.without or info.name.startswith("_"):
                continue
            module = importlib.import_module(f"{self.package}.{info.name}")
            own = [value for name, value in vars(module).items() if isinstance(value, self.part) and not name.startswith("_")]
            if len(own) != 1:
                raise TypeError(f"{module.__name__} should hold exactly one {self.part.__name__}, not {len(own)}")
            yield module.__name__, own[0]
        for entry in entry_points(group=f"automl_lab.{self.kind}"):
            value = entry.load()
            if not isinstance(value, self.part):
                raise TypeError(f"entry point {entry.value} is no {self.part.__name__}")
            yield entry.value, value

    def choose(self, name: str, path: tuple[str | int, ...] = ()) -> P:
        """The part of that name, or a ``RequestError`` that offers the nearest one; ``path`` is the configuration key that named it."""
        if name not in self.parts:
            raise RequestError(f"unknown {self.singular} {name!r}{nearest(name, self.parts)}", path=path)
        return self.parts[name]

    def __getitem__(self, name: str) -> P:
        return self.parts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.parts)

    def __len__(self) -> int:
        return len(self.parts)
