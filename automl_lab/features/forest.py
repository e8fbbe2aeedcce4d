"""A small forest that says which columns matter: it chooses among generated and among prepared columns, inside the fold."""

from __future__ import annotations

from automl_lab.data.profile import Profile
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition

STRONGEST = Definition.of("automl_lab.features.emitted_selection", "Strongest")
_CLASSIFIER, _REGRESSOR = "sklearn.ensemble.ExtraTreesClassifier", "sklearn.ensemble.ExtraTreesRegressor"
FOREST_USES: tuple[str | Definition, ...] = (STRONGEST, _CLASSIFIER, _REGRESSOR)
TREES = 50
# More rows than this would make the choice dear and hardly better.
ROWS_PER_TREE = 5_000


def forest(profile: Profile) -> Call:
    """Shallow random trees: a column that only fits noise gets little credit in leaves of some rows."""
    target = _REGRESSOR if profile.task == "regression" else _CLASSIFIER
    return Call(target, TREES, max_depth=8, min_samples_leaf=5, n_jobs=profile.threads, random_state=profile.seed)


def rows_per_tree(profile: Profile) -> dict[str, int]:
    """The limit of rows for large data, as the selection's argument: how many rows a fit has is known there alone, and may be few of all."""
    return {"rows": ROWS_PER_TREE} if profile.rows > ROWS_PER_TREE else {}


def strongest(profile: Profile, most: int, least: int = 1) -> Call:
    """The selection of the columns that the forest splits on most, at most so many; what it never splits on is left out."""
    return Call(STRONGEST, forest(profile), most=most, **({} if least == 1 else {"least": least}), **rows_per_tree(profile))
