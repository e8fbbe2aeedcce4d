"""Indicators of missing values, for the imputations that offer them."""

from __future__ import annotations

from automl_lab.features.option import Asked


def indicators(asked: Asked) -> dict[str, bool]:
    """The imputer's setting: a column more for each column that had gaps in training. Without gaps in the data there is nothing to choose."""
    if not asked.gaps:
        return {}
    wanted = not asked.wants.engineered or asked.suggest.choice("indicators", (True, False), default=True)
    return {"add_indicator": True} if wanted else {}
