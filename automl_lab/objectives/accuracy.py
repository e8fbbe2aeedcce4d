"""Accuracy: the share of right labels."""

from automl_lab.objectives.objective import CLASSIFICATION, SCORES, Objective

ACCURACY = Objective(
    name="accuracy",
    title="accuracy",
    direction="maximize",
    tasks=CLASSIFICATION,
    needs="label",
    formula=(SCORES, "accuracy"),
)
