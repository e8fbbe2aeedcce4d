"""A pipeline as data: a tree of constructor calls over plain Python values, and its JSON form.

Owns which values may stand in a tree. Refuses everything whose ``repr`` is no faithful source: NumPy scalars, objects, subclasses of the
plain types. Nothing here imports what the tree names.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from automl_lab.pipelines.definition import Definition

Value: TypeAlias = Any
Json: TypeAlias = bool | int | float | str | list[Any] | dict[str, Any] | None

_PLAIN = (type(None), bool, int, float, str)
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
# The reserved keys by which the JSON form tells nodes of the tree from a user's dict.
_TAGS = ("call", "definition", "hoisted", "tuple", "dict", "float")


@dataclass(frozen=True, init=False)
class Call:
    """``target(*args, **kwargs)``: ``target`` is a dotted public name ("sklearn.linear_model.Ridge") or a ``Definition``.

    Arguments are None, bool, int, float, str, lists, tuples and dicts of them, ``Call``, ``Hoisted`` and ``Definition`` (the class or
    function itself). Anything else raises ``TypeError`` when the call is made.
    """

    target: str | Definition
    args: tuple[Value, ...]
    kwargs: tuple[tuple[str, Value], ...]

    def __init__(self, target: str | Definition, /, *args: Value, **kwargs: Value) -> None:
        if isinstance(target, str) and not _DOTTED.fullmatch(target):
            raise TypeError(f"a call's target is a dotted name, not {target!r}")
        for value in (*args, *kwargs.values()):
            check(value)
        object.__setattr__(self, "target", target)
        object.__setattr__(self, "args", args)
        object.__setattr__(self, "kwargs", tuple(kwargs.items()))

    def to_json(self) -> Json:
        """The tree as JSON values; ``Call.from_json`` gives an equal tree back."""
        return _to_json(self)

    @classmethod
    def from_json(cls, data: Json) -> Call:
        """The tree of ``to_json``. Raises ``TypeError`` for JSON of any other shape. Definitions come whole and are judged by ``audit``, not here."""
        value = _from_json(data)
        if not isinstance(value, cls):
            raise TypeError("the JSON describes no call")
        return value


@dataclass(frozen=True)
class Hoisted:
    """A list or a call that gets a variable of its own before the call it stands in: ``numeric = ["age", "income"]``."""

    name: str
    value: list[Value] | Call

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise TypeError(f"{self.name!r} is no name for a variable")
        if type(self.value) not in (list, Call):
            raise TypeError(f"a variable is for a list or a call, not {self.value!r:.80}")
        check(self.value)


def check(value: Value) -> None:
    """Raise ``TypeError`` unless ``value`` may stand in a tree."""
    # Exact types: a subclass (np.float64 is a float, an Enum may be a str) prints as something else than it is.
    if type(value) in _PLAIN or isinstance(value, Call | Hoisted | Definition):
        return
    if type(value) in (list, tuple):
        for each in value:
            check(each)
        return
    if type(value) is dict:
        for key, each in value.items():
            check(key)
            check(each)
        return
    raise TypeError(f"{type(value).__module__}.{type(value).__name__} cannot stand in a pipeline's call tree: {value!r:.80}")


def children(value: Value) -> Iterator[Value]:
    """The values directly inside ``value``, in the order of the source."""
    if isinstance(value, Call):
        yield from (value.target, *value.args, *(each for _, each in value.kwargs))
    elif isinstance(value, Hoisted):
        yield value.value
    elif isinstance(value, dict):
        for pair in value.items():
            yield from pair
    elif isinstance(value, list | tuple):
        yield from value


def walk(value: Value) -> Iterator[Value]:
    """``value`` and everything inside, what is inside first."""
    for each in children(value):
        yield from walk(each)
    yield value


def _to_json(value: Value) -> Json:
    writer = _WRITERS.get(type(value))
    if writer is not None:
        return writer(value)
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    return cast("Json", value)


def _write_call(call: Call) -> Json:
    data: dict[str, Json] = {"call": _to_json(call.target)}
    if call.args:
        data["args"] = [_to_json(each) for each in call.args]
    if call.kwargs:
        data["kwargs"] = {key: _to_json(each) for key, each in call.kwargs}
    return data


def _write_definition(value: Definition) -> Json:
    needs: list[Json] = [_to_json(each) for each in value.needs]
    return {"definition": value.name, "source": value.source, "imports": list(value.imports), "origin": value.origin, "needs": needs}


def _from_json(data: Json) -> Value:
    if isinstance(data, list):
        return [_from_json(each) for each in data]
    if not isinstance(data, dict):
        return data
    tag = next((tag for tag in _TAGS if tag in data), None)
    if tag is None:
        raise TypeError(f"unknown node in a call tree: {json.dumps(data)[:80]}")
    return _READERS[tag](data)


def _read_definition(data: Mapping[str, Any]) -> Definition:
    needs = tuple(_from_json(each) for each in data["needs"])
    return Definition(data["definition"], data["source"], tuple(data["imports"]), data["origin"], needs)


_WRITERS: Mapping[type, Callable[[Any], Json]] = {
    Call: _write_call,
    Hoisted: lambda value: {"hoisted": value.name, "value": _to_json(value.value)},
    Definition: _write_definition,
    tuple: lambda value: {"tuple": [_to_json(each) for each in value]},
    list: lambda value: [_to_json(each) for each in value],
    dict: lambda value: {"dict": [[_to_json(key), _to_json(each)] for key, each in value.items()]},
}
_READERS: Mapping[str, Callable[[Mapping[str, Any]], Value]] = {
    "call": lambda data: Call(
        _from_json(data["call"]),
        *(_from_json(each) for each in data.get("args", ())),
        **{key: _from_json(each) for key, each in data.get("kwargs", {}).items()},
    ),
    "definition": _read_definition,
    "hoisted": lambda data: Hoisted(data["hoisted"], _from_json(data["value"])),
    "tuple": lambda data: tuple(_from_json(each) for each in data["tuple"]),
    "dict": lambda data: {_from_json(key): _from_json(each) for key, each in data["dict"]},
    "float": lambda data: float(data["float"]),
}
