"""What kind of mistakes the winner makes on the held-out rows: confusion, ROC, precision and recall, calibration; or residuals."""

from __future__ import annotations

from nbformat import NotebookNode

from automl_lab.report.facts import Facts
from automl_lab.report.section import FOLDED, ReportSection, code, markdown, quoted

_CONFUSION = """
from sklearn.metrics import confusion_matrix


def draw_confusion(axes, labels):
    counts = confusion_matrix(actual, prediction["label"], labels=labels)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    names = [short(label, 16) for label in labels]
    slanted = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if max(map(len, names)) * len(names) > 36 else {}
    axes.set_xticks(range(len(labels)), names, **slanted)
    axes.set_yticks(range(len(labels)), names)
    if len(labels) <= 12:
        for (row, column), count in np.ndenumerate(counts):
            text = f"{count:,}\\n{shares[row, column]:.0%}" if len(labels) <= 5 else f"{count:,}" if count else ""
            axes.text(column, row, text, ha="center", va="center", color="white" if shares[row, column] > 0.55 else INK, fontsize=9)
    axes.set(title="Confusion (rows: share of the actual class)", xlabel="predicted", ylabel="actual")
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
"""

_BINARY = """
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    auc,
    average_precision_score,
    precision_recall_curve,
    roc_curve,
)

positive = CLASSES[1]
truth, chance = (actual == positive).to_numpy(), prediction["probability"][:, 1]
figure, ((top_left, top_right), (bottom_left, bottom_right)) = plt.subplots(2, 2, figsize=(9.6, 8.0))
draw_confusion(top_left, list(CLASSES))

false_rate, true_rate, _ = roc_curve(truth, chance)
top_right.plot([0, 1], [0, 1], color=LINE, linestyle="--")
top_right.plot(false_rate, true_rate, color=PALETTE[0], linewidth=2)
top_right.fill_between(false_rate, true_rate, color=PALETTE[0], alpha=0.08)
top_right.set(title=f"ROC curve, area {auc(false_rate, true_rate):.4f}", xlabel="false positive rate", ylabel="true positive rate")

precisions, recalls, _ = precision_recall_curve(truth, chance)
bottom_left.axhline(truth.mean(), color=LINE, linestyle="--")
bottom_left.step(recalls, precisions, where="post", color=PALETTE[2], linewidth=2)
title = f"Precision and recall, average {average_precision_score(truth, chance):.4f}"
bottom_left.set(title=title, xlabel="recall", ylabel="precision", ylim=(0, 1.03))

seen, said = calibration_curve(truth, chance, n_bins=10, strategy="quantile")
bottom_right.plot([0, 1], [0, 1], color=LINE, linestyle="--")
bottom_right.plot(said, seen, color=PALETTE[4], linewidth=2, marker="o", markersize=5)
bottom_right.hist(chance, bins=20, range=(0, 1), weights=np.full(len(chance), 0.25 / len(chance)), color=MUTED, alpha=0.35)
bottom_right.set(title="Calibration (grey: how often it is said)", xlabel=f"predicted probability of {short(positive)!r}", ylabel="observed share")
plt.show()
"""

_MULTICLASS = """
from sklearn.metrics import auc, precision_recall_fscore_support, roc_curve

often = list(actual.value_counts().index[:8])
side = min(9.0, max(4.2, 0.42 * len(CLASSES)))
figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, min(side, 6.5)), width_ratios=[1.15, 1])
draw_confusion(left, list(CLASSES))
right.plot([0, 1], [0, 1], color=LINE, linestyle="--")
for place, label in enumerate(CLASSES):
    truth = (actual == label).to_numpy()
    if label in often and 0 < truth.sum() < len(truth):
        false_rate, true_rate, _ = roc_curve(truth, prediction["probability"][:, place])
        colour = PALETTE[often.index(label)]
        right.plot(false_rate, true_rate, color=colour, linewidth=1.8, label=f"{auc(false_rate, true_rate):.3f}  {short(label, 18)}")
title = "ROC, each class against the rest" if len(often) == len(CLASSES) else f"ROC, the {len(often)} commonest classes"
right.set(title=title, xlabel="false positive rate", ylabel="true positive rate")
right.legend(loc="lower right", title="area", fontsize=9)
plt.show()

rates = precision_recall_fscore_support(actual, prediction["label"], labels=list(CLASSES), zero_division=0)
by_class = pd.DataFrame(dict(zip(["precision", "recall", "F1", "rows"], rates, strict=True)))
by_class.insert(0, "class", [str(label) for label in CLASSES])
table(by_class.head(40))
"""

_REGRESSION = """
guess = np.asarray(prediction["value"], dtype=float)
residual = actual.to_numpy(dtype=float) - guess
figure, (left, middle, right) = plt.subplots(1, 3, figsize=(9.6, 3.6))
ends = [min(actual.min(), guess.min()), max(actual.max(), guess.max())]
left.plot(ends, ends, color=MUTED, linestyle="--", linewidth=1)
left.scatter(guess, actual, s=16, alpha=0.5, color=PALETTE[0], linewidth=0)
left.set(title="Actual against predicted", xlabel="predicted", ylabel="actual")
middle.axhline(0, color=MUTED, linestyle="--", linewidth=1)
middle.scatter(guess, residual, s=16, alpha=0.5, color=PALETTE[4], linewidth=0)
middle.set(title="Residuals", xlabel="predicted", ylabel="actual − predicted")
right.hist(residual, bins=30, color=PALETTE[4], alpha=0.85)
right.axvline(0, color=MUTED, linestyle="--", linewidth=1)
right.set(title=f"Residuals: median {np.median(residual):+.3g}", xlabel="actual − predicted", ylabel="rows")
plt.show()
"""


def _cells(facts: Facts) -> list[NotebookNode]:
    rows = "the held-out rows, with the model fitted above" if facts.held else "the validated rows, each predicted by a fit that did not know it"
    heading = f"## Where it is right and wrong\n\nOn {rows}."
    if facts.task == "regression":
        return [markdown(heading), code(_REGRESSION, FOLDED, alt="Actual against predicted values, and the residuals")]
    if facts.task == "multiclass":
        return [markdown(heading), code(_CONFUSION, FOLDED), code(_MULTICLASS, FOLDED, alt="Confusion matrix and ROC curve of each class")]
    heading += f" The positive class is {quoted(facts.dataset['classes'][1])}."
    return [markdown(heading), code(_CONFUSION, FOLDED), code(_BINARY, FOLDED, alt="Confusion matrix, ROC, precision-recall and calibration curves")]


DIAGNOSTICS = ReportSection(name="diagnostics", order=80, cells=_cells)
