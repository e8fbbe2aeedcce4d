"""Root mean squared error."""

from automl_lab.objectives.objective import REGRESSION, SCORES, Objective

RMSE = Objective(
    name="rmse",
    title="RMSE",
    direction="minimize",
    tasks=REGRESSION,
    needs="value",
    formula=(SCORES, "rmse"),
)
