"""Mean absolute percentage error, as a share."""

from automl_lab.objectives.objective import REGRESSION, SCORES, Objective

MAPE = Objective(
    name="mape",
    title="MAPE",
    direction="minimize",
    tasks=REGRESSION,
    needs="value",
    formula=(SCORES, "mape"),
)
