"""The sampler behind ask and tell: every family's sound default first, then Optuna's TPE over family and parameters together.

An ask is a pure function of the seed, its number and what was told before: the sampler is seeded anew for every number. A controller that
dies can therefore rebuild the study from the recorded trials and go on with the same proposals (see docs/decisions). Owns the in-memory
study; refuses to know about time, workers or storage.

Method: Bergstra et al. 2011, multivariate and grouped as in Optuna's TPESampler, with its constant liar for trials that still run.
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import distribution_to_json
from optuna.samplers import TPESampler
from optuna.study import StudyDirection
from optuna.trial import Trial, TrialState

from automl_lab.data.profile import Profile
from automl_lab.models.family import ModelFamily
from automl_lab.search.candidate import build_candidate, default_params
from automl_lab.search.suggest import OptunaSuggest

FAMILY = "family"
STARTUP_TRIALS = 8

_STATES = {"COMPLETED": TrialState.COMPLETE, "PRUNED": TrialState.PRUNED, "FAILED": TrialState.FAIL}


@dataclass(frozen=True)
class Proposal:
    """What to try next. ``distributions`` are Optuna's, as JSON, so that any Optuna tool can read them."""

    number: int
    family: str
    origin: str  # default | search | user
    params: dict[str, Any]
    distributions: dict[str, str]


@dataclass(frozen=True)
class Told:
    """The end of one trial as the sampler hears it; ``values`` in the order of the objectives, None where it has none."""

    number: int
    state: str  # COMPLETED | PRUNED | FAILED
    values: tuple[float | None, ...]
    violations: tuple[float, ...] = ()
    folds: tuple[float | None, ...] = ()  # the main objective per fold


class TpeStrategy:
    """Proposals for one experiment. Not thread-safe: one caller at a time."""

    def __init__(self, directions: Sequence[str], families: Sequence[ModelFamily], profile: Profile, seed: int) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._directions = list(directions)
        self._families = {family.name: family for family in families}
        self._profile, self._seed = profile, seed
        self._study = optuna.create_study(directions=[StudyDirection[each.upper()] for each in self._directions], sampler=self._sampler(0))
        self._asked = 0
        self._running: dict[int, Trial] = {}
        self._wishes: deque[dict[str, Any]] = deque()
        self._defaults = {family.name: default_params(family, profile) for family in families}
        # A family without parameters (the baseline) is tried once: sampling it again would find what is known.
        self._sampled = [name for name, defaults in self._defaults.items() if defaults]

    def enqueue(self, params: Mapping[str, Any]) -> None:
        """Try this configuration next; parameters left out are sampled. Its names are checked by whoever takes the wish."""
        self._wishes.append(dict(params))

    def ask(self) -> Proposal:
        """The next proposal; its number is how many were asked before."""
        number = self._asked
        if self._wishes:
            wish = self._wishes.popleft()
            return self._propose(number, "user", wish[FAMILY], wish)
        if number < len(self._defaults):
            family = list(self._defaults)[number]
            return self._propose(number, "default", family, self._defaults[family])
        return self._propose(number, "search", None if self._sampled else next(iter(self._defaults)), {})

    def restore(self, family: str, params: Mapping[str, Any]) -> Proposal:
        """Ask again what was asked before the controller died: the next number with these parameters. Its result is told as usual."""
        return self._propose(self._asked, "search", family, params)

    def tell(self, told: Told) -> None:
        """Record the end of a trial that was asked. Values that are missing make a completed trial a failed one for the sampler."""
        trial = self._running.pop(told.number)
        for index, violation in enumerate(told.violations):
            trial.set_constraint(f"constraint_{index}", violation if math.isfinite(violation) else 1e12)
        state = _STATES[told.state]
        values = [value for value in told.values if value is not None and math.isfinite(value)]
        if state is TrialState.COMPLETE and len(values) == len(self._directions):
            self._study.tell(trial, values)
            return
        if state is TrialState.PRUNED and len(self._directions) == 1:
            for step, value in enumerate(told.folds):
                if value is not None:
                    trial.report(value, step)
            self._study.tell(trial, state=TrialState.PRUNED)
            return
        self._study.tell(trial, state=TrialState.FAIL)

    def _propose(self, number: int, origin: str, family: str | None, params: Mapping[str, Any]) -> Proposal:
        """Ask for the next number; a ``family`` of None is sampled, and so is every parameter that ``params`` leaves out."""
        self._study.sampler = self._sampler(number)
        if family in self._sampled:
            params = {**params, FAMILY: family}
        if params:
            self._study.enqueue_trial(dict(params))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            trial = self._study.ask()
            if family is None or family in self._sampled:
                family = trial.suggest_categorical(FAMILY, self._sampled)
            build_candidate(self._families[family], OptunaSuggest(trial), self._profile)
        self._running[number] = trial
        self._asked += 1
        distributions = {name: distribution_to_json(each) for name, each in trial.distributions.items()}
        return Proposal(number, family, origin, dict(trial.params), distributions)

    def _sampler(self, number: int) -> TPESampler:
        digest = hashlib.sha256(f"{self._seed}/{number}".encode()).digest()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            return TPESampler(
                n_startup_trials=STARTUP_TRIALS, multivariate=True, group=True, seed=int.from_bytes(digest[:4], "big"), warn_independent_sampling=False
            )
