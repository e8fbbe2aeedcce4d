"""What the winner looks at: SHAP values over the raw columns, for a sample of held-out rows, by the same code as ``explain``."""

from __future__ import annotations

from importlib.resources import files

from nbformat import NotebookNode

from automl_lab.report.facts import Facts
from automl_lab.report.section import FOLDED, ReportSection, code, markdown, quoted

# At most 100 calls of the model and some 80,000 predictions, whatever the number of columns (wide data are compared with fewer rows): seconds,
# and the same sample on every machine. One order of the columns for each row, walked both ways, is exact where two columns at most act together.
_SAMPLE = """
def predict_rows(frame):
    found = predict(fitted, frame)
    if TASK == "regression":
        return np.asarray(found["value"], dtype=float).reshape(-1, 1)
    return np.asarray(found["probability"][:, 1:] if TASK == "binary" else found["probability"], dtype=float)


background = X.iloc[train_rows].sample(min(int(np.clip(1_600 / X.shape[1], 4, 32)), len(train_rows)), random_state=seed)
wanted = int(np.clip(80_000 / (len(background) * (2 * X.shape[1] + 1)), 10, 100))
explained = X.iloc[holdout_rows].sample(min(wanted, len(holdout_rows)), random_state=seed)
explanation = shapley_explanation(predict_rows, explained, background, permutations=1, seed=seed)
shap_values = explanation.values
weight = pd.DataFrame(np.abs(shap_values).mean(axis=0), index=X.columns)
top = weight.sum(axis=1).nlargest(12).index[::-1]
print(f"{len(explained)} rows explained that were not fitted, against {len(background)} that were; the {len(top)} strongest of {X.shape[1]} columns are shown")
"""

_SWARM = """
figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 1.2 + 0.36 * len(top)), sharey=True, width_ratios=[1, 1.7])
left.barh(range(len(top)), weight.loc[top, 0], color=PALETTE[0], height=0.62)
left.set_yticks(range(len(top)), [short(name, 24) for name in top])
left.set(title="Mean strength", xlabel="mean |SHAP value|")
left.grid(axis="y", visible=False)
rng = np.random.default_rng(seed)
for place, name in enumerate(top):
    effect, value = shap_values[:, X.columns.get_loc(name), 0], explained[name]
    bins = pd.Series(np.digitize(effect, np.linspace(effect.min(), effect.max() + 1e-12, 24)))
    crowd = bins.map(bins.value_counts()) / bins.value_counts().max()
    height = place + 0.34 * crowd.to_numpy() * rng.uniform(-1, 1, len(effect))
    ordered = pd.api.types.is_numeric_dtype(value) or pd.api.types.is_datetime64_any_dtype(value)
    known = value.notna().to_numpy() & ordered
    right.scatter(effect[~known], height[~known], s=15, color="#b5bec8", linewidth=0)
    shade = right.scatter(effect[known], height[known], s=15, c=value.rank(pct=True)[known] if ordered else [], cmap="plasma", vmin=0, vmax=1.08, linewidth=0)
right.axvline(0, color=MUTED, linewidth=1, zorder=0)
moved = f"predicted {short(TARGET)}" if TASK == "regression" else f"probability of {short(CLASSES[1])!r}"
right.set(title="One dot per row", xlabel=f"SHAP value: change of the {moved}")
right.grid(axis="y", color=LINE, linestyle=":")
right.tick_params(axis="y", length=0)
bar = figure.colorbar(shade, ax=right, ticks=[0.04, 1.04], pad=0.02, aspect=30)
bar.ax.set_yticklabels(["low", "high"])
bar.set_label("value (grey: none)", fontsize=9)
bar.outline.set_visible(False)
plt.show()
"""

_STACKED = """
shown = weight.sum().nlargest(8).index.sort_values()
figure, axes = plt.subplots(figsize=(9.6, 1.2 + 0.36 * len(top)))
begin = np.zeros(len(top))
for number, place in enumerate(shown):
    width = weight.loc[top, place].to_numpy()
    axes.barh(range(len(top)), width, left=begin, color=PALETTE[number], height=0.66, label=f"class {short(CLASSES[place], 18)}")
    begin += width
if len(shown) < len(CLASSES):
    axes.barh(range(len(top)), weight.loc[top].drop(columns=shown).sum(axis=1), left=begin, color=LINE, height=0.66, label="other classes")
axes.set_yticks(range(len(top)), [short(name, 24) for name in top])
axes.set(title="Mean strength by class", xlabel="mean |SHAP value|: change of the class's probability")
axes.grid(axis="y", visible=False)
axes.legend(loc="lower right", fontsize=9)
plt.show()
"""


def _cells(facts: Facts) -> list[NotebookNode]:
    unit = {
        "binary": f"the probability of {quoted(facts.dataset['classes'][1]) if facts.dataset['classes'] else ''}",
        "multiclass": "the probability of each class",
        "regression": f"the predicted {quoted(facts.dataset['target'])}",
    }[facts.task]
    text = (
        f"## What the winner looks at\n\nA SHAP value says how much one column moved {unit} for one row,\n"
        "away from the mean over the background. The values are estimated by the permutation explainer of the shap library for the raw columns of\n"
        f"a sample of {'held-out rows' if facts.held else 'the rows that the last fold validates'}, whatever the model is: the columns change one after\n"
        "the other in a random order,\n"
        "forwards and backwards. The values tell what the model uses, not what causes the target."
    )
    if facts.task != "multiclass":
        text += " Grey dots are categories and missing values, which have no order."
    figure = _STACKED if facts.task == "multiclass" else _SWARM
    return [
        markdown(text),
        code(files("automl_lab.report").joinpath("shapley.py").read_text(encoding="utf-8"), FOLDED, title="SHAP values"),
        code(_SAMPLE, FOLDED),
        code(figure, FOLDED, alt="SHAP values of the strongest columns"),
    ]


SHAP_SUMMARY = ReportSection(name="shap_summary", order=90, cells=_cells)
