"""Answers to a part that asks for parameters: recorded values, or the defaults.

Owns the checks of names and ranges. Refuses a name that is asked for twice in one build: its two values could not be told apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, cast

from automl_lab.core.errors import RequestError, nearest
from automl_lab.pipelines.parts import Real, Suggest, Whole

T = TypeVar("T", bound="bool | int | float | str | None")


@dataclass(frozen=True)
class Parameter:
    """One parameter as it was asked for. ``low`` and ``high`` belong to the range of numbers, ``options`` to choices."""

    name: str
    kind: Literal["float", "int", "choice", "rounds"]
    default: Any
    low: float | None = None
    high: float | None = None
    log: bool = False
    options: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        if self.kind == "choice":
            _same_option(self.name, self.options, self.default)
        elif self.low is None or self.high is None or not self.low <= self.default <= self.high or (self.log and self.low <= 0):
            raise ValueError(f"{self.name}: the default {self.default!r} is not from {self.low} to {self.high}, or a log range begins at zero")

    def accept(self, value: Any) -> Any:
        """``value`` in the parameter's own type. Raises ``RequestError`` when it is of another type or out of range."""
        if self.kind == "choice":
            return _same_option(self.name, self.options, value)
        fits = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        whole = self.kind != "float"
        if not fits or (whole and value != int(value)):
            raise RequestError(f"parameter {self.name} is a{'n int' if whole else ' number'}, not {value!r}")
        assert self.low is not None and self.high is not None  # noqa: S101, PT018  (checked when made)
        if not self.low <= value <= self.high:
            raise RequestError(f"parameter {self.name} goes from {self.low:g} to {self.high:g}, not {value!r}")
        return int(value) if whole else float(value)


def _same_option(name: str, options: tuple[Any, ...], value: Any) -> Any:
    # 1, 1.0 and True are equal in Python; an option of the value's own type goes first, and a bool stands for nothing else.
    exact = [each for each in options if type(each) is type(value) and each == value]
    alike = [each for each in options if each == value and isinstance(each, bool) == isinstance(value, bool)]
    for each in [*exact, *alike]:
        return each
    raise RequestError(f"parameter {name} has no option {value!r}; it is one of {', '.join(map(repr, options))}")


@dataclass
class FixedSuggest:
    """Answers with given values by full name, with the default where there is none. ``asked`` and ``params`` keep what a build asked for and got."""

    given: Mapping[str, Any] = field(default_factory=dict)
    asked: dict[str, Parameter] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)

    def float(self, name: str, low: Real, high: Real, *, default: Real, log: bool = False) -> Real:
        """See ``Suggest``. Raises ``RequestError`` for a given value out of range."""
        return cast("Real", self._answer(Parameter(name, "float", default, low, high, log)))

    def int(self, name: str, low: Whole, high: Whole, *, default: Whole, log: bool = False) -> Whole:
        """See ``Suggest``. Raises ``RequestError`` for a given value out of range."""
        return cast("Whole", self._answer(Parameter(name, "int", default, low, high, log)))

    def choice(self, name: str, options: Sequence[T], *, default: T) -> T:
        """See ``Suggest``. Raises ``RequestError`` for a given value that is no option."""
        return cast("T", self._answer(Parameter(name, "choice", default, options=tuple(options))))

    def rounds(self, name: str, most: Whole, *, default: Whole) -> Whole:
        """See ``Suggest``. The default is no answer: it is in ``asked``, and in ``params`` only when it was given."""
        if name in self.given:
            return cast("Whole", self._answer(Parameter(name, "rounds", default, 1, most)))
        self.asked[name] = Parameter(name, "rounds", default, 1, most)
        return default

    def refuse_unknown(self, known: Mapping[str, Any]) -> None:
        """Raise ``RequestError`` for a given name that the build did not ask for; ``known`` are all names of the space, for the hint."""
        for name in self.given:
            if name in self.asked:
                continue
            if name in known:
                raise RequestError(f"parameter {name} does not apply with these other values")
            raise RequestError(f"unknown parameter {name!r}{nearest(name, known)}")

    def _answer(self, parameter: Parameter) -> Any:
        if parameter.name in self.asked:
            raise ValueError(f"parameter {parameter.name} is asked for twice in one build")
        self.asked[parameter.name] = parameter
        self.params[parameter.name] = parameter.accept(self.given.get(parameter.name, parameter.default))
        return self.params[parameter.name]


class DefaultSuggest(FixedSuggest):
    """Answers with the defaults; ``params`` keeps them."""

    def __init__(self) -> None:
        super().__init__()


class ClosestSuggest(FixedSuggest):
    """Answers with what is closest to the given values: a number beyond a range with its end, an option that is not there with the default."""

    def rounds(self, name: str, most: Whole, *, default: Whole) -> Whole:
        """See ``Suggest``. What was found on other data is no answer for this."""
        self.asked[name] = Parameter(name, "rounds", default, 1, most)
        return default

    def _answer(self, parameter: Parameter) -> Any:
        given = self.given.get(parameter.name, parameter.default)
        if parameter.kind != "choice" and isinstance(given, int | float) and parameter.low is not None and parameter.high is not None:
            given = min(max(given, parameter.low), parameter.high)
        self.asked[parameter.name] = parameter
        try:
            self.params[parameter.name] = parameter.accept(given)
        except RequestError:  # an option of other data, or a number for what is a choice by now
            self.params[parameter.name] = parameter.accept(parameter.default)
        return self.params[parameter.name]


@dataclass(frozen=True)
class RangedSuggest:
    """A ``Suggest`` with the user's ranges, by full name: a list of two numbers or of options, or the one value that a parameter is to have."""

    suggest: Suggest
    ranges: Mapping[str, Any]

    def float(self, name: str, low: Real, high: Real, *, default: Real, log: bool = False) -> Real:
        """See ``Suggest``."""
        low, high = self._ends(name, low, high, log=log)
        return self.suggest.float(name, low, high, default=min(max(default, low), high), log=log)

    def int(self, name: str, low: Whole, high: Whole, *, default: Whole, log: bool = False) -> Whole:
        """See ``Suggest``."""
        low, high = self._whole(name, low, high, log=log)
        return self.suggest.int(name, low, high, default=min(max(default, low), high), log=log)

    def choice(self, name: str, options: Sequence[T], *, default: T) -> T:
        """See ``Suggest``. Options can be left out; there are no others to bring in."""
        if name not in self.ranges:
            return self.suggest.choice(name, options, default=default)
        given = self.ranges[name]
        kept = [_same_option(name, tuple(options), each) for each in (given if isinstance(given, list | tuple) else [given])]
        return cast("T", self.suggest.choice(name, kept, default=default if default in kept else kept[0]))

    def rounds(self, name: str, most: Whole, *, default: Whole) -> Whole:
        """See ``Suggest``. A number of rounds that the user limits is searched within these limits instead of being found by early stopping."""
        if name not in self.ranges:
            return self.suggest.rounds(name, most, default=default)
        low, high = self._whole(name, 1, most, log=True)
        return self.suggest.int(name, low, high, default=min(max(default, low), high), log=True)

    def _whole(self, name: str, low: Whole, high: Whole, *, log: bool) -> tuple[Whole, Whole]:
        ends = self._ends(name, low, high, log=log)
        if any(each != int(each) for each in ends):
            raise RequestError(f"{name} is a whole number; its range cannot be {self.ranges[name]!r}")
        return int(ends[0]), int(ends[1])

    def _ends(self, name: str, low: Real, high: Real, *, log: bool) -> tuple[Real, Real]:
        if name not in self.ranges:
            return low, high
        given = self.ranges[name]
        ends = list(given) if isinstance(given, list | tuple) else [given, given]
        if len(ends) != 2 or not all(isinstance(each, (int, float)) and not isinstance(each, bool) and math.isfinite(each) for each in ends):
            raise RequestError(f"the range of {name} is a number, or two like [{low:g}, {high:g}]; it is {given!r}")
        if ends[0] > ends[1]:
            raise RequestError(f"the range of {name} begins above its end: {given!r}")
        if log and ends[0] <= 0:
            raise RequestError(f"the range of {name} is searched on a logarithmic scale and has to begin above zero; it is {given!r}")
        return ends[0], ends[1]
