"""Renders a call tree to the module a colleague of the user reads: imports, definitions, ``build_pipeline()`` with its variables.

Owns the text: it is what ``ruff format`` would leave as it is, and clean under its lints. The renderer imports no library, and knows
of none but which import a constructor needs before its own.
Refuses trees whose names would clash in one module.
"""

from __future__ import annotations

import ast
import math
import re
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

from automl_lab.core.errors import IntegrityError
from automl_lab.core.syntax import parse
from automl_lab.pipelines.call import Call, Hoisted, Value, walk
from automl_lab.pipelines.definition import Definition, import_lines
from automl_lab.pipelines.source import Source

WIDTH = 88  # what ruff and black take when nothing is configured, as on most readers' machines
INDENT = " " * 4
BUILDER = "build_pipeline"
_NUMPY = "import numpy as np"
# Constructors that their library hides until something else has been imported, for its effect alone.
_ENABLED_BY = {"sklearn.impute.IterativeImputer": "from sklearn.experimental import enable_iterative_imputer"}


def render(call: Call, *, title: str, notes: Iterable[str] = ()) -> Source:
    """The module whose ``build_pipeline()`` returns what ``call`` describes.

    ``title`` is the docstring's first line, ``notes`` are its paragraphs (a paragraph that begins with four spaces keeps its lines).
    Raises ``ValueError`` when two things in the tree claim one name.
    """
    nodes = list(walk(call))
    definitions = _definitions(nodes)
    hoisted = _hoisted(nodes)
    imports = _imports(nodes, definitions)
    _refuse_clashes(imports, definitions, hoisted)
    blocks = [_docstring(title, notes) + "\n\n" + _import_block(imports), *(each.source for each in definitions), _builder(call, hoisted)]
    text = "\n\n\n".join(blocks) + "\n"
    try:
        parse(text)
    except SyntaxError as error:
        raise IntegrityError(f"the rendered pipeline is no Python: {error}") from error
    return Source(text)


def _builder(call: Call, hoisted: dict[str, Value]) -> str:
    """The lists of columns first, then what is built from them, then the return."""
    plain = [name for name, value in hoisted.items() if not any(isinstance(node, Call | Hoisted | Definition) for node in walk(value))]
    built = [name for name in hoisted if name not in plain]
    lines = [f"def {BUILDER}() -> {type_of(call)}:", f'{INDENT}"""Build the pipeline, not fitted yet."""']
    for names in (plain, built):
        if names is built and plain and built:
            lines.append("")
        lines += [INDENT + _lay_out(hoisted[name], indent=len(INDENT), before=f"{name} = ") for name in names]
    lines.append(INDENT + _lay_out(call, indent=len(INDENT), before="return "))
    return "\n".join(lines)


def type_of(call: Call) -> str:
    """The name a call's target has in the module."""
    return call.target.name if isinstance(call.target, Definition) else call.target.rpartition(".")[2]


def _definitions(nodes: list[Value]) -> list[Definition]:
    found: dict[str, Definition] = {}
    for node in nodes:
        if isinstance(node, Definition):
            found.update({each.origin: each for each in node.closure()})
    return list(found.values())


def _hoisted(nodes: list[Value]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for node in nodes:
        if isinstance(node, Hoisted):
            if node.name in found and found[node.name] != node.value:
                raise ValueError(f"two values claim the variable {node.name!r}")
            found[node.name] = node.value
    return found


def _imports(nodes: list[Value], definitions: list[Definition]) -> dict[str, str]:
    """The names the module imports, each with its line."""
    lines = [line for each in definitions for line in each.imports]
    for node in nodes:
        if isinstance(node, Call) and isinstance(node.target, str):
            module, _, name = node.target.rpartition(".")
            if module != "builtins":
                lines.append(f"from {module} import {name}")
            if node.target in _ENABLED_BY:
                lines.append(_ENABLED_BY[node.target])
        elif isinstance(node, float) and not math.isfinite(node):
            lines.append(_NUMPY)
    found: dict[str, str] = {}
    for line in lines:
        for bound in import_lines(_statement(line)):
            if found.setdefault(bound, line) != line:
                raise ValueError(f"two imports claim the name {bound!r}: {found[bound]} and {line}")
    return found


@cache
def _statement(line: str) -> ast.stmt:
    """The tree of an import line: the same few lines are in every source."""
    return parse(line).body[0]


def _refuse_clashes(imports: dict[str, str], definitions: list[Definition], hoisted: dict[str, Value]) -> None:
    names = [BUILDER, *imports, *(each.name for each in definitions), *hoisted]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two things claim the name {twice[0]!r} in the rendered module")


def _import_block(imports: dict[str, str]) -> str:
    sections: dict[bool, list[ast.stmt]] = {True: [], False: []}
    for line in sorted(set(imports.values())):
        node = _statement(line)
        module = node.module if isinstance(node, ast.ImportFrom) else line.split()[1]
        sections[(module or "").partition(".")[0] in sys.stdlib_module_names].append(node)
    return "\n\n".join("\n".join(_section(nodes)) for nodes in (sections[True], sections[False]) if nodes)


def _section(nodes: list[ast.stmt]) -> Iterator[str]:
    yield from sorted(ast.unparse(node) for node in nodes if isinstance(node, ast.Import))
    members: dict[str, list[str]] = {}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            members.setdefault(node.module, []).extend(ast.unparse(name) for name in node.names)
    for module, names in sorted(members.items()):
        ordered = sorted(names, key=_import_order)
        line = f"from {module} import {', '.join(ordered)}"
        if line in _ENABLED_BY.values():
            yield f"{line}  # noqa: F401"
            continue
        yield line if _width(line) <= WIDTH else f"from {module} import (\n" + "".join(f"{INDENT}{name},\n" for name in ordered) + ")"


def _import_order(name: str) -> tuple[int, list[tuple[int, int, str]]]:
    """Constants, classes, then functions, digits by their value: the order of isort."""
    rank = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    parts = [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"\d+|\D+", name)]
    return rank, parts


def _docstring(title: str, notes: Iterable[str]) -> str:
    paragraphs = [_plain(title).strip()]
    for note in notes:
        lines = note.splitlines() if note.startswith(INDENT) else textwrap.wrap(" ".join(note.split()), WIDTH)
        paragraphs.append("\n".join(_plain(line) for line in lines))
    if len(paragraphs) == 1:
        return f'"""{paragraphs[0]}"""'
    return '"""' + "\n\n".join(paragraphs) + '\n"""'


def _plain(line: str) -> str:
    """One line of printable text that can end no docstring and escape nothing."""
    return "".join(char if char.isprintable() else " " for char in line.replace("\\", "/").replace('"', "'")).rstrip()


def _lay_out(value: Value, *, indent: int, before: str = "", after: str = "") -> str:
    """``before`` + the value + ``after``, the first line without its indent: on one line if it fits, else one item per line with a last comma."""
    flat = f"{before}{_flat(value)}{after}"
    parts = _parts(value)
    if parts is None or not parts[1] or indent + _width(flat) <= WIDTH:
        return flat
    opening, items, closing = parts
    inner = indent + len(INDENT)
    lines = [" " * inner + _lay_out(each, indent=inner, before=label, after=",") for label, each in items]
    return "\n".join([f"{before}{opening}", *lines, f"{' ' * indent}{closing}{after}"])


def _parts(value: Value) -> tuple[str, list[tuple[str, Value]], str] | None:
    """How a value opens, its items with their labels, and how it closes; None for what has no inside."""
    if isinstance(value, Call):
        items = [("", each) for each in value.args] + [(f"{key}=", each) for key, each in value.kwargs]
        return f"{type_of(value)}(", items, ")"
    if isinstance(value, list):
        return "[", [("", each) for each in value], "]"
    if isinstance(value, tuple):
        return "(", [("", each) for each in value], ")"
    if isinstance(value, dict):
        return "{", [(f"{_flat(key)}: ", each) for key, each in value.items()], "}"
    return None


def _flat(value: Value) -> str:
    parts = _parts(value)
    if parts is None:
        return _atom(value)
    opening, items, closing = parts
    comma = "," if isinstance(value, tuple) and len(items) == 1 else ""
    return opening + ", ".join(label + _flat(each) for label, each in items) + comma + closing


def _atom(value: Value) -> str:
    if isinstance(value, Hoisted | Definition):
        return value.name
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "np.nan" if math.isnan(value) else "np.inf" if value > 0 else "-np.inf"
    return repr(value).replace("e+", "e")  # 1e+16 is written 1e16


def _quoted(text: str) -> str:
    """The literal of a string in the quotes that ``ruff format`` prefers: double ones unless single ones save escapes."""
    # repr escapes whatever cannot be seen; both kinds of quotes are taken out first so that it always chooses the same.
    pieces = ["'".join(repr(part)[1:-1] for part in piece.split("'")) for piece in text.split('"')]
    if text.count('"') > text.count("'"):
        return "'" + '"'.join(pieces).replace("'", "\\'") + "'"
    return '"' + '\\"'.join(pieces) + '"'


def _width(text: str) -> int:
    """Columns on a screen, never too few: too many only breaks a line earlier, and a broken list stays as it is."""
    return len(text) + (0 if text.isascii() else sum(unicodedata.east_asian_width(char) in "WF" for char in text))
