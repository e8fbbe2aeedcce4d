"""What a trial is expected to cost: from what trials of its family cost here, and from how costs compared on other data.

A configuration of the portfolio comes with a relative cost; the scale is the median of what such configurations cost here over what they were said
to cost: of the same family where it has run, else of families like it, else of all. Boosted rounds take as many times longer as there are classes, in every
library, and what others do does not. Owns these estimates; refuses to choose by them, and to know what a cost is measured in.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping


class Costs:
    """Costs of the trials of one experiment, whose families are of the ``kinds`` given. The same records give the same estimates."""

    def __init__(self, kinds: Mapping[str, str] | None = None) -> None:
        self._kinds = kinds or {}
        self._seen: defaultdict[str, list[float]] = defaultdict(list)
        self._ratios: defaultdict[str, list[float]] = defaultdict(list)

    def record(self, family: str, cost: float, relative: float | None = None) -> None:
        """Note what a trial cost, or would have cost had it not been cut short."""
        self._seen[family].append(cost)
        if relative:
            self._ratios[family].append(cost / relative)

    def expected(self, family: str, relative: float | None = None) -> float | None:
        """What the next trial of the family, of this relative cost where it is known, is expected to cost; None where nothing is known."""
        ratios = self._ratios.get(family) or self._of_kind(self._kinds.get(family)) or self._of_kind(None)
        if relative and ratios:
            return relative * statistics.median(ratios)
        seen = self._seen.get(family)
        return statistics.fmean(seen) if seen else None

    def _of_kind(self, kind: str | None) -> list[float]:
        """The ratios of all families of a kind; None: of all."""
        return [ratio for family, ratios in self._ratios.items() if kind is None or self._kinds.get(family) == kind for ratio in ratios]
