"""Area under the ROC curve, one against the rest for several classes."""

from automl_lab.objectives.objective import CLASSIFICATION, SCORES, Objective

ROC_AUC = Objective(
    name="roc_auc",
    title="ROC AUC",
    direction="maximize",
    tasks=CLASSIFICATION,
    needs="probability",
    formula=(SCORES, "roc_auc"),
)
