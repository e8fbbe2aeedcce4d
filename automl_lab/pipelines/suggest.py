"""Answers to a part that asks for parameters: recorded values, or the defaults.

Owns the checks of names and ranges. Refuses a name that is asked for twice in one build: its two values could not be told apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, cast

from automl_lab.core.errors import RequestError, nearest
from automl_lab.pipelines.parts import Real, Whole

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
