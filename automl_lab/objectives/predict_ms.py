"""Cost: how long predicting 1,000 rows takes, the median of repeats."""

from automl_lab.objectives.objective import EVERY_TASK, Objective

PREDICT_MS = Objective(
    name="predict_ms",
    title="prediction time",
    direction="minimize",
    tasks=EVERY_TASK,
    kind="cost",
    unit="ms per 1,000 rows",
)
