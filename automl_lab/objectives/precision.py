"""Precision: of the positive class, or the mean over several."""

from automl_lab.objectives.objective import CLASSIFICATION, SCORES, Objective

PRECISION = Objective(
    name="precision",
    title="precision",
    direction="maximize",
    tasks=CLASSIFICATION,
    needs="label",
    formula=(SCORES, "precision"),
)
