"""F1, the mean over all classes, also of two."""

from automl_lab.objectives.objective import CLASSIFICATION, SCORES, Objective

F1_MACRO = Objective(
    name="f1_macro",
    title="F1 (macro)",
    direction="maximize",
    tasks=CLASSIFICATION,
    needs="label",
    formula=(SCORES, "f1_macro"),
)
