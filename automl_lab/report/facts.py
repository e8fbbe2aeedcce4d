"""What a report is written from, checked once.

Refuses experiments whose winner has no recorded score, on the holdout or (where nothing is held out) out of fold: there would be nothing to reproduce.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from automl_lab.core.errors import IntegrityError, RequestError
from automl_lab.data.dataset import Dataset
from automl_lab.data.validation import Validation
from automl_lab.evaluation.ensembles.recipe import AS_WRITTEN
from automl_lab.report.requirements import pinned
from automl_lab.summary import held_out

# Two runs of one source on one machine agree to the last bit; another processor's arithmetic moves the last digits. Four digits have to stay.
RELATIVE_TOLERANCE = 1e-4
SMALLEST_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Facts:
    """One experiment, ready to be told.

    ``snapshot``, ``config`` and ``dataset`` are the JSON forms of these; ``pipeline`` and ``protocol`` the sources of the winner and of
    ``evaluate.py``; ``parquet`` the canonical rows; ``versions`` the packages it was run with. ``notebook`` is the notebook's file name
    and ``files`` the folder beside it, relative to the notebook.
    """

    snapshot: Mapping[str, Any]
    config: Mapping[str, Any]
    dataset: Mapping[str, Any]
    pipeline: str
    protocol: str
    parquet: bytes
    versions: Mapping[str, str]
    notebook: str
    files: str

    @classmethod
    def of(cls, inputs: Mapping[str, Any], notebook: str, files: str) -> Facts:
        """The facts of an experiment's ``inputs()``.

        Raises ``RequestError`` when there is no winner with a score to come back, ``IntegrityError`` when the winner's source or the rows are not
        what was recorded.
        """
        keys = ("snapshot", "config", "dataset", "pipeline", "protocol", "parquet", "versions")
        facts = cls(**{key: inputs[key] for key in keys}, notebook=notebook, files=files)
        result = facts.snapshot.get("result")
        if not result or result.get("error") or (result.get("estimate", "holdout") == "holdout" and result["holdout"] is None):
            why = f"scoring it failed: {result['error']}" if result and result.get("error") else f"it is {facts.snapshot['state'].lower()}"
            raise RequestError(f"{facts.name} has no winner with a holdout score ({why}); a report needs one")
        facts.check()
        return facts

    def check(self) -> None:
        """Raise ``IntegrityError`` unless the winner's source and the rows have the recorded hashes."""
        if self.winner["source"] != self.sha256["pipeline.py"]:
            raise IntegrityError(f"the source of trial {self.winner['number']} is not the recorded one ({self.winner['source'][:16]})")
        if self.dataset["fingerprint"] != self.sha256["data.parquet"]:
            raise IntegrityError(f"the rows of {self.name} are not the recorded ones (fingerprint {self.dataset['fingerprint'][:16]})")

    @property
    def name(self) -> str:
        """The experiment's name."""
        return str(self.snapshot["name"])

    @property
    def task(self) -> str:
        """``binary``, ``multiclass`` or ``regression``."""
        return str(self.dataset["task"])

    @property
    def objectives(self) -> list[dict[str, Any]]:
        """The objectives in the order asked, the main one first."""
        return list(self.snapshot["objectives"])

    @cached_property
    def winner(self) -> dict[str, Any]:
        """The winning trial's row. Raises ``IntegrityError`` when the trials do not hold it."""
        number = self.snapshot["result"]["winner"]
        for row in self.snapshot["trials"]:
            if row["number"] == number:
                return dict(row)
        raise IntegrityError(f"the winner, trial {number}, is not among the trials of {self.name}")

    @cached_property
    def metric(self) -> dict[str, Any]:
        """The objective that is compared: the first one that is a score. Raises ``RequestError`` when only costs were asked for."""
        for objective in self.objectives:
            if objective["kind"] == "score":
                return objective
        raise RequestError(f"{self.name} has no score among its objectives; costs alone cannot be reproduced")

    @property
    def held(self) -> bool:
        """Whether rows were held out; else the winner's out-of-fold score is the estimate."""
        return held_out(self.snapshot)

    @property
    def place(self) -> str:
        """Where the winner was scored, after the name of the metric."""
        return "on the holdout" if self.held else "out of fold"

    @property
    def validation(self) -> Validation:
        """How the rows were split."""
        return Dataset.from_json(self.dataset).validation

    @property
    def recorded(self) -> float | None:
        """The winner's recorded score on the holdout, or out of fold as its source gives it; None when it was undefined there."""
        name, values = self.metric["name"], self.winner["values"]
        value = self.snapshot["result"]["holdout"].get(name) if self.held else values.get(f"{name}{AS_WRITTEN}", values.get(name))
        return None if value is None else float(value)

    @property
    def tolerance(self) -> float:
        """The largest difference that counts as the same score, in the metric's unit."""
        return float(f"{max(RELATIVE_TOLERANCE * abs(self.recorded or 0.0), SMALLEST_TOLERANCE):.0e}")

    @cached_property
    def requirements(self) -> dict[str, str]:
        """Packages that the notebook needs, with their versions."""
        return pinned((self.pipeline, self.protocol), self.versions)

    @cached_property
    def sha256(self) -> dict[str, str]:
        """Hex digests of the winner's source, the protocol's source and the rows."""
        contents = {"pipeline.py": self.pipeline.encode(), "evaluate.py": self.protocol.encode(), "data.parquet": self.parquet}
        return {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
