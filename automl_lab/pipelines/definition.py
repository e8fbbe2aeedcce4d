"""Classes and functions whose source is emitted into a pipeline's module, taken from ordinary linted modules of ours (or of a plug-in).

Owns how they are found, what they import and how the audit knows them again. The module is read, not imported, so that listing a part's
definitions loads no machine-learning library. Refuses definitions that lean on anything but imports and other definitions of their module.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from automl_lab.core.syntax import parse

Defined = ast.FunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Definition:
    """A class or function emitted by its source.

    ``origin`` is the dotted name it was taken from, ``imports`` the import lines it needs, one name each (``from numpy import nan``),
    ``needs`` the definitions of the same module that it uses.
    """

    name: str
    source: str
    imports: tuple[str, ...]
    origin: str
    needs: tuple[Definition, ...] = ()

    @classmethod
    def of(cls, module: str, name: str) -> Definition:
        """The top-level class or function ``name`` of the dotted ``module``. Raises ``LookupError`` when there is none."""
        spec = importlib.util.find_spec(module)
        if spec is None or spec.origin is None:
            raise LookupError(f"no module {module} to take {name} from")
        return _read(module, spec.origin, name)

    @property
    def fingerprint(self) -> str:
        """The permission of exactly this definition, as ``audit`` reads it; comments and layout do not matter."""
        return fingerprint(parse(self.source).body[0])

    def closure(self) -> list[Definition]:
        """This definition and all it needs, each once, a need before what needs it."""
        found: dict[str, Definition] = {}
        for need in self.needs:
            found.update({each.origin: each for each in need.closure()})
        return [*found.values(), self]


def fingerprint(node: ast.stmt) -> str:
    """``define <name> <sha256 of the syntax tree>`` for a class or function."""
    if not isinstance(node, Defined):
        raise TypeError(f"a definition is a class or a function, not {type(node).__name__}")
    return f"define {node.name} {hashlib.sha256(ast.dump(node).encode()).hexdigest()}"


def import_lines(node: ast.stmt) -> dict[str, str]:
    """The names an import statement binds, each with the line that would import it alone."""
    if isinstance(node, ast.Import):
        return {name.asname or name.name.partition(".")[0]: f"import {ast.unparse(name)}" for name in node.names}
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return {name.asname or name.name: f"from {node.module} import {ast.unparse(name)}" for name in node.names}
    return {}


@cache
def _read(module: str, path: str, name: str) -> Definition:
    text = Path(path).read_text(encoding="utf-8")
    tree = parse(text)
    own = {node.name: node for node in tree.body if isinstance(node, Defined)}
    imported = {bound: line for node in tree.body for bound, line in import_lines(node).items()}
    if name not in own:
        raise LookupError(f"{module} defines no {name}")
    node = own[name]
    used = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    constants = {target.id for each in tree.body if isinstance(each, ast.Assign) for target in each.targets if isinstance(target, ast.Name)}
    if used & constants:
        raise LookupError(f"{module}.{name} uses the module's {', '.join(sorted(used & constants))}, which is not emitted with it")
    return Definition(
        name=name,
        source=_segment(text, node),
        imports=tuple(sorted(imported[each] for each in used & imported.keys())),
        origin=f"{module}.{name}",
        needs=tuple(_read(module, path, each) for each in sorted(used & own.keys() - {name})),
    )


def _segment(text: str, node: Defined) -> str:
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
