"""What the parts of a pipeline are written against: ``Suggest`` asks for parameters, ``Wants`` says what a model needs of its preparation.

Owns these two words and the naming of parameters; refuses to know any sampler, model or step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

T = TypeVar("T", bound="bool | int | float | str | None")
# A method named ``float`` hides the type inside its class.
Real = float
Whole = int


class Suggest(Protocol):
    """Gives values for named parameters. A conditional space is a plain ``if``: a name that is not asked for does not exist.

    A name is asked for once in a build and always with the same range; both ends of a range belong to it, ``default`` lies inside.
    """

    def float(self, name: str, low: Real, high: Real, *, default: Real, log: bool = False) -> Real:
        """A real number from ``low`` to ``high``."""
        ...

    def int(self, name: str, low: Whole, high: Whole, *, default: Whole, log: bool = False) -> Whole:
        """A whole number from ``low`` to ``high``."""
        ...

    def choice(self, name: str, options: Sequence[T], *, default: T) -> T:
        """One of ``options``."""
        ...

    def rounds(self, name: str, most: Whole, *, default: Whole) -> Whole:
        """How many rounds to train, from 1 to ``most``: found by early stopping on rows set aside in the fold, never searched; ``default`` until then."""
        ...


@dataclass(frozen=True)
class Within:
    """A ``Suggest`` that puts ``prefix`` and a dot before every name, so that parts name their parameters shortly."""

    prefix: str
    suggest: Suggest

    def float(self, name: str, low: Real, high: Real, *, default: Real, log: bool = False) -> Real:
        """See ``Suggest``."""
        return self.suggest.float(f"{self.prefix}.{name}", low, high, default=default, log=log)

    def int(self, name: str, low: Whole, high: Whole, *, default: Whole, log: bool = False) -> Whole:
        """See ``Suggest``."""
        return self.suggest.int(f"{self.prefix}.{name}", low, high, default=default, log=log)

    def choice(self, name: str, options: Sequence[T], *, default: T) -> T:
        """See ``Suggest``."""
        return self.suggest.choice(f"{self.prefix}.{name}", options, default=default)

    def rounds(self, name: str, most: Whole, *, default: Whole) -> Whole:
        """See ``Suggest``."""
        return self.suggest.rounds(f"{self.prefix}.{name}", most, default=default)


@dataclass(frozen=True)
class Wants:
    """What a model needs of the columns it is given.

    ``prepared``: it looks at the columns at all. ``scaled``: numbers on one scale. ``dense``: no sparse matrix. ``missing``: it handles
    NaN itself, else values are imputed. ``encodings`` and ``many``: the encodings ("onehot", "ordinal", "target", ...) it may be given for
    categorical columns of few and of many values, the sound default first; of these, those are offered that suit the data. ``additive``: it only
    adds columns up, so bins and products let it see more. ``spread``: it needs no scale, but cuts columns at random, so that skewed ones are better
    spread out. ``single``: it stops by rows that it sets aside itself, so that no row may be among those it is given twice, or nearly so. ``engineered``
    is no want of a model: a candidate sets it where more than the plain preparation is to be searched.
    """

    prepared: bool = True
    scaled: bool = False
    dense: bool = False
    missing: bool = False
    encodings: tuple[str, ...] = ("onehot",)
    many: tuple[str, ...] = ("onehot",)
    additive: bool = False
    spread: bool = False
    single: bool = False
    engineered: bool = False
