"""A missing number from the other numbers of its row, by regressions in turns (van Buuren & Groothuis-Oudshoorn 2011, without the multiple draws)."""

from __future__ import annotations

from automl_lab.features.gaps import indicators
from automl_lab.features.option import Asked, Option
from automl_lab.pipelines.call import Call

# A regression for each column with gaps, in each of the turns.
MOST_COLUMNS = 30
MOST_ROWS = 20_000


def build(asked: Asked) -> list[Call]:
    """Turns until no value moves by more than a hundredth of the largest, which is mostly a handful."""
    settings = {"max_iter": 25, "tol": 0.01, **indicators(asked), "keep_empty_features": True, "random_state": asked.profile.seed}
    return [Call("sklearn.impute.IterativeImputer", **settings)]


def suits(asked: Asked) -> bool:
    """Where there are gaps, other columns to fill them from, and not too much data."""
    return asked.gaps and 2 <= len(asked.columns) <= MOST_COLUMNS and asked.profile.rows <= MOST_ROWS


ITERATIVE = Option(
    "iterative",
    "from the other columns, by regressions in turns",
    build,
    ("sklearn.impute.IterativeImputer", "sklearn.experimental.enable_iterative_imputer"),
    suits,
)
