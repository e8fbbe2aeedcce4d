"""Recall: of the positive class, or the mean over several."""

from automl_lab.objectives.objective import CLASSIFICATION, SCORES, Objective

RECALL = Objective(
    name="recall",
    title="recall",
    direction="maximize",
    tasks=CLASSIFICATION,
    needs="label",
    formula=(SCORES, "recall"),
)
