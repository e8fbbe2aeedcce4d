"""A ``%%automl`` cell as text and as plain values, and one made from the other: what the panel shows in a form is what stands in the cell.

Owns the text of a cell: which values go into its first line and how they are quoted. Refuses to judge values: that is the schema's affair.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from automl_lab import yaml_text
from automl_lab.config import ConfigText, ExperimentConfig, Flag, written_duration
from automl_lab.notebook.grammar import CellLine, parse_cell_line

MAGIC = "%%automl"
# What a first line says in this order, if it can be said there.
ON_LINE = {"data": "", "target": "--target", "time": "--time", "trials": "--trials", "name": "--as"}
KEPT_SWITCHES = frozenset({"--wait"})  # the others only ask what a cell would do

# Anything else could mean something to the shell or to the grammar of the line; in the body it stands quoted.
_WORD = re.compile(r"[\w./:+@~,][\w./:+@~, %-]*")
_LISTS = ("objectives", "constraints", "models")


@dataclass(frozen=True)
class Cell:
    """A cell that was read. ``values`` are those of line and body together: lists as lists, the split as a mapping, ``metric`` as first objective."""

    values: dict[str, Any]
    switches: frozenset[str]
    body: str
    first_line: int
    flags: Mapping[str, Flag] = field(default_factory=dict)

    def check(self, defaults: Mapping[str, Flag] | None = None) -> ConfigText:
        """The configuration. Raises ``RequestError`` with the place in the cell."""
        return ConfigText.read(self.body, first_line=self.first_line, flags=self.flags, defaults=defaults)


def read_cell(text: str) -> Cell:
    """Read a whole cell, or a body alone. Raises ``RequestError`` for an unknown word in the first line and for what is no YAML."""
    lines = text.split("\n")
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    if lines[first].split(maxsplit=1)[:1] != [MAGIC]:
        return Cell(_formed(yaml_text.read(text).values), frozenset(), text, 1)
    line = parse_cell_line(lines[first].strip().removeprefix(MAGIC))
    flags = {key: Flag(option, value) for key, (option, value) in line.values.items()}
    body = "\n".join(lines[first + 1 :])
    values = {**yaml_text.read(body, first + 2).values, **{key: flag.value for key, flag in flags.items()}}
    return Cell(_formed(values), line.switches & KEPT_SWITCHES, body, first + 2, flags)


def without(switch: str, line: CellLine, body: str) -> str:
    """The text of a cell as it was written, but for one switch of its first line."""
    rest = re.sub(rf"(?<!\S){re.escape(switch)}(?!\S)\s*", "", line.text).strip()
    return f"{MAGIC} {rest}".strip() + (f"\n{body.rstrip()}" if body.strip() else "")


def cell_of(values: Mapping[str, Any], switches: Collection[str] = ()) -> str:
    """The cell that says these values."""
    line, body = [MAGIC], dict(values)
    for key, option in ON_LINE.items():
        word = _word(body.get(key))
        if word is not None:
            line += [option, word] if option else [word]
            del body[key]
    if isinstance(body.get("split"), Mapping) and list(body["split"]) == ["kind"]:
        body["split"] = body["split"]["kind"]
    body = {key: value for key, value in body.items() if value is not None and value not in ([], {})}
    return "\n".join([" ".join([*line, *sorted(switches)]), *([yaml_text.dump(body).rstrip("\n")] if body else [])])


def values_of(config: ExperimentConfig) -> dict[str, Any]:
    """A configuration as plain values without what goes without saying."""
    values = config.model_dump(exclude_defaults=True)
    return {key: written_duration(value) if key in ("time", "trial_time") else value for key, value in values.items()}


def changed(values: Mapping[str, Any], changes: Sequence[tuple[Sequence[str], Any]]) -> dict[str, Any]:
    """The values with some of them set, by path; None takes one away, and with the last one of a mapping the mapping."""
    found = dict(values)
    for (key, *rest), value in changes:
        if rest:
            inner = found.get(key)
            value = changed(inner if isinstance(inner, Mapping) else {}, [(rest, value)])  # noqa: PLW2901
        if value is None or value in ([], {}):
            found.pop(key, None)
        else:
            found[key] = value
    return found


def _formed(values: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(values)
    metric = found.pop("metric", None)
    for key in _LISTS:
        if isinstance(found.get(key), str):
            found[key] = [found[key]]
    if metric is not None:
        rest = found.get("objectives") or []
        found["objectives"] = [metric, *(each for each in rest if each != metric)] if isinstance(rest, list) else [metric]
    if isinstance(found.get("split"), str):
        found["split"] = {"kind": found["split"]}
    return found


def _word(value: Any) -> str | None:
    """A value as a word of the first line; None where it cannot stand there."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or value != value.strip() or not _WORD.fullmatch(value):
        return None
    return f'"{value}"' if " " in value else value
