"""Cost: the size of the stored model."""

from automl_lab.objectives.objective import EVERY_TASK, Objective

MODEL_KB = Objective(
    name="model_kb",
    title="model size",
    direction="minimize",
    tasks=EVERY_TASK,
    kind="cost",
    unit="kB",
)
