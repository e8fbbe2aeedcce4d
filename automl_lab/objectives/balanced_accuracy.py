"""Balanced accuracy: the mean share of right labels over the classes."""

from automl_lab.objectives.objective import CLASSIFICATION, SCORES, Objective

BALANCED_ACCURACY = Objective(
    name="balanced_accuracy",
    title="balanced accuracy",
    direction="maximize",
    tasks=CLASSIFICATION,
    needs="label",
    formula=(SCORES, "balanced_accuracy"),
)
