"""Logarithmic loss of the predicted probabilities."""

from automl_lab.objectives.objective import CLASSIFICATION, SCORES, Objective

LOG_LOSS = Objective(
    name="log_loss",
    title="log loss",
    direction="minimize",
    tasks=CLASSIFICATION,
    needs="probability",
    formula=(SCORES, "log_loss"),
)
