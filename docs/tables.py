"""Writes the tables of configuration.md from what the program itself reads: the schema, the registries and the words of the magics.

``python docs/tables.py`` rewrites them in place; a test fails while they are not what this makes of them.
"""

from __future__ import annotations

import re
import sys
import types
import typing
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from automl_lab.config import ExperimentConfig, Resources
from automl_lab.models.family import FAMILIES
from automl_lab.notebook.grammar import COMMANDS, OPTIONS
from automl_lab.objectives.objective import OBJECTIVES
from automl_lab.splitting import Split

PAGE = Path(__file__).with_name("configuration.md")
_BLOCK = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_SAID = {"time": "duration", "trial_time": "duration", "ranges": "mapping of a parameter to a list or a value"}
_WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def kind(name: str, annotation: Any) -> str:
    """A field's type in words."""
    if name in _SAID:
        return _SAID[name]
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation == float | str | None:
        return "number or duration"
    if origin in {typing.Union, types.UnionType}:
        return kind(name, next(each for each in inner if each is not type(None)))
    if origin is typing.Literal:
        return ", ".join(f"`{each}`" for each in inner)
    if origin in {list, dict}:
        return "list of names" if origin is list else f"mapping of a column to {kind('', inner[1])}"
    return _WORDS.get(annotation, "mapping, see below")


def fields(schema: type[BaseModel]) -> Iterable[tuple[str, ...]]:
    """One row per key."""
    for name, field in schema.model_fields.items():
        default = field.get_default(call_default_factory=True)
        shown = "" if default in (None, [], {}) or isinstance(default, BaseModel) else f"`{default}`"
        yield f"`{name}`", kind(name, field.annotation), shown, field.description or ""


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table of Markdown."""
    cells = [[each.replace("|", "\\|") for each in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *cells])


def tables() -> dict[str, str]:
    """Every table by its name in the page."""
    objectives = sorted(OBJECTIVES.values(), key=lambda each: (each.kind != "score", each.name))
    return {
        "keys": table(("key", "type", "default", "meaning"), fields(ExperimentConfig)),
        "split": table(("key", "type", "default", "meaning"), fields(Split)),
        "resources": table(("key", "type", "default", "meaning"), fields(Resources)),
        "objectives": table(
            ("name", "title", "kind", "better is", "tasks", "unit"),
            (
                (f"`{each.name}`", each.title, each.kind, "higher" if each.direction == "maximize" else "lower", ", ".join(sorted(each.tasks)), each.unit)
                for each in objectives
            ),
        ),
        "models": table(("name", "title", "tasks"), ((f"`{each.name}`", each.title, ", ".join(sorted(each.tasks))) for each in FAMILIES.values())),
        "options": table(
            ("option", "key", "meaning"),
            ((f"`{each.name}{' ' + each.value if each.value else ''}`", f"`{each.key}`" if each.key else "", each.text) for each in OPTIONS.values()),
        ),
        "commands": table(("command", "meaning"), ((f"`%automl {' '.join([each.name, *each.arguments])}`", each.text) for each in COMMANDS.values())),
        "durations": table(("written", "seconds"), ((f"`{text}`", seconds) for text, seconds in (("90s", "90"), ("10m", "600"), ("1h30m", "5400")))),
    }


def written(page: str) -> str:
    """The page with its tables made anew. Raises ``KeyError`` for a table that does not exist."""
    made = tables()
    return _BLOCK.sub(lambda found: f"{found[1]}{made[found[2]]}\n{found[3]}", page)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
    sys.stdout.write(f"{PAGE.name} written\n")
