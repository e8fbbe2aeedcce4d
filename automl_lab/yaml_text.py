"""YAML as plain values with their places in the text, and plain values as YAML.

Owns reading untrusted YAML: every key and value is found again by line and column. Refuses tags (so no Python object is ever built),
aliases (so nothing grows while it is read), duplicate keys, several documents and deep nesting. Scalars follow YAML 1.2: ``yes``,
``no`` and ``2024-01-01`` are text, because a column may be called so.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from automl_lab.core.errors import RequestError

Path = tuple[str | int, ...]
Place = tuple[int, int]

MAX_CHARACTERS = 100_000
MAX_DEPTH = 10

_NULL, _BOOL, _INT, _FLOAT, _STR = (f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float", "str"))
_NUMBER_START = list("-+.0123456789")


class _Loader(yaml.SafeLoader):
    """Composes nodes only; its constructors are never called."""


class _Dumper(yaml.SafeDumper):
    """Quotes whatever our reader would not take for the same text."""


_RESOLVERS: tuple[tuple[str, re.Pattern[str], list[str]], ...] = (
    (_BOOL, re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")),
    (_NULL, re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    (_INT, re.compile(r"^[-+]?[0-9]+$"), list("-+0123456789")),
    (_FLOAT, re.compile(r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"), _NUMBER_START),
)
_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in _RESOLVERS:
    _Loader.add_implicit_resolver(_tag, _pattern, _first)
    _Dumper.add_implicit_resolver(_tag, _pattern, _first)


@dataclass(frozen=True)
class Text:
    """The top mapping of a YAML text: ``values`` plain, ``keys`` and ``places`` the (line, column) of each key and each value by path."""

    values: dict[str, Any]
    keys: Mapping[Path, Place]
    places: Mapping[Path, Place]


def read(text: str, first_line: int = 1) -> Text:
    """Read one YAML mapping (an empty text is an empty mapping); lines are counted from ``first_line``. Raises ``RequestError`` with the place."""
    if len(text) > MAX_CHARACTERS:
        raise RequestError(f"the YAML has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read")
    try:
        _refuse(text, first_line)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise _invalid(error, first_line) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position)
        raise RequestError(f"invalid YAML: the character {_character(error.character)} is not allowed", line=first_line + line, column=1) from None
    keys: dict[Path, Place] = {}
    places: dict[Path, Place] = {}
    if node is None or (isinstance(node, ScalarNode) and node.tag == _NULL):
        return Text({}, keys, places)
    if not isinstance(node, MappingNode):
        raise RequestError("the body should be lines of 'key: value'").at(*_place(node, first_line))
    values = _Build(first_line, keys, places).mapping(node, ())
    return Text(values, keys, places)


def dump(values: Mapping[str, Any]) -> str:
    """The values as YAML, one key a line in the given order; ``read`` gives the same values back."""
    text = io.StringIO()
    dumper = _Dumper(text, sort_keys=False, allow_unicode=True, default_flow_style=None, width=140)
    dumper.open()
    node: Any = dumper.represent_data(dict(values))
    node.flow_style = not values  # inline only where there is nothing: by itself the dumper puts plain values into one line
    dumper.serialize(node)
    dumper.close()
    return text.getvalue()


def _refuse(text: str, first_line: int) -> None:
    """Look at the events before anything recursive runs: tags, aliases, depth and further documents end here."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        mark = event.start_mark
        place = (mark.line + first_line, mark.column + 1) if mark is not None else (first_line, 1)
        if isinstance(event, yaml.AliasEvent):
            raise RequestError(f"the alias '*{event.anchor}' is refused; write the value out, or put the text in quotes").at(*place)
        if isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)) and event.tag is not None:
            raise RequestError(f"the tag {_short(event.tag)} is refused; write plain values").at(*place)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise RequestError("a second YAML document ('---') is refused").at(*place)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise RequestError(f"nested deeper than {MAX_DEPTH} levels").at(*place)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _short(tag: str) -> str:
    return repr(tag.replace("tag:yaml.org,2002:", "!!", 1))


def _invalid(error: yaml.MarkedYAMLError, first_line: int) -> RequestError:
    mark = error.problem_mark or error.context_mark
    problem = " ".join(str(error.problem or error.context or "it cannot be read").split())
    if mark is None:
        return RequestError(f"invalid YAML: {problem}")
    return RequestError(f"invalid YAML: {problem}").at(mark.line + first_line, mark.column + 1)


def _character(given: int | bytes | str) -> str:
    return f"U+{given if isinstance(given, int) else ord(given):04X}"


def _place(node: Node, first_line: int) -> Place:
    return node.start_mark.line + first_line, node.start_mark.column + 1


@dataclass(frozen=True)
class _Build:
    """Turns nodes into plain values and notes where each came from."""

    first_line: int
    keys: dict[Path, Place]
    places: dict[Path, Place]

    def mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in self._pairs(node):
            if key.value in values:
                first = self.keys[(*path, key.value)]
                raise RequestError(f"the key {key.value!r} is there twice, first in line {first[0]}").at(*_place(key, self.first_line))
            self.keys[(*path, key.value)] = _place(key, self.first_line)
            values[key.value] = self._value(value, (*path, key.value))
        return values

    def _pairs(self, node: MappingNode) -> Iterator[tuple[ScalarNode, Node]]:
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise RequestError("a key should be plain text").at(*_place(key, self.first_line))
            yield key, value

    def _value(self, node: Node, path: Path) -> Any:
        self.places[path] = _place(node, self.first_line)
        if isinstance(node, MappingNode):
            return self.mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self._value(each, (*path, index)) for index, each in enumerate(node.value)]
        return _scalar(node)


def _scalar(node: Node) -> Any:
    text: str = node.value
    if node.tag == _NULL:
        return None
    if node.tag == _BOOL:
        return text.casefold() == "true"
    if node.tag == _INT:
        return int(text) if len(text) < 100 else text
    if node.tag == _FLOAT:
        return float(text.casefold().replace(".inf", "inf").replace(".nan", "nan"))
    return text
