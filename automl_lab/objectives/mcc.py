"""Matthews' correlation coefficient."""

from automl_lab.objectives.objective import CLASSIFICATION, SCORES, Objective

MCC = Objective(
    name="mcc",
    title="MCC",
    direction="maximize",
    tasks=CLASSIFICATION,
    needs="label",
    formula=(SCORES, "mcc"),
)
