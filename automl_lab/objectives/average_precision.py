"""Average precision, one against the rest for several classes."""

from automl_lab.objectives.objective import CLASSIFICATION, SCORES, Objective

AVERAGE_PRECISION = Objective(
    name="average_precision",
    title="average precision",
    direction="maximize",
    tasks=CLASSIFICATION,
    needs="probability",
    formula=(SCORES, "average_precision"),
)
