"""F1: of the positive class, or the mean over several."""

from automl_lab.objectives.objective import CLASSIFICATION, SCORES, Objective

F1 = Objective(
    name="f1",
    title="F1",
    direction="maximize",
    tasks=CLASSIFICATION,
    needs="label",
    formula=(SCORES, "f1"),
)
