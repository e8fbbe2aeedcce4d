"""Cost: how long one fit takes, the mean over the folds."""

from automl_lab.objectives.objective import EVERY_TASK, Objective

FIT_SECONDS = Objective(
    name="fit_seconds",
    title="fit time",
    direction="minimize",
    tasks=EVERY_TASK,
    kind="cost",
    unit="s",
)
