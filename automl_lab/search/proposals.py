"""The proposals of one experiment by ask and tell: an opening that is known beforehand, then a family and the strategy's sampler within it.

An ask is a pure function of the seed, its number and what was told before: the samplers are seeded anew for every number. A controller that
dies can therefore rebuild the studies from the recorded trials and go on with the same proposals (see docs/decisions). Owns the in-memory
studies, one per family; refuses to know about time, workers or storage.
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, distribution_to_json
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState

from automl_lab.data.profile import Profile
from automl_lab.evaluation.candidate import build_candidate, default_params
from automl_lab.models.family import ModelFamily
from automl_lab.search.allocation import Allocation
from automl_lab.search.costs import Costs
from automl_lab.search.fidelity import Ladder
from automl_lab.search.moving import distributions_there, moved
from automl_lab.search.nearby import nearby
from automl_lab.search.portfolio import LARGE, Entry, closest, opening
from automl_lab.search.shrinking import TIMES, smaller_steps
from automl_lab.search.strategy import STRATEGIES, Strategy
from automl_lab.search.suggest import OptunaSuggest

FAMILY = "family"
OPENING = frozenset({"default", "portfolio"})
LITTLE_KNOWN, SAMPLED = 5, 0.5  # trials of a family before TPE has a say, and how often it has then
SHARE, FIRST_SHARE = 0.25, 0.5  # of the time left that one of the first asks may cost: the others are to have their turn; and of a family that had none
FEW_CLASSES = 4.0  # as most of the data had on which costs were compared
FEW_ROWS, LARGE_ROWS = 1_000, 20_000  # likewise, of small and of large data


@dataclass(frozen=True)
class Proposal:
    """What to try next. ``distributions`` are Optuna's, as JSON, so that any Optuna tool can read them."""

    number: int
    family: str
    origin: str  # default | portfolio | search | promoted | user
    params: dict[str, Any]
    distributions: dict[str, str]
    rung: int = 0  # of the ladder of rows
    parent: int | None = None  # the trial of the rung below that goes on


@dataclass(frozen=True)
class Told:
    """The end of one trial as the sampler hears it; ``values`` in the order of the objectives, None where it has none."""

    number: int
    state: str  # COMPLETED | PRUNED | FAILED
    values: tuple[float | None, ...]
    violations: tuple[float, ...] = ()
    folds: tuple[float | None, ...] = ()  # the main objective per fold
    cost: float = 1.0  # seconds where the budget is time, 1 where it is a number of trials
    whole: float | None = None  # the cost had it not been cut short, where that is another one


@dataclass
class _Best:
    """The best configuration of a family by the main objective, and how many trials of it were told."""

    trials: int = 0
    loss: float = math.inf
    params: Mapping[str, Any] = field(default_factory=dict)
    distributions: Mapping[str, BaseDistribution] = field(default_factory=dict)

    def add(self, trial: FrozenTrial, loss: float) -> None:
        """Take in a trial; its loss is infinite where it is none to go on from."""
        self.trials += 1
        if loss < self.loss:
            self.loss, self.params, self.distributions = loss, dict(trial.params), dict(trial.distributions)


class Proposals:
    """Proposals for one experiment. ``rungs`` are the rows to fit, few ones first. Not thread-safe: one caller at a time."""

    def __init__(
        self,
        directions: Sequence[str],
        families: Sequence[ModelFamily],
        profile: Profile,
        seed: int,
        strategy: Strategy | None = None,
        *,
        rungs: Sequence[int] = (0,),
    ) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._directions = [StudyDirection[each.upper()] for each in directions]
        self._families = {family.name: family for family in families}
        self._on = set(self._families)  # of these, those that are searched
        self._outside: set[int] = set()  # trials that are no candidates by now
        self._profile, self._seed = profile, seed
        self._strategy = strategy or STRATEGIES["auto"]
        self._asked = self._opened = 0
        self._running: dict[int, tuple[str, Study, Trial]] = {}
        self._made: dict[int, Proposal] = {}
        self._ladder = Ladder(rungs)
        self._wishes: deque[dict[str, Any]] = deque()
        self._defaults = {family.name: default_params(family, profile) for family in families}
        self._opening = opening(families, profile) if self._strategy.portfolio else [Entry(*each) for each in self._defaults.items()]
        self._kinds = {family.name: "plain" if family.stopping is None else "boosted" for family in families}
        self._costs = Costs(self._kinds)
        self._bests: dict[str, _Best] = {}
        self._ended: dict[str, list[tuple[FrozenTrial, float]]] = {name: [] for name in self._families}  # as they were asked, with their losses
        self._passed: set[int] = set()  # places of the opening that were passed over
        self._slow: set[str] = set()  # boosted families whose best was tried with smaller steps
        self._relative: dict[int, float | None] = {}  # of the trials that opened the search
        # A family without parameters (the baseline) is tried once: sampling it again would find what is known.
        self._sampled = [name for name, defaults in self._defaults.items() if defaults]
        self._choice = distribution_to_json(CategoricalDistribution(self._sampled)) if self._sampled else ""
        self._allocation = Allocation(self._sampled, directions)
        self._studies: dict[str, Study] = {}
        for name in self._families:
            self._studies[name] = self._new_study()

    def _new_study(self) -> Study:
        return optuna.create_study(directions=self._directions, sampler=self._strategy.sampler(0))

    def enqueue(self, params: Mapping[str, Any]) -> None:
        """Try this configuration next; parameters left out are sampled. Its names are checked by whoever takes the wish."""
        self._wishes.append(dict(params))

    @property
    def wished(self) -> bool:
        """Whether a configuration waits that somebody asked for."""
        return bool(self._wishes)

    def change(self, families: Collection[str], profile: Profile) -> None:
        """Search only these of the families from the next ask on, with the ranges of this profile. What was learned outside of them is forgotten."""
        known, self._on = self._on, set(families)
        if profile.ranges != self._profile.ranges:
            self._profile = profile
            self._defaults = {name: default_params(family, profile) for name, family in self._families.items()}
            for name in self._families:
                self._move(name)
        if len(self._ladder.rungs) > 1:
            self._outside = {number for number, made in self._made.items() if not self._is_candidate(made)}
        self._reopen(self._on - known)

    def _move(self, family: str) -> None:
        """Make the family's study and its best anew, of what is in the space of now."""
        self._studies[family], self._bests[family] = self._new_study(), _Best()
        for trial, loss in self._ended[family]:
            self._take(family, moved(self._families[family], trial, self._profile), loss)

    def _take(self, family: str, trial: FrozenTrial | None, loss: float) -> None:
        """A trial that ended, from another space into the study of now; None where it is not in this one."""
        if trial is not None:
            self._studies[family].add_trial(trial)
            self._bests[family].add(trial, loss)

    def _is_candidate(self, made: Proposal) -> bool:
        searched = {name: value for name, value in made.params.items() if name in made.distributions and name != FAMILY}
        return made.family in self._on and distributions_there(self._families[made.family], searched, self._profile) is not None

    def _reopen(self, switched_on: Collection[str]) -> None:
        """The rest of the opening in the space of now; families that come back before they were ever tried begin with their defaults."""
        done, rest = self._opening[: self._opened], self._opening[self._opened :]
        opened = [entry for place, entry in enumerate(done) if place not in self._passed]
        tried = {made.family for made in self._made.values()} | {entry.family for entry in rest}
        rest += [Entry(name, self._defaults[name]) for name in self._families if name in switched_on and name not in tried]
        for entry in rest:
            there = Entry(entry.family, closest(self._families[entry.family], entry.params, self._profile), entry.cost)
            if not any((there.family, there.params) == (each.family, each.params) for each in opened):
                opened.append(there)
                done.append(there)
        self._opening = done

    def ask(self, limit: float = math.inf) -> Proposal:
        """The next proposal; its number is how many were asked before. What is expected to cost more than ``limit`` is left out where others remain."""
        number = self._asked
        if self._wishes:
            wish = self._wishes.popleft()
            return self._propose(number, "user", wish[FAMILY], wish)
        parent = self._ladder.goes_on(limit, self._outside)
        if parent is not None:
            return self._promote(parent)
        while self._opened < len(self._opening):
            entry = self._opening[self._opened]
            share = SHARE if any(each.family == entry.family for each in self._made.values()) else FIRST_SHARE
            if entry.family in self._on and (self._costs.expected(entry.family, self._relative_cost(entry)) or 0.0) <= share * limit:
                return self._open(number, entry)
            self._passed.add(self._opened)
            self._opened += 1  # what is too dear now will not be cheaper with less time
        known = self._with_smaller_steps(limit)
        if known is not None:
            return self._propose(number, "search", *known)
        family = self._next_family(number, limit)
        return self._propose(number, "search", family, self._near_best(number, family))

    def _with_smaller_steps(self, limit: float) -> tuple[str, dict[str, Any]] | None:
        """A boosted family, the best first, whose best configuration is tried with smaller steps, once, where that may have its share of the time."""
        for family in sorted(self._on & self._bests.keys(), key=lambda each: (self._bests[each].loss, each)) if self._strategy.local else ():
            found = self._shrunk(family)
            if found is not None and TIMES * (self._costs.expected(family) or 0.0) <= SHARE * limit:
                self._slow.add(family)
                return family, found
        return None

    def _shrunk(self, family: str) -> dict[str, Any] | None:
        """The family's best configuration with smaller steps, as long as none was tried so."""
        best, shrinkage = self._bests.get(family), self._families[family].shrinkage
        if best is None or shrinkage is None or family in self._slow:
            return None
        return smaller_steps(best.params, best.distributions, f"{family}.{shrinkage}")

    def _near_best(self, number: int, family: str) -> dict[str, Any]:
        """A step from the family's best where it is the turn of one, else nothing: everything is sampled."""
        best = self._bests.get(family)
        random = Random(_seed(self._seed, number, "nearby"))  # noqa: S311  (no secret)
        if not self._strategy.local or best is None or (best.trials >= LITTLE_KNOWN and random.random() < SAMPLED):
            return {}
        return nearby(best.params, best.distributions, random)

    def restore(self, family: str, origin: str, params: Mapping[str, Any], parent: int | None = None) -> Proposal:
        """Ask again what was asked before the controller died: the next number with these parameters. Its result is told as usual."""
        if parent is not None:
            return self._promote(parent)
        if origin in OPENING:  # what was passed over then is passed over again
            known = [place for place in range(self._opened, len(self._opening)) if self._opening[place].is_that(family, params)]
            self._passed.update(range(self._opened, known[0]) if known else ())
            self._opened = known[0] if known else self._opened
            self._relative[self._asked] = self._relative_cost(self._opening[known[0]]) if known else None
            self._opened += 1
        shrunk = self._shrunk(family)
        if origin == "search" and shrunk is not None and shrunk.items() <= params.items():
            self._slow.add(family)
        return self._propose(self._asked, origin, family, params)

    def tell(self, told: Told) -> None:
        """Record the end of a trial that was asked. Values that are missing make a completed trial a failed one for the sampler."""
        values = [value for value in told.values if value is not None and math.isfinite(value)]
        proposal = self._made[told.number]
        complete = told.state == "COMPLETED" and len(values) == len(self._directions)
        feasible = complete and all(violation <= 0 for violation in told.violations)
        sign = -1.0 if self._directions[0] == StudyDirection.MAXIMIZE else 1.0
        self._ladder.record(told.number, proposal.rung, sign * values[0] if feasible else None, told.cost)
        if proposal.parent is None:  # on more rows a score says more, but nothing that is to be compared with those of the first rung
            self._learn(told, values, complete=complete, feasible=feasible)

    def _learn(self, told: Told, values: list[float], *, complete: bool, feasible: bool) -> None:
        family, study, trial = self._running.pop(told.number)
        for index, violation in enumerate(told.violations):
            trial.set_constraint(f"constraint_{index}", violation if math.isfinite(violation) else 1e12)
        if told.state != "FAILED":
            self._costs.record(family, told.cost if told.whole is None else told.whole, self._relative.get(told.number))
        if family in self._sampled:
            self._allocation.record(family, told.cost, values if feasible else [None] * len(self._directions), told.folds)
        if complete:
            ended = study.tell(trial, values)
        elif told.state == "PRUNED" and len(self._directions) == 1:
            for step, value in enumerate(told.folds):
                if value is not None:
                    trial.report(value, step)
            ended = study.tell(trial, state=TrialState.PRUNED)
        else:
            ended = study.tell(trial, state=TrialState.FAIL)
        loss = math.inf if not feasible else -values[0] if self._directions[0] == StudyDirection.MAXIMIZE else values[0]
        self._ended[family].append((ended, loss))
        if study is self._studies[family]:
            self._bests.setdefault(family, _Best()).add(ended, loss)
        else:  # it was asked in another space
            self._take(family, moved(self._families[family], ended, self._profile), loss)

    def _next_family(self, number: int, limit: float) -> str:
        sampled = [name for name in self._sampled if name in self._on]
        if not sampled:
            return next(name for name in self._families if name in self._on)
        random = Random(_seed(self._seed, number, FAMILY))  # noqa: S311  (no secret)
        expected = {name: self._costs.expected(name) for name in sampled}
        fitting = {name for name, cost in expected.items() if cost is None or cost <= limit}
        # Where nothing is expected to fit, the quickest may: what is cut at the deadline costs nothing.
        fitting = fitting or {min(sampled, key=lambda name: expected[name] or 0.0)}
        return self._allocation.choose(random, fitting) if self._strategy.economical else random.choice(sorted(fitting))

    def _relative_cost(self, entry: Entry) -> float | None:
        """What an entry costs in the list's unit, with these classes and rows: boosting fits a tree for each class in every round, and what kernel methods
        cost grows by the rows once more than what others cost.
        """
        many = len(self._profile.classes or ()) / FEW_CLASSES if self._kinds[entry.family] == "boosted" else 1.0
        if self._families[entry.family].steep:
            many = self._profile.rows / (LARGE_ROWS if self._profile.rows >= LARGE else FEW_ROWS)
        return None if entry.cost is None else entry.cost * max(1.0, many)

    def _open(self, number: int, entry: Entry) -> Proposal:
        self._opened += 1
        self._relative[number] = self._relative_cost(entry)
        return self._propose(number, "default" if entry.params == self._defaults[entry.family] else "portfolio", entry.family, entry.params)

    def _propose(self, number: int, origin: str, family: str, params: Mapping[str, Any]) -> Proposal:
        """Ask the family's study for the next number; every parameter that ``params`` leaves out is sampled."""
        study = self._studies[family]
        study.sampler = self._strategy.sampler(_seed(self._seed, number))
        given = {name: value for name, value in params.items() if name != FAMILY}
        if given:
            study.enqueue_trial(given)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            trial = study.ask()
            suggest = OptunaSuggest(trial)
            build_candidate(self._families[family], suggest, self._profile)
        self._running[number] = (family, study, trial)
        self._asked += 1
        distributions = {name: distribution_to_json(each) for name, each in trial.distributions.items()}
        asked_for = {name: given[name] for name in suggest.rounds_asked if name in given} if origin == "user" else {}
        found = {**trial.params, **asked_for}
        if family in self._sampled:
            found, distributions = {FAMILY: family, **found}, {FAMILY: self._choice, **distributions}
        self._made[number] = Proposal(number, family, origin, found, distributions)
        return self._made[number]

    def _promote(self, parent: int) -> Proposal:
        """The same configuration on the rows of the next rung."""
        below = self._made[parent]
        self._ladder.mark(parent)
        self._made[self._asked] = replace(below, number=self._asked, origin="promoted", rung=below.rung + 1, parent=parent)
        self._asked += 1
        return self._made[self._asked - 1]


def _seed(*parts: object) -> int:
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:4], "big")
