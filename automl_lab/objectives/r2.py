"""Coefficient of determination."""

from automl_lab.objectives.objective import REGRESSION, SCORES, Objective

R2 = Objective(
    name="r2",
    title="R²",
    direction="maximize",
    tasks=REGRESSION,
    needs="value",
    formula=(SCORES, "r2"),
)
