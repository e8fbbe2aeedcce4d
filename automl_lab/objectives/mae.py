"""Mean absolute error."""

from automl_lab.objectives.objective import REGRESSION, SCORES, Objective

MAE = Objective(
    name="mae",
    title="MAE",
    direction="minimize",
    tasks=REGRESSION,
    needs="value",
    formula=(SCORES, "mae"),
)
