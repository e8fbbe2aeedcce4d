"""How many rows of each class a resampling leaves; feature steps emit these functions into a pipeline's module by their source.

Written to be read there: short lines, public libraries only. Nothing here is imported by us; see ``pipelines.definition``.
"""

from __future__ import annotations

from typing import Any

import pandas as pd


def at_most_three_to_one(y: Any) -> dict[Any, int]:
    """Give the rows to leave of each class: three for one of the rarest, or fifty."""
    counts = pd.Series(y).value_counts()
    most = max(3 * int(counts.min()), 50)
    return {label: min(int(count), most) for label, count in counts.items()}


def enough_neighbors(y: Any) -> dict[Any, int]:
    """Give the rows that each class has to have for five neighbours of a row."""
    counts = pd.Series(y).value_counts()
    return {label: max(int(count), 6) for label, count in counts.items()}
