"""What a trial is expected to cost: from what trials of its family cost here, and from how costs compared on other data.

A configuration of the portfolio comes with a relative cost; the scale is the median of what such configurations cost here over what they were said
to cost, of the same family where it has run, else of all. Owns these estimates; refuses to choose by them, and to know what a cost is measured in.
"""

from __future__ import annotations

import statistics
from collections import defaultdict


class Costs:
    """Costs of the trials of one experiment. The same records give the same estimates."""

    def __init__(self) -> None:
        self._seen: defaultdict[str, list[float]] = defaultdict(list)
        self._ratios: defaultdict[str, list[float]] = defaultdict(list)

    def record(self, family: str, cost: float, relative: float | None = None) -> None:
        """Note what a trial cost, or would have cost had it not been cut short."""
        self._seen[family].append(cost)
        if relative:
            self._ratios[family].append(cost / relative)

    def expected(self, family: str, relative: float | None = None) -> float | None:
        """What the next trial of the family, of this relative cost where it is known, is expected to cost; None where nothing is known."""
        ratios = self._ratios.get(family) or [ratio for each in self._ratios.values() for ratio in each]
        if relative and ratios:
            return relative * statistics.median(ratios)
        seen = self._seen.get(family)
        return statistics.fmean(seen) if seen else None
