"""The ensemble of one experiment: chosen on a worker from what its trials kept, recorded as a row of its own whose source is plain code.

Owns when it is looked at, chosen and recorded, and what its fits may cost. Refuses to be asked for: an ensemble is no trial of the search, so no
sampler hears of it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from automl_lab.cluster.executor import Attempt, Cancelled, CandidateError, Executor, WorkerLost
from automl_lab.config import ExperimentConfig
from automl_lab.data.dataset import Dataset
from automl_lab.data.profile import Profile
from automl_lab.evaluation.candidate import ALLOWED
from automl_lab.evaluation.ensembles.bagging import LEAST_FOLDS, MODELS, BagJob
from automl_lab.evaluation.ensembles.recipe import Combination, EnsembleJob, EnsembleOutcome, Recipe
from automl_lab.evaluation.ensembles.source import Part, render_ensemble
from automl_lab.evaluation.ranking import Rank
from automl_lab.experiment.board import Board
from automl_lab.experiment.journal import Journal
from automl_lab.experiment.members import ENSEMBLE, HALF_A_GPU, IN_TURN, STORING, Members, Pool
from automl_lab.experiment.request import profile_for
from automl_lab.experiment.steering import pinned, space_at
from automl_lab.models.family import FAMILIES
from automl_lab.objectives.objective import OBJECTIVES
from automl_lab.pipelines.audit import audit
from automl_lab.pipelines.source import Source

LOG = logging.getLogger(__name__)
CHOICE_SECONDS = 4.5  # beside trials, which go on meanwhile
CHOICES = 2  # one that was lost is begun again once
LOOKS = 4.0  # a choice takes about so many times longer than a look
RARE = 8  # a bag's fits are few beside so many times as many of the search
START_SECONDS = 3.0  # of the process that judges a bag
MANY_FITS = 240  # of a search beside which the fits of two layers are few
MOST_OF_THE_END = 0.4  # of the time left, for the choice
LOOKUP_SECONDS, LOOKUP_REST = 1.0, 20.0  # what is kept back holds so long, or so many times what finding it took
LIKELY = 3  # members of an ensemble that nobody has looked at yet


class Ensembling:
    """Chooses an ensemble among the completed trials of one experiment."""

    def __init__(self, board: Board, journal: Journal, executor: Executor, protocol: str) -> None:
        self.board, self.journal, self.executor, self.protocol = board, journal, executor, protocol
        self.config = ExperimentConfig.model_validate(board.record["config"])
        self.dataset = Dataset.from_json(board.record["dataset"])
        self.members = Members(board, self.dataset)
        self._recipes: dict[int, Recipe] = {}  # of the rows recorded here
        self._bagging: Attempt | None = None
        self._begun: asyncio.Task[EnsembleOutcome | None] | None = None  # the choice, while the last trials run
        self._began, self._against = 0.0, -1  # when, and the best trial then
        self._ended = False
        self.latest: EnsembleOutcome | None = None  # of the last look
        self._seen: tuple[int, ...] = ()
        self._best_seen = -1  # the best trial of the last look that was over
        self._expected = (0.0, False, 0.0)  # until when it holds, whether a choice went on, and what was found

    async def run(self, seconds: float) -> dict[str, Any] | None:
        """The recorded row of an ensemble that is better than every single trial, else None. ``seconds`` is what the choice and all fits may take."""
        recorded = [row for row in self.board.rows.values() if row["family"] == ENSEMBLE]
        if recorded:  # by a controller that died while it finished
            return recorded[-1]
        pool = self.members.pool()
        if not self._sensible(pool):
            return None
        until, outcome = time.monotonic() + seconds, None
        for _ in range(CHOICES):
            if self._begun is None or self._lost:
                self._begin(pool, until - time.monotonic())
            outcome = await self._chosen((until - time.monotonic()) / 2)
            if not self._lost or self._ended:
                break
        if self._ended:
            return None
        if outcome is None or outcome.cut:
            return await self.run_latest(seconds / 2)
        return await self._record(outcome.recipe, outcome, self._began, self._against) if outcome.recipe is not None else None

    def begin(self, seconds: float) -> bool:
        """Begin to choose from the trials of now while others go on; ``run`` takes what comes of it. ``seconds`` are left for that and all fits.

        False while there is nothing to choose from.
        """
        pool = self.members.pool()
        if self._begun is None and self._sensible(pool):
            self._begin(pool, seconds)
        return self._begun is not None

    def _begin(self, pool: Pool, seconds: float) -> None:
        self._began, self._against = time.time(), pool.members[0].trial
        # No less than it is expected to take, as long as its fits have more than that; ``run`` waits a little longer than it may take.
        job = replace(self._job(pool, seconds), within=max(seconds / 4, min(self.choosing_seconds(), MOST_OF_THE_END * seconds)))
        self._begun = asyncio.get_running_loop().create_task(self._awaited(self.executor.ensemble(job), float("inf")))

    @property
    def choosing(self) -> bool:
        """Whether a choice has begun and is not over."""
        return self._begun is not None and not self._begun.done()

    @property
    def _lost(self) -> bool:
        """Whether the choice that was begun is over and found nothing out: the process that made it may have been ended for another experiment's final."""
        return self._begun is not None and self._begun.done() and self._choice() is None

    async def _chosen(self, seconds: float) -> EnsembleOutcome | None:
        """What the choice found, waited for so long."""
        assert self._begun is not None  # noqa: S101  (for the type checker: it has been begun)
        await asyncio.wait({self._begun}, timeout=None if seconds == float("inf") else seconds)
        self._begun.cancel()
        return self._choice()

    def _choice(self) -> EnsembleOutcome | None:
        """What the choice that was begun found; None while it goes on, and where it was cut or lost."""
        if self._begun is None or not self._begun.done() or self._begun.cancelled():
            return None
        problem = self._begun.exception()
        if problem is not None:
            LOG.error("experiment %s: the choice of an ensemble failed", self.board.record["name"], exc_info=problem)
            return None
        return self._begun.result()

    def forget_choice(self) -> None:
        """Cut the choice of now, if there is one: the search goes on for longer, and another one is made later."""
        self._seen = ()
        if self._begun is not None:
            self._begun.cancel()
            self._begun = None

    async def bag(self, seconds: float) -> dict[str, Any] | None:
        """The recorded row of a bag of the best, where there is time to find out and to fit it, and it is better; else None."""
        best = self.board.rows.get(-1 if self.board.standing.best is None else self.board.standing.best)
        recipe = None if best is None else self._recipe(best)
        if best is None or recipe is None or not self._by_chance() or not self._time_for_a_bag(best, recipe, seconds):
            return None
        if MODELS * len(recipe.combination.weights) > self.config.max_models:
            return None
        # It is compared fold by fold, on all of their rows.
        if best["rows"] is not None or self.dataset.validation.fits < LEAST_FOLDS:
            return None
        bagged = replace(recipe, bag=MODELS)
        source = await asyncio.get_running_loop().run_in_executor(None, self._rendered, bagged)
        if self._ended:
            return None
        began, main = time.time(), self.board.standing.objectives[0]
        job = BagJob(
            experiment=self.board.record["id"],
            protocol=self.protocol,
            data=self.dataset.fingerprint,
            recipe=bagged,
            pipeline=source.text,
            single=tuple(best["folds"]),
            objective=main,
            direction=self.board.standing.directions[0],
            threads=self.config.resources.cpus_per_trial,
        )
        self._bagging = self.executor.bag(job)
        outcome = await self._awaited(self._bagging, seconds / 2)
        rank = None if outcome is None or outcome.recipe is None else self.board.standing.rank(outcome.values)
        if outcome is None or outcome.recipe is None or rank is None or (self.board.standing.best_rank or rank) >= rank:
            return None
        return await self._record(outcome.recipe, outcome, began, best["number"])

    def end(self) -> None:
        """Cut what goes on here, a choice or the comparison of a bag: somebody wants the end now."""
        self._ended = True
        if self._bagging is not None:
            self._bagging.cancel()
        if self._begun is not None:
            self._begun.cancel()

    async def _awaited(self, attempt: Attempt, seconds: float) -> EnsembleOutcome | None:
        """What a task found; None when it took longer, failed or was cut."""
        result = asyncio.ensure_future(attempt.result())
        try:
            done, _ = await asyncio.wait({result}, timeout=None if seconds == float("inf") else seconds)
        finally:
            if not result.done():
                attempt.cancel()
                result.cancel()
        if not done:
            return None
        try:
            return result.result()  # type: ignore[no-any-return]
        except (WorkerLost, CandidateError, Cancelled) as error:
            LOG.warning("experiment %s goes without an ensemble or a bag: %s", self.board.record["name"], error)
            return None

    def _recipe(self, row: Mapping[str, Any]) -> Recipe | None:
        """What a row is made of; None for one whose members would be fitted too often in a bag, or that an earlier controller recorded."""
        if row["family"] != ENSEMBLE:
            return Recipe(Combination("single", {row["number"]: 1})) if FAMILIES[row["family"]].wants.prepared else None
        recipe = self._recipes.get(row["number"])
        return None if recipe is None or recipe.combination.method == "layers" else recipe

    def _time_for_a_bag(self, row: Mapping[str, Any], recipe: Recipe, seconds: float) -> bool:
        """Half of the time for finding out, the other half for its last fits; without a deadline few fits beside those of the search."""
        if self.config.time is None:
            fits = MODELS * (len(row["folds"]) + 2) * len(recipe.combination.weights)
            return len(self.board.rows) * self.dataset.validation.fits >= RARE * fits
        fit = float(row["values"].get("fit_seconds") or float("inf"))
        return START_SECONDS + MODELS * fit * max(len(row["folds"]), IN_TURN) <= seconds / 2

    async def run_latest(self, seconds: float) -> dict[str, Any] | None:
        """The recorded row of what the last look found, where its fits are expected to take no more than these ``seconds``; else None."""
        recipe = None if self.latest is None else self.latest.recipe
        if self.latest is None or recipe is None or self._recipes or not set(pinned(self.board.record)) <= recipe.combination.weights.keys():
            return None
        needed = self.members.of(recipe.combination).fitting(self._cores)
        return await self._record(recipe, self.latest, time.time(), self._best_seen) if needed <= seconds else None

    @property
    def _cores(self) -> int:
        """Estimators that are fitted at a time, as in the finals; one where a GPU has no room for two of them."""
        resources = self.config.resources
        return 1 if resources.gpus_per_trial > HALF_A_GPU else max(1, (resources.cpus or 1) // resources.cpus_per_trial)

    async def look(self) -> None:
        """See what the ensemble would be now, and show it; nothing when the best trials are those of the last look. It may take seconds."""
        pool = self.members.pool()
        known = tuple(each.trial for each in pool.members)
        if self._begun is not None or known == self._seen or len(known) < 2 or self.config.max_models < 2 or not self._sensible(pool):
            return
        attempt = self.executor.look(replace(self._job(pool, float("inf")), quick=True, profile=None))
        if attempt is None:
            return
        self._seen = known
        try:
            self.latest, self._best_seen = await attempt.result(), known[0]
        except (WorkerLost, CandidateError, Cancelled) as error:
            LOG.info("experiment %s: no look at an ensemble: %s", self.board.record["name"], error)
            return
        self._show(self.latest)

    def _show(self, outcome: EnsembleOutcome) -> None:
        """One line in the head of every display, and an event when it is better than what was shown before."""
        standing, recipe = self.board.standing, outcome.recipe
        main, before = standing.objectives[0], standing.ensemble
        standing.looked(None if recipe is None else {"values": outcome.values, "trials": list(recipe.combination.weights), "words": recipe.words()})
        now = standing.ensemble
        if now is not None and (before is None or OBJECTIVES[main].better(now["score"], before["score"])):
            event = self.board.event("ensemble", f"ensemble so far: {main} {now['score']:.4g}, {now['words']}")
            self.journal.note(self.board.record["id"], event=event)
        self.board.change()

    def fitting_seconds(self, most: float) -> float:
        """What the last fits are expected to take, no more than ``most``: those of what the choice found or the ensemble of now is; where the best trial and
        another one are not expected to fit into that, those of the others that do, or the best one's on all rows; 0 where nothing fits.

        Looked up again once a second at most, and less often where there are so many trials that this takes long; at once when a choice is over.
        """
        now, choosing = time.monotonic(), self.choosing
        if now > self._expected[0] or choosing != self._expected[1]:
            found = self._expected_seconds(most)
            over = time.monotonic()
            self._expected = (over + max(LOOKUP_SECONDS, LOOKUP_REST * (over - now)), choosing, found)
        return self._expected[2]

    def _expected_seconds(self, most: float) -> float:
        pool = self.members.pool()
        likely = self._likely(pool)
        if likely.members and self._fitting(self._least(pool)) <= most:
            return min(self._fitting(likely), most)
        delivering = self.members.delivering(pool.members[0].trial) if pool.members and self.config.deliver == "all" else 0.0
        return max(delivering if delivering <= most else 0.0, self._quickest(likely, most))

    def _quickest(self, likely: Pool, most: float) -> float:
        """What the quickest of these are expected to take, as many as fit into ``most`` together and two at least; 0 where no two do."""
        quickest = sorted(likely.members, key=lambda each: each.seconds + each.storing)
        fitting = (self._fitting(replace(likely, members=tuple(quickest[:count]))) for count in range(len(quickest), 1, -1))
        return next((seconds for seconds in fitting if seconds <= most), 0.0)

    def _fitting(self, pool: Pool) -> float:
        return pool.fitting(self._cores) + self.members.predicting(pool) + STORING

    def _least(self, pool: Pool) -> Pool:
        """The best trial and the quickest other one: an ensemble costs hardly less."""
        best, *others = pool.members
        quickest = sorted(others, key=lambda each: each.seconds + each.storing)[: self.config.max_models - 1][:1]
        return replace(pool, members=(best, *quickest))

    def choosing_seconds(self) -> float:
        """What the choice itself is expected to take."""
        return max(CHOICE_SECONDS, 0.0 if self.latest is None else LOOKS * self.latest.seconds)

    def _likely(self, pool: Pool) -> Pool:
        """Those that the choice took, none where that found nothing; before it those of the last look and the best one, or the best few.

        A look that found nothing says little: more trials come, and with them an average is nearly always better in the end (decision 15). Where there are
        fewer than those few, the trials that run now are in more need of the time.
        """
        if not self._sensible(pool):
            return Pool()
        chosen = self._choice()
        if chosen is not None and chosen.cut:  # it says nothing: in the end the ensemble of the last look is fitted
            chosen = None
        if chosen is not None:
            return Pool() if chosen.recipe is None else self.members.of(chosen.recipe.combination)
        if self.latest is None or self.latest.recipe is None:
            few = min(LIKELY, self.config.max_models)
            return replace(pool, members=pool.members[:few]) if len(pool.members) >= few else Pool()
        found = self.latest.recipe.combination
        return self.members.of(replace(found, weights={**found.weights, pool.members[0].trial: 1}))

    def _sensible(self, pool: Pool) -> bool:
        """Whether there is anything to choose: members to combine, or probabilities to adjust. A cost as the main objective wants one model only."""
        if OBJECTIVES[self.board.standing.objectives[0]].kind == "cost":
            return False
        adjustable = self.config.calibrate and self.dataset.task != "regression"
        return (len(pool.members) > 1 and self.config.max_models > 1) or (bool(pool.members) and adjustable)

    def _job(self, pool: Pool, seconds: float) -> EnsembleJob:
        standing = self.board.standing
        return EnsembleJob(
            experiment=self.board.record["id"],
            protocol=self.protocol,
            data=self.dataset.fingerprint,
            members=pool.members,
            objectives=tuple(standing.objectives),
            directions=tuple(standing.directions),
            constraints=tuple(self.config.constraints),
            most_members=self.config.max_models,
            seconds=max(0.0, seconds - self.choosing_seconds() - STORING) / pool.refits(self._cores),
            # Two layers fit their second model anew in every fold: without a holdout nobody could compute their score from the source.
            profile=self._profile() if self._by_chance() and self.dataset.validation.held and self._may_refit_often() else None,
            threads=self.config.resources.cpus_per_trial,
            beside=pool.beside(self._cores),
            adjust=self.config.calibrate,
            pinned=tuple(trial for trial in pinned(self.board.record) if any(each.trial == trial for each in pool.members)),
        )

    def _by_chance(self) -> bool:
        """Whether rows are split by chance: folds within a fit are, and they know no groups and no time."""
        return self.dataset.validation.column is None

    def _may_refit_often(self) -> bool:
        """Whether what fits its members many times over may be thought of: the deadline says how often, else the number of fits that were asked for.

        Without a deadline nothing may hang on how long fits took: the same seed has to give the same result.
        """
        return self.config.time is not None or len(self.board.rows) * self.dataset.validation.fits >= MANY_FITS

    def _profile(self) -> Profile:
        return profile_for(self.config, self.dataset)

    async def _record(self, recipe: Recipe, outcome: EnsembleOutcome, began: float, against: int) -> dict[str, Any]:
        """The row of what was preferred to the trial ``against``."""
        number = max(self.board.rows) + 1
        parts = self._parts(recipe)
        source = await asyncio.get_running_loop().run_in_executor(None, self._stored, recipe)
        pool, values = self.members.of(recipe.combination), outcome.values
        if pool.rows is not None:  # what was chosen from may have had more rows than these, and cost more
            values = {**values, "fit_seconds": pool.fit_seconds}
        rank = self.board.standing.rank(values)
        row = {
            **dict.fromkeys(("error", "model", "predictions", "told")),
            "number": number,
            "state": "COMPLETED",
            "attempt": 1,
            "family": ENSEMBLE,
            "origin": ENSEMBLE,
            "rows": pool.rows,
            "parent": against,
            "params": recipe.parameters({part.trial: part.name for part in parts}),
            "distributions": {},
            "values": {**dict.fromkeys(self.board.standing.objectives), **values},
            "feasible": rank is not None and rank.feasible,
            "folds": outcome.folds,
            "seconds": outcome.seconds,
            "note": "; ".join([recipe.words(), *self._told(pool, rank, against)]),
            "source": source,
            "asked": began,
            "started": began,
            "finished": time.time(),
            "revision": 0,
        }
        members = f" (trials {', '.join(str(part.trial) for part in parts)})" if len(parts) > 1 else ""
        event = self.board.event("ensemble", f"trial {number} is {recipe.words()}{members}")
        await self.journal.write(self.board.record["id"], row=row, event=event, mirrored=(row, {}))
        self._recipes[number] = recipe
        self.board.change(row)
        return row

    def _told(self, pool: Pool, rank: Rank | None, against: int) -> list[str]:
        """What a reader of its row may wonder about."""
        told = [] if pool.rows is None else [f"fitted on {pool.rows:,} rows, as its members were"]
        by_hand = [trial for trial in pinned(self.board.record) if any(each.trial == trial for each in pool.members)]
        told += [f"with {', '.join(f'trial {trial}' for trial in by_hand)} by hand"] if by_hand else []
        other = self.board.standing.rank(self.board.rows[against]["values"])
        ahead = rank is not None and other is not None and other > rank and len(pool.members) > 1
        return [*told, f"trial {against} is ahead by less than its folds disagree"] if ahead else told

    def _rendered(self, recipe: Recipe) -> Source:
        source = render_ensemble(recipe, self._parts(recipe), self._profile())
        audit(source, ALLOWED)
        return source

    def _parts(self, recipe: Recipe) -> list[Part]:
        rows, record = self.board.rows, self.board.record
        return [Part(trial, rows[trial]["family"], rows[trial]["params"], space_at(record, trial).ranges) for trial in recipe.combination.weights]

    def _stored(self, recipe: Recipe) -> str:
        return self.journal.store.artifacts.put(self._rendered(recipe).text.encode())
