"""An experiment that a test plays: it answers as the real handle does, with rows and heads that the test puts in."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

START = 1_790_000_000.0
OBJECTIVES = (
    {"name": "roc_auc", "title": "ROC AUC", "direction": "maximize", "unit": "", "kind": "score"},
    {"name": "predict_ms", "title": "prediction time", "direction": "minimize", "unit": "ms per 1,000 rows", "kind": "cost"},
)


def row(number: int, score: float | None = 0.84, milliseconds: float | None = 2.0, **changes: Any) -> dict[str, Any]:
    """One trial's row; without a score it is running."""
    done = score is not None
    values = {"roc_auc": score, "predict_ms": milliseconds if done else None}
    return {
        "number": number,
        "state": "COMPLETED" if done else "RUNNING",
        "attempt": 1,
        "family": ("baseline", "linear", "random_forest", "xgboost")[number % 4],
        "origin": "default" if number < 4 else "search",
        "params": {"xgboost.max_depth": 4},
        "distributions": {"xgboost.max_depth": {"name": "IntDistribution"}},
        "values": values,
        "feasible": milliseconds is not None and milliseconds <= 5 if done else None,
        "folds": [dict(values)] if done else [],
        "seconds": 1.5 if done else None,
        "error": None,
        "note": None,
        "source": "ab" * 32,
        "model": None,
        "asked": START + number,
        "started": START + number,
        "finished": START + number + 1.5 if done else None,
        "revision": number + 1,
        **changes,
    }


def snapshot(rows: list[dict[str, Any]] | None = None, **head: Any) -> dict[str, Any]:
    """A snapshot of a running search over two objectives."""
    rows = rows or []
    done = [each for each in rows if each["state"] == "COMPLETED" and each["feasible"]]
    best = max(done, key=lambda each: each["values"]["roc_auc"], default=None)
    return {
        "schema": 1,
        "id": "5f" * 16,
        "name": "churn",
        "run": 1,
        "owner": "ann",
        "state": "RUNNING",
        "phase": "searching",
        "reason": None,
        "message": None,
        "data": {
            "source": "churn.csv",
            "rows": 7043,
            "columns": 19,
            "target": "Churn",
            "task": "binary",
            "task_reason": "two distinct labels: No, Yes",
            "classes": ["No", "Yes"],
            "fingerprint": "cd" * 32,
            "findings": [{"level": "warning", "column": "customerID", "text": "looks like an identifier"}],
        },
        "objectives": [dict(each) for each in OBJECTIVES],
        "constraints": ["predict_ms <= 5"],
        "families": ["baseline", "linear", "random_forest", "xgboost"],
        "seed": 7,
        "workers": 2,
        "budget": {"seconds": 60.0, "trials": None},
        "clock": {"created": START - 1, "started": START, "deadline": START + 60, "finished": None, "now": START + 46},
        "timings": {"cluster": 4.2, "prepare": 0.6},
        "counts": {
            "queued": 0,
            "running": sum(each["state"] == "RUNNING" for each in rows),
            "completed": sum(each["state"] == "COMPLETED" for each in rows),
            "pruned": 0,
            "failed": 0,
            "infeasible": sum(each["feasible"] is False for each in rows),
        },
        "best": None if best is None else best["number"],
        "pareto": [] if best is None else [best["number"]],
        "history": [] if best is None else [[best["finished"] - START, best["number"], best["values"]["roc_auc"]]],
        "usable": None if best is None else best["number"],
        "result": None,
        "events": [],
        "trials": rows,
        "revision": max((each["revision"] for each in rows), default=0),
        **head,
    }


def finished(rows: list[dict[str, Any]], **head: Any) -> dict[str, Any]:
    """The same at its end, with a result."""
    made = snapshot(rows)
    winner = made["best"]
    values = next(each["values"] for each in rows if each["number"] == winner)
    holdout = {name: value * 0.99 for name, value in values.items()}
    end = {
        "state": "COMPLETED",
        "phase": "done",
        "reason": "the time budget of 60 s is used up",
        "clock": {**made["clock"], "finished": START + 58},
        "result": {"winner": winner, "holdout": holdout, "finalists": [{"number": winner, "validation": values, "holdout": holdout}]},
    }
    return {**made, **end, **head}


class Played:
    """Implements what following needs. ``change`` puts rows and head fields in, each time with a new revision."""

    name = "churn"

    def __init__(self, first: Mapping[str, Any] | None = None) -> None:
        self.state = dict(first or snapshot([row(0)]))
        self.asked: list[tuple[str, Any]] = []
        self.was_asked = threading.Event()
        self.refusal: Exception | None = None
        self.broken: list[Exception] = []
        self.hung = threading.Event()
        self.hung.set()
        self._changed = threading.Condition()

    def change(self, *rows: dict[str, Any], revision: int | None = None, **head: Any) -> int:
        """Put changed rows and head fields in; the new revision."""
        with self._changed:
            number = self.state["revision"] + 1 if revision is None else revision
            changed = {each["number"]: {**each, "revision": number} for each in rows}
            merged = {each["number"]: each for each in self.state["trials"]} | changed
            self.state = {**self.state, **head, "trials": [merged[key] for key in sorted(merged)], "revision": number}
            self._changed.notify_all()
            return number

    def snapshot(self) -> dict[str, Any]:
        with self._changed:
            return dict(self.state)

    def poll(self, since: int, timeout: float) -> dict[str, Any]:
        self.hung.wait(30)
        with self._changed:
            if self.broken:
                raise self.broken.pop(0)
            self._changed.wait_for(lambda: self.state["revision"] != since or self.state["state"] != "RUNNING", timeout)
            base = min(since, self.state["revision"])
            head = {key: value for key, value in self.state.items() if key != "trials"}
            return {
                "base": base,
                "revision": self.state["revision"],
                "head": head,
                "trials": [each for each in self.state["trials"] if each["revision"] > base],
            }

    def stop(self) -> None:
        self._ask("stop")

    def pause(self) -> None:
        self._ask("pause")

    def resume(self) -> None:
        self._ask("resume")

    def prune(self, number: int) -> None:
        self._ask("prune", number)

    def enqueue(self, params: Mapping[str, Any]) -> None:
        self._ask("enqueue", dict(params))

    def around(self, trial: int) -> None:
        self._ask("around", trial)

    def pin(self, trial: int) -> None:
        self._ask("pin", trial)

    def unpin(self, trial: int) -> None:
        self._ask("unpin", trial)

    def extend(self, time: float | str | None = None, trials: int | None = None) -> None:
        self._ask("extend", (time, trials))

    def narrow(self, ranges: Mapping[str, Any]) -> None:
        self._ask("narrow", dict(ranges))

    def switch_off(self, family: str) -> None:
        self._ask("switch_off", family)

    def switch_on(self, family: str) -> None:
        self._ask("switch_on", family)

    def code(self, trial: int | None = None) -> str:
        if self.refusal is not None:
            raise self.refusal
        return f"# the source of trial {trial}"

    def _ask(self, command: str, argument: Any = None) -> None:
        self.asked.append((command, argument))
        self.was_asked.set()
        if self.refusal is not None:
            raise self.refusal
