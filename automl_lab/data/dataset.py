"""What is known of the user's data: columns, target, task, findings and fingerprint.

Owns `Dataset`, the record that travels instead of the rows, and its JSON form. Refuses the rows themselves: they live in the
canonical Parquet whose sha256 is the ``fingerprint``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from automl_lab.data.profile import Column, Label, Profile, Task
from automl_lab.data.validation import Validation


@dataclass(frozen=True)
class Finding:
    """One thing worth knowing about the data. ``column`` is None when it concerns all of it; ``text`` is one line."""

    level: Literal["info", "warning"]
    column: str | None
    text: str

    def to_json(self) -> dict[str, Any]:
        """The finding as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Dataset:
    """The data as it was understood. ``columns`` are the features (not the target), used or not; ``rows`` counts those with a target.

    ``classes`` are the sorted labels, the second one is the positive class of a binary task; None for regression. ``task_reason``
    says in one line how the task was found. ``imbalance`` is how many rows the most frequent class has for each row of the rarest.
    ``validation`` says how the rows are split; it is chosen after the data was understood.
    """

    source: str
    target: str
    task: Task
    task_reason: str
    classes: tuple[Label, ...] | None
    rows: int
    columns: tuple[Column, ...]
    fingerprint: str
    findings: tuple[Finding, ...]
    imbalance: float = 1.0
    validation: Validation = field(default_factory=Validation)

    @property
    def features(self) -> list[str]:
        """Names of the columns that candidates see, in the order of the data: identifiers and constants are left out."""
        return [column.name for column in self.columns if column.usable]

    def profile(self, seed: int, threads: int, gpus: float = 0.0, ranges: Mapping[str, Any] | None = None) -> Profile:
        """What families see of this data; ``threads`` are the cores one trial may use, ``gpus`` its share of a GPU, ``ranges`` are the user's."""
        usable = tuple(column for column in self.columns if column.usable)
        known = Profile(self.task, self.classes, self.rows, usable, seed=seed, threads=threads)
        return replace(known, gpus=gpus, imbalance=self.imbalance, ranges=dict(ranges or {}))

    def to_json(self) -> dict[str, Any]:
        """The dataset as plain JSON values."""
        return {
            "source": self.source,
            "target": self.target,
            "task": self.task,
            "task_reason": self.task_reason,
            "classes": None if self.classes is None else list(self.classes),
            "rows": self.rows,
            "columns": [column.to_json() for column in self.columns],
            "fingerprint": self.fingerprint,
            "findings": [finding.to_json() for finding in self.findings],
            "imbalance": self.imbalance,
            "validation": self.validation.to_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Dataset:
        """The inverse of ``to_json``. Raises ``TypeError`` or ``KeyError`` for other keys."""
        known = dict(value)
        known["classes"] = None if known["classes"] is None else tuple(known["classes"])
        known["columns"] = tuple(Column.from_json(column) for column in known["columns"])
        known["findings"] = tuple(Finding(**finding) for finding in known["findings"])
        if "validation" in known:
            known["validation"] = Validation.from_json(known["validation"])
        return cls(**known)
