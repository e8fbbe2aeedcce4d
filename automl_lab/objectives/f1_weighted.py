"""F1, the mean over all classes by their rows."""

from automl_lab.objectives.objective import CLASSIFICATION, SCORES, Objective

F1_WEIGHTED = Objective(
    name="f1_weighted",
    title="F1 (weighted)",
    direction="maximize",
    tasks=CLASSIFICATION,
    needs="label",
    formula=(SCORES, "f1_weighted"),
)
