"""Answers from an Optuna trial to a part that asks for parameters. Refuses to choose: that is the sampler's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar, cast

from optuna.trial import Trial

from automl_lab.pipelines.parts import Real, Whole

T = TypeVar("T", bound="bool | int | float | str | None")


@dataclass(frozen=True)
class OptunaSuggest:
    """Answers with what an Optuna trial suggests; the trial records names, distributions and values."""

    trial: Trial
    rounds_asked: list[str] = field(default_factory=list)  # names that early stopping answers later

    def float(self, name: str, low: Real, high: Real, *, default: Real, log: bool = False) -> Real:  # noqa: ARG002  (the default is the first trial's)
        """See ``Suggest``."""
        return self.trial.suggest_float(name, low, high, log=log)

    def int(self, name: str, low: Whole, high: Whole, *, default: Whole, log: bool = False) -> Whole:  # noqa: ARG002
        """See ``Suggest``."""
        return self.trial.suggest_int(name, low, high, log=log)

    def choice(self, name: str, options: Sequence[T], *, default: T) -> T:  # noqa: ARG002
        """See ``Suggest``."""
        return cast("T", self.trial.suggest_categorical(name, list(options)))

    def rounds(self, name: str, most: Whole, *, default: Whole) -> Whole:  # noqa: ARG002
        """See ``Suggest``. Not the trial's to choose."""
        self.rounds_asked.append(name)
        return default
