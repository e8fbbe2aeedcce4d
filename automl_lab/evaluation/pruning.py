"""Stops hopeless trials between folds by a paired test against the best finished trial, and those for which no time is left.

Method: the one-sided Wilcoxon signed-rank test over paired fold scores, as in Optuna's WilcoxonPruner. The reference scores are fixed when
the trial is asked, so that the decision depends on no timing. Before three folds the test can say nothing: there only what is further behind than the
reference's folds are apart by chance is dropped. Refuses to drop what is only a little worse: an ensemble has a use for it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from automl_lab.data.validation import Validation

MINIMUM_FOLDS = 3
LITTLE = 0.5  # of the spread of the reference's fold scores
MORE = 2.0  # likewise, for the first of a family: nothing else makes an average better than what is good and different
FAR = {1: 4.0, 2: 3.0}  # likewise, on average after so many folds
THRESHOLD = 0.15  # three folds, all worse, give p = 0.125: the earliest point at which the test can speak


def hopeless(scores: Sequence[float], reference: Sequence[float] | None, direction: str, *, little: float = LITTLE) -> bool:
    """Whether the fold scores so far are worse than the reference's on the same folds, by more than ``little`` of their spread and not by chance."""
    if reference is None or not 0 < len(scores) < len(reference):
        return False
    sign = 1.0 if direction == "maximize" else -1.0
    deficits = [sign * (best - own) for own, best in zip(scores, reference, strict=False)]
    if any(not math.isfinite(deficit) for deficit in deficits) or sum(deficits) <= 0:
        return False
    behind, spread = statistics.fmean(deficits), statistics.stdev(reference)
    if len(scores) < MINIMUM_FOLDS:
        return spread > 0 and behind > FAR[len(scores)] * spread
    if behind < little * spread or len(reference) - len(scores) < 2:  # the last fold costs little, and a whole trial may be of use to an ensemble
        return False
    from scipy.stats import wilcoxon  # noqa: PLC0415  (heavy, and most trials never come here)

    return bool(wilcoxon(deficits, alternative="greater", zero_method="zsplit").pvalue < THRESHOLD)


def too_late(fits: Sequence[float], validation: Validation, left: float, *, usable: bool) -> str | None:
    """Why no more is done of a trial whose folds so far took these seconds to fit, with ``left`` until the search ends: the other folds would not end in
    time, or after the last one the refit. The refit of the first model is done in any case (``usable``: there is another one).
    """
    mean, remaining = statistics.fmean(fits), validation.fits - len(fits)
    if remaining:
        return "would not have ended before the deadline" if mean * remaining > left else None
    late = usable and mean * validation.whole > left
    return "not fitted on all training rows in the search: no time was left for that" if late else None
