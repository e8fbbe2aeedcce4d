"""The request as it was resolved, and the data as it was understood: columns, findings, the target's distribution, missing values."""

from __future__ import annotations

from nbformat import NotebookNode

from automl_lab.report.facts import Facts
from automl_lab.report.section import FOLDED, ReportSection, code, markdown, quoted, spelled

_CONFIGURATION = """
asked = {key: value for key, value in facts["config"].items() if value not in (None, [], {})}
spoken = {key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for key, value in asked.items()}
table(pd.DataFrame(spoken.items(), columns=["key", "value"]))
"""

_COLUMNS = """
card = pd.DataFrame(dataset["columns"], columns=["name", "kind", "dtype", "missing", "unique", "example"])
card["missing"] = card["missing"].map("{:.1%}".format)
card["example"] = card["example"].map(lambda example: "" if example is None else short(example, 40))
if len(card) > 40:
    print(f"the first 40 of {len(card)} columns")
table(card.rename(columns={"name": "column", "unique": "distinct values"}).head(40))
"""

_FINDINGS = """
findings = pd.DataFrame(dataset["findings"], columns=["level", "column", "text"]).fillna({"column": "(all)"})
table(findings)
"""

_FIGURE = """
values = pd.read_parquet(data, columns=[dataset["target"]])[dataset["target"]]
missing = pd.Series({short(each["name"]): each["missing"] for each in dataset["columns"] if each["missing"] > 0}, dtype=float).nlargest(12)[::-1]
figure, panels = plt.subplots(1, 2 if len(missing) else 1, figsize=(9.6, 3.4), squeeze=False)
figure.get_layout_engine().set(wspace=0.08)
axes = panels[0, 0]
if dataset["task"] == "regression":
    axes.hist(values, bins=40, color=PALETTE[0])
    axes.set(title=f"Target: {short(dataset['target'])}", xlabel="value", ylabel="rows")
else:
    shares = values.value_counts().head(20)[::-1]
    bars = axes.barh([short(label, 20) for label in shares.index], shares, color=PALETTE[0], height=0.7)
    axes.bar_label(bars, [f" {count:,} ({count / len(values):.1%})" for count in shares], color=MUTED, fontsize=9)
    axes.set(title=f"Target: {short(dataset['target'])}", xlabel="rows", xlim=(0, shares.max() * 1.3))
    axes.grid(axis="y", visible=False)
if len(missing):
    axes = panels[0, 1]
    bars = axes.barh(missing.index, 100 * missing, color=PALETTE[1], height=0.7)
    axes.bar_label(bars, [f" {share:.1%}" for share in missing], color=MUTED, fontsize=9)
    axes.set(title="Missing values by column", xlabel="% of the rows", xlim=(0, 122 * missing.max()))
    axes.grid(axis="y", visible=False)
plt.show()
"""


def _cells(facts: Facts) -> list[NotebookNode]:
    dataset = facts.dataset
    cells = [
        markdown("## What was asked\n\nThe configuration as it was resolved; what was left open has its default."),
        code(_CONFIGURATION, FOLDED),
        markdown(
            f"## The data\n\n{quoted(dataset['source'])}, target {quoted(dataset['target'])}. "
            f"The task is {dataset['task']}: {spelled(dataset['task_reason'])}.\n\n"
            f"Fingerprint (sha256 of the rows as they were used): {quoted(dataset['fingerprint'])}"
        ),
        code(_FIGURE, FOLDED, alt="Distribution of the target and share of missing values by column"),
        code(_COLUMNS, FOLDED),
    ]
    if dataset["findings"]:
        cells += [markdown("### Findings\n\nWhat the check of the data noticed before the search."), code(_FINDINGS, FOLDED)]
    return cells


DATA_CARD = ReportSection(name="data_card", order=20, cells=_cells)
