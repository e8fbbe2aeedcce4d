"""One experiment in the controller, from its first trial to its final state: search, finish, and the user's hand on both.

One deadline covers everything: the search ends early enough for the finalists to meet the holdout. Owns the experiment's states and reasons;
refuses to end without saying why.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from random import Random
from typing import Any

from optuna.distributions import json_to_distribution

from automl_lab.cluster.executor import Executor
from automl_lab.cluster.leases import LeaseDesk
from automl_lab.core.clock import Deadline
from automl_lab.core.errors import RequestError, nearest
from automl_lab.evaluation.candidate import render_candidate
from automl_lab.experiment.board import Board
from automl_lab.experiment.ensembling import Ensembling
from automl_lab.experiment.finish import FINALISTS, Finish
from automl_lab.experiment.journal import Journal
from automl_lab.experiment.loop import Search
from automl_lab.experiment.members import ENSEMBLE
from automl_lab.experiment.steering import Space, changed, pinned, pinning, spaces
from automl_lab.models.family import FAMILIES
from automl_lab.objectives.objective import OBJECTIVES
from automl_lab.search.importance import importances
from automl_lab.search.nearby import nearby
from automl_lab.search.portfolio import closest
from automl_lab.search.ranges import check_ranges

LOG = logging.getLogger(__name__)
RESERVE_SHARE, RESERVE_LEAST, RESERVE_MOST = 0.02, 1.5, 10.0
ENSEMBLE_SHARE = 0.25  # of the time, at most: two fits of all members
WAITING_SHARE = 0.75  # of what is left when a choice begins: from there on it has the cores for itself
CHOICE_LOOK = 0.5  # seconds between looks at whether the choice has to begin
FINAL_MEASUREMENTS = 3  # predictions of 1,000 rows that a final makes to measure its cost, where they take long
BY_HAND = "stopped by hand"
STOPPED_FINISH = 30.0
STOPPED_ENSEMBLE = 1.0  # from the stop on; what is not fitted and scored by then is left out
LOOK_SHARE, LOOK_LEAST, LOOK_UNLIMITED = 0.05, 2.0, 10.0  # of the time, and seconds: how often the ensemble of now is looked at
LOOK_REST = 25.0  # times what the last look took of a core: on two cores, looking must not cost the trials more than a few hundredths
WEIGH_LEAST = 4.0  # seconds between looks at the importances of parameters
STOPPED_REFIT = 0.5  # whoever stops wants the end now


class Run:
    """One experiment while it is active."""

    def __init__(self, board: Board, journal: Journal, desk: LeaseDesk, executor: Executor) -> None:
        self.board, self.journal, self.executor = board, journal, executor
        protocol = journal.store.artifacts.get(board.record["protocol"]).decode()
        self.search = Search(board, journal, desk, executor, protocol)
        self.ensembling = Ensembling(board, journal, executor, protocol)
        self.finish = Finish(board, journal, desk, executor, protocol)
        self.stopped: str | None = None
        self._kept_back = 0.0  # seconds that were left when it was first asked whether an ensemble is being chosen
        self._over = False  # the final state is being written: nothing else may be
        self.task: asyncio.Task[None] | None = None

    def start(self, on_end: Callable[[], object]) -> None:
        """Begin, or go on after a restart. ``on_end()`` is called in the final state."""
        self.task = asyncio.get_running_loop().create_task(self._main())
        self.task.add_done_callback(lambda _: on_end())

    async def _main(self) -> None:
        try:
            config = self.search.config
            directions = {name: OBJECTIVES[name].direction for name in config.objectives}
            self.journal.open_mirror(self.board.record, directions)
            await self._finish(await self._search() if self.board.record["phase"] != "refitting" else await self._searched())
        except Exception as error:
            LOG.exception("experiment %s failed", self.board.record["name"])
            self._over = True
            await self._change(state="FAILED", phase="done", finished=time.time(), reason=f"an error of AutoML Lab ended it: {type(error).__name__}: {error}")

    async def _searched(self) -> str:
        """The controller died while it finished: what was found is finished, and nothing is searched again. Returns why the search had ended."""
        reason = str(self.board.record["reason"])
        self.stopped = reason if reason.startswith(BY_HAND) else None
        await self._event("resumed", "the controller was restarted while it finished; the finish begins anew")
        return reason

    async def _search(self) -> str:
        record = self.board.record
        if record["started"] is None:
            workers = self.search.config.resources.workers
            await self._event(
                "started",
                f"the search started with {workers} worker{'s' if workers != 1 else ''}{self.search.schedule_words}",
                state="RUNNING",
                phase="searching",
                started=time.time(),
            )
        elif record["state"] == "PAUSED":
            paused = [event["at"] for event in self.board.events if event["kind"] == "paused"]
            self.search.pause(time.time() - paused[-1] if paused else 0.0)
            await self._event("resumed", "the controller was restarted; the search stays paused", phase="searching")
        elif record["phase"] != "searching" or self.board.rows:
            await self._event("resumed", "the controller was restarted; the search goes on with every finished trial kept", state="RUNNING", phase="searching")
        began = time.monotonic()
        others = {"no more looks at an ensemble": self._look(), "no ensemble is chosen ahead": self._choose_ahead(), "no importances": self._weigh()}
        beside = [asyncio.get_running_loop().create_task(self._beside(what, lost)) for lost, what in others.items()]
        try:
            reason = await self.search.run(self._search_seconds, self._choosing)
        finally:
            for each in beside:
                each.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
        self._time("search", began)
        return reason

    async def _beside(self, what: Coroutine[Any, Any, Any], lost: str) -> Any:
        """What the search and its winner can do without. A fault in it costs what is ``lost``, and nothing else; None then."""
        try:
            return await what
        except Exception as error:
            LOG.exception("experiment %s: %s", self.board.record["name"], lost)
            await self._event("ensemble", f"{lost}, by an error of AutoML Lab: {type(error).__name__}: {error}")
            return None

    async def _look(self) -> None:
        """Show from time to time what an ensemble would be now."""
        time_ = self.search.config.time
        pause = LOOK_UNLIMITED if time_ is None else max(LOOK_LEAST, LOOK_SHARE * time_)
        while True:
            latest = self.ensembling.latest
            await asyncio.sleep(pause if latest is None else max(pause, LOOK_REST * latest.worked))
            await self.ensembling.look()

    async def _weigh(self) -> None:
        """Show from time to time which parameters made the difference. What that takes in the thread that asks stays a small part of its time."""
        seen, pause = 0, WEIGH_LEAST
        while True:
            await asyncio.sleep(pause)
            if self.board.standing.counts["completed"] == seen:
                continue
            seen, began = self.board.standing.counts["completed"], time.monotonic()
            self.board.standing.importances = await self._importances()
            pause = max(WEIGH_LEAST, LOOK_REST * (time.monotonic() - began))
            self.board.change()

    async def _last_importances(self) -> dict[str, dict[str, float]]:
        """Those of the last look; looked up where no deadline waits."""
        if self.board.record["deadline"] is not None or self.stopped:
            return self.board.standing.importances
        return await self._beside(self._importances(), "no importances") or {}

    async def _importances(self) -> dict[str, dict[str, float]]:
        standing, rows = self.board.standing, list(self.board.rows.values())
        return await asyncio.get_running_loop().run_in_executor(None, importances, rows, standing.objectives[0], standing.directions[0])

    async def _choose_ahead(self) -> None:
        """Choose the ensemble while the last trials run: the cores do not wait for it, and what its fits need is known before the search ends."""
        while (time_ := self.search.config.time) is not None:
            ahead = self._search_seconds() - min(self.ensembling.choosing_seconds(), ENSEMBLE_SHARE * time_)
            if ahead <= 0:
                self.ensembling.begin(self._left())
            await asyncio.sleep(min(CHOICE_LOOK, max(0.05, ahead)))  # also after it has begun: with more time it is made again

    def _choosing(self) -> bool:
        """Whether the search may wait for the choice of an ensemble, which says how much of what is kept back is needed: a part of that at most."""
        if not self.ensembling.choosing:
            return False
        self._kept_back = self._kept_back or self._left()
        return self._left() > WAITING_SHARE * self._kept_back

    def _left(self) -> float:
        """Seconds to the deadline; a pause stands still."""
        return Deadline(self.board.record["deadline"]).left() + self.search.paused_seconds()

    def _search_seconds(self) -> float:
        """Seconds left for the search: up to the deadline, less what the finish needs."""
        left = self._left()
        if left == float("inf"):
            return left
        usable = self.board.rows.get(-1 if self.board.standing.usable is None else self.board.standing.usable)
        per_1000_ms = float(usable["values"].get("predict_ms") or 0.0) if usable else 0.0
        holdout_rows = float(self.board.record["dataset"]["rows"]) * self.search.dataset.validation.holdout
        scoring = 2 * per_1000_ms / 1000 * (FINAL_MEASUREMENTS + holdout_rows / 1000)
        time_ = self.search.config.time or 0.0
        share = min(RESERVE_MOST, max(RESERVE_LEAST, RESERVE_SHARE * time_))
        return left - share - scoring - self.ensembling.fitting_seconds(ENSEMBLE_SHARE * time_)

    async def _finish(self, reason: str) -> None:
        await self._change(phase="refitting", reason=reason)
        began = time.monotonic()
        if not self.stopped:
            await self._beside(self.ensembling.run(Deadline(self.board.record["deadline"]).left()), "no ensemble")
        if not self.stopped:
            await self._beside(self.ensembling.bag(Deadline(self.board.record["deadline"]).left()), "no bag")
        left = Deadline(self.board.record["deadline"]).left()
        if self.stopped and await self._beside(self.ensembling.run_latest(STOPPED_REFIT), "no ensemble") is not None:
            result = await self.finish.run(STOPPED_ENSEMBLE, count=2, refit=STOPPED_REFIT)
        elif self.stopped:
            unfitted = any(row["model"] is None for row in self.finish.finalists(1))
            result = await self.finish.run(STOPPED_ENSEMBLE if unfitted else STOPPED_FINISH, count=1, refit=STOPPED_REFIT)
        else:
            result = await self.finish.run(left, count=FINALISTS, hurry=left != float("inf"))
        self._time("refit", began)
        state = "STOPPED" if self.stopped else "COMPLETED"
        if self.stopped and not reason.startswith(BY_HAND):
            reason = f"{reason}; the finish was {BY_HAND}"
        if result is None:
            state, reason = ("STOPPED" if self.stopped else "FAILED"), f"{reason}; no trial completed{self._commonest_error()}"
        message = None
        if result is not None and result["error"]:
            what = "scored on the holdout" if result["estimate"] == "holdout" else "fitted on all rows"
            message = f"the winner could not be {what}: {result['error'].strip().splitlines()[-1]}"
        if result is not None:
            result["importances"] = await self._last_importances()
        self._over = True
        await self._event(state.lower(), reason, state=state, phase="done", finished=time.time(), reason=reason, message=message, result=result)

    def _commonest_error(self) -> str:
        errors = Counter(row["error"].strip().splitlines()[-1] for row in self.board.rows.values() if row["error"])
        return f" (most often: {errors.most_common(1)[0][0]})" if errors else ""

    def _time(self, phase: str, began: float) -> None:
        timings = self.board.record["timings"]
        self.board.record["timings"] = {**timings, phase: timings.get(phase, 0.0) + time.monotonic() - began}

    async def _change(self, **fields: Any) -> None:
        await self.journal.write(self.board.record["id"], **fields, timings=self.board.record["timings"], revision=self.board.revision + 1)
        self.board.change(**fields)

    async def _event(self, kind: str, text: str, **fields: Any) -> None:
        event = self.board.event(kind, text)
        await self.journal.write(self.board.record["id"], event=event, **fields, timings=self.board.record["timings"], revision=self.board.revision + 1)
        self.board.change(**fields)

    # Steering -----------------------------------------------------------------------------------------------------------------------------

    async def stop(self) -> None:
        """End the search and keep the best. Returns when the experiment is in its final state."""
        if self.stopped is None:
            done = self.board.standing.counts["completed"]
            self.stopped = f"{BY_HAND} after {done} trial{'s' if done != 1 else ''}"
            searching = self.board.record["phase"] != "refitting"
            self.search.end(self.stopped)
            self.ensembling.end()
            if not searching:
                self.finish.hasten(STOPPED_ENSEMBLE)
        if self.task is not None:
            await asyncio.shield(self.task)

    async def pause(self) -> None:
        """Start no new trials until ``resume``."""
        self._only_in(("RUNNING",), "pause")
        self.search.pause()
        await self._event("paused", "paused by hand", state="PAUSED")

    async def resume(self) -> None:
        """Go on; the deadline moves by the length of the pause."""
        self._only_in(("PAUSED",), "resume")
        took = self.search.resume()
        deadline = self.board.record["deadline"]
        moved = None if deadline is None else deadline + took
        self.board.change(deadline=moved)  # at once: whoever asks what is left before it is written finds the pause nowhere else
        await self._event("resumed", f"resumed by hand after {took:.0f} s", state="RUNNING", deadline=moved)

    async def prune(self, number: int) -> None:
        """End one running trial; the others go on."""
        if number not in self.search.attempts.live:
            row = self.board.rows.get(number)
            raise RequestError(f"trial {number} is not running" + (f" ({row['state'].lower()})" if row else "; there is no such trial"))
        self.search.attempts.cancel(number, "pruned by hand")
        await self._event("pruned", f"trial {number} pruned by hand")

    async def extend(self, seconds: float | None = None, trials: int | None = None) -> None:
        """Go on for so many ``seconds``, or ``trials``, more than were asked for: whichever the budget counts."""
        self._only_in(("QUEUED", "RUNNING", "PAUSED"), "extend")
        record, config = self.board.record, self.search.config
        if self.search.ending:
            raise RequestError(f"cannot extend experiment {record['name']!r}: it is about to end")
        for name, more in (("time", seconds), ("trials", trials)):
            if more is not None and getattr(config, name) is None:
                raise RequestError(f"experiment {record['name']!r} has no limit of {name}: extend its {'trials' if name == 'time' else 'time'}")
        if trials is not None and self.search.all_asked:
            raise RequestError(f"cannot extend experiment {record['name']!r}: all of its trials were asked already")
        config = config.model_copy(
            update={
                "time": None if config.time is None else config.time + (seconds or 0.0),
                "trials": None if config.trials is None else config.trials + (trials or 0),
            }
        )
        deadline = record["deadline"]
        moved = None if deadline is None else deadline + (seconds or 0.0)
        self.search.config = self.ensembling.config = config
        if seconds:
            self.ensembling.forget_choice()
            self._kept_back = 0.0
        fields = {"config": {**record["config"], "time": config.time, "trials": config.trials}, "deadline": moved}
        self.board.change(**fields)  # at once: the search looks at it before it is written
        what = [f"{seconds:g} s" if seconds else "", f"{trials} trials" if trials else ""]
        await self._event("extended", f"extended by hand by {' and '.join(filter(None, what))}", **fields)

    async def narrow(self, ranges: Mapping[str, Any]) -> None:
        """Search these ranges from the next ask on; a single value freezes a parameter. What is not named keeps its range."""
        self._only_in(("QUEUED", "RUNNING", "PAUSED"), "change the ranges of")
        families = [FAMILIES[name] for name in self.search.config.models]
        await asyncio.get_running_loop().run_in_executor(None, check_ranges, ranges, families, self.search.profile)
        words = ", ".join(f"{name}: {_shown_range(given)}" for name, given in ranges.items())
        await self._change_space(spaces(self.board.record)[-1].narrowed(ranges), "narrowed", f"ranges changed by hand: {words}")

    async def switch(self, family: str, *, on: bool) -> None:
        """Begin trials of this family from the next ask on, or no more of them; those that run go on."""
        self._only_in(("QUEUED", "RUNNING", "PAUSED"), f"switch a family {'on' if on else 'off'} in")
        models = self.search.config.models
        if family not in models:
            raise RequestError(f"no family {family!r} in experiment {self.board.record['name']!r}{nearest(family, models)}")
        space = spaces(self.board.record)[-1].switched(family, on=on, order=models)
        if not any(FAMILIES[name].wants.prepared for name in space.families):
            raise RequestError(f"{family} is the last family that is searched; switch another one on first, or stop the search")
        await self._change_space(space, "switched", f"{family} switched {'on' if on else 'off'} by hand")

    async def _change_space(self, space: Space, kind: str, text: str) -> None:
        if self.search.all_asked:
            raise RequestError(f"experiment {self.board.record['name']!r} begins no more trials: all of them were asked already")
        steering = changed(self.board.record, space)
        self.board.change(steering=steering)
        await self._event(kind, text, steering=steering)

    async def pin(self, number: int, *, on: bool) -> None:
        """Have every ensemble hold this trial, or no longer."""
        self._only_in(("QUEUED", "RUNNING", "PAUSED"), "pin a trial of")
        row, most = self.board.rows.get(number), self.search.config.max_models
        if row is None or row["predictions"] is None or row["family"] == ENSEMBLE:
            raise RequestError(f"trial {number} has no out-of-fold predictions to combine" if row else f"there is no trial {number}")
        wanted = {*pinned(self.board.record), number} if on else {*pinned(self.board.record)} - {number}
        if on and (len(wanted) > most or most < 2):
            raise RequestError(f"an ensemble here holds at most {most} model{'s' if most > 1 else ''} (max_models); unpin another one first")
        steering = pinning(self.board.record, wanted)
        self.ensembling.forget_choice()
        self.board.change(steering=steering)
        await self._event("pinned", f"trial {number} {'pinned into' if on else 'no longer pinned into'} the ensemble by hand", steering=steering)

    async def around(self, number: int) -> None:
        """Try a configuration next that is a step away from this trial's."""
        row = self.board.rows.get(number)
        if row is None or not row["distributions"]:
            raise RequestError(f"trial {number} has no parameters to go on from" if row else f"there is no trial {number}")
        self._only_in(("QUEUED", "RUNNING", "PAUSED"), "enqueue into")
        params = await asyncio.get_running_loop().run_in_executor(None, self._step_from, row)
        await self.enqueue(params)

    def _step_from(self, row: Mapping[str, Any]) -> dict[str, Any]:
        family, known = FAMILIES[row["family"]], {name: json_to_distribution(each) for name, each in row["distributions"].items() if name != "family"}
        wished = sum(event["kind"] == "enqueued" for event in self.board.events)
        random = Random(f"{self.search.config.seed}/{row['number']}/{wished}")  # noqa: S311  (no secret; asked twice it is another step)
        found = nearby({name: row["params"][name] for name in known}, known, random)
        return {"family": family.name, **closest(family, found, self.search.profile)}

    async def enqueue(self, params: Mapping[str, Any]) -> None:
        """Try this configuration next."""
        self._only_in(("QUEUED", "RUNNING", "PAUSED"), "enqueue into")
        if self.search.all_asked:
            raise RequestError(f"cannot enqueue into experiment {self.board.record['name']!r}: all of its trials were asked already")
        await asyncio.get_running_loop().run_in_executor(None, self._check_wish, params)
        self.search.proposals.enqueue(params)
        await self._event("enqueued", f"a configuration of {params['family']} enqueued by hand")

    def _check_wish(self, params: Mapping[str, Any]) -> None:
        families = self.search.config.models
        if params.get("family") not in families:
            raise RequestError(f"params need 'family', one of {', '.join(families)}")
        render_candidate(FAMILIES[params["family"]], {key: value for key, value in params.items() if key != "family"}, self.search.profile)

    def _only_in(self, states: tuple[str, ...], what: str) -> None:
        record = self.board.record
        finishing = self._over or record["phase"] == "refitting"
        if record["state"] not in states or finishing:
            is_ = "about to end" if record["state"] in states else record["state"].lower()
            raise RequestError(f"cannot {what} experiment {record['name']!r}: it is {is_}")


def _shown_range(given: Any) -> str:
    """A range as a reader of the history sees it."""
    if isinstance(given, list | tuple):
        return f"[{', '.join(map(str, given))}]"
    return f"{given} (frozen)"
