"""The best trials by the main objective, their spread over the folds, and the finalists on the holdout."""

from __future__ import annotations

from nbformat import NotebookNode

from automl_lab.report.facts import Facts
from automl_lab.report.section import FOLDED, ReportSection, code, markdown

_BOARD = """
board = done.sort_values(["feasible", goal], ascending=[False, better == "minimize"]).head(15)
ranks = board[["trial", "family", *measures]].assign(spread=board["folds"].map(lambda folds: np.std(folds) if folds else np.nan), seconds=board["seconds"])
ranks.insert(0, "rank", range(1, len(ranks) + 1))
if not board["feasible"].all():
    ranks["feasible"] = board["feasible"].map({True: "yes", False: "no"})
names = {**{each["name"]: named(each) for each in objectives}, "spread": "± over the folds", "seconds": "time (s)"}
table(ranks.rename(columns=names), digits={"time (s)": 1, **{named(each): 2 for each in objectives if each["kind"] == "cost"}})
"""

_FOLDS = """
near = board["trial"].eq(snapshot["result"]["winner"]) | board[goal].between(low, high)
shown = board[near & board["folds"].map(bool)].head(10)[::-1]
figure, axes = plt.subplots(figsize=(9.6, 0.8 + 0.3 * max(len(shown), 2)))
for place, row in enumerate(shown.itertuples()):
    axes.plot([min(row.folds), max(row.folds)], [place, place], color=LINE, linewidth=3, solid_capstyle="round", zorder=1)
    axes.scatter(row.folds, [place] * len(row.folds), s=20, color=colours[row.family], alpha=0.55, linewidth=0, zorder=2)
    axes.scatter([np.mean(row.folds)], [place], s=60, marker="D", color=colours[row.family], edgecolor="white", linewidth=0.8, zorder=3)
axes.set_yticks(range(len(shown)), [f"{row.family.replace('_', ' ')} · {row.trial}" for row in shown.itertuples()])
axes.set(title=f"The best {len(shown)}, fold by fold (diamond: mean)", xlabel=named(main))
axes.grid(axis="y", visible=False)
plt.show()
"""

_FINALISTS = """
finalists = pd.DataFrame(
    {
        "trial": each["number"],
        "family": trials.set_index("trial")["family"][each["number"]],
        **{f"{one['title']}, {part}": (each[part] or {}).get(one["name"]) for one in objectives for part in ("validation", "holdout")},
        "": "winner" if each["number"] == snapshot["result"]["winner"] else each.get("error") or "",
    }
    for each in snapshot["result"]["finalists"]
)
measured = [name for name in finalists.columns if finalists[name].notna().any()]
table(finalists[measured].astype({name: float for name in measured if ", " in name}))
"""


def _cells(facts: Facts) -> list[NotebookNode]:
    cells = [
        markdown(f"## Leaderboard\n\nMeans over the validated parts{'; the holdout plays no part in this order' if facts.held else ''}."),
        code(_BOARD, FOLDED),
        code(_FOLDS, FOLDED, alt="Scores of the best ten trials in each fold"),
    ]
    if facts.held and facts.snapshot["result"].get("finalists"):
        cells += [
            markdown("### The finalists on the holdout\n\nRefitted on all training rows and scored once on rows that no trial had seen."),
            code(_FINALISTS, FOLDED),
        ]
    return cells


LEADERBOARD = ReportSection(name="leaderboard", order=50, cells=_cells)
