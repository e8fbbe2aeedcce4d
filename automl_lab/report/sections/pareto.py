"""Score against cost: the Pareto front over the feasible trials, infeasible ones greyed. With one objective the cost is the trial's time."""

from __future__ import annotations

from nbformat import NotebookNode

from automl_lab.report.facts import Facts
from automl_lab.report.section import FOLDED, ReportSection, code, markdown, quoted

_FIGURE = """
costs = objectives[1:4] or [{"name": "seconds", "title": "time of the trial", "unit": "s", "direction": "minimize"}]
winner = snapshot["result"]["winner"]
figure, panels = plt.subplots(1, len(costs), figsize=(9.6, 4.4 if len(costs) == 1 else 3.8), sharey=True, squeeze=False)
for axes, cost in zip(panels[0], costs, strict=True):
    there = done[done[cost["name"]].notna()]
    good, barred = there[there["feasible"]], there[~there["feasible"]]
    front = good[good["trial"].isin(snapshot["pareto"])].sort_values(cost["name"])
    if len(barred):
        axes.scatter(barred[cost["name"]], barred[goal], s=24, color="#cfd6dd", linewidth=0, label="infeasible", zorder=1)
    for family, rows in good.groupby("family", sort=False):
        style = {"color": colours[family], "marker": shapes[family], "label": family.replace("_", " ")}
        axes.scatter(rows[cost["name"]], rows[goal], s=30, alpha=0.85, linewidth=0, zorder=2, **style)
    if len(objectives) == 2:
        axes.step(front[cost["name"]], front[goal], where="post" if cost["direction"] == "minimize" else "pre", color=INK, linewidth=1.2, zorder=3)
    axes.scatter(front[cost["name"]], front[goal], s=74, facecolor="none", edgecolor=INK, linewidth=1.3, label="Pareto front", zorder=4)
    chosen = there[there["trial"] == winner]
    star = {"marker": "*", "s": 190, "color": "#d55e00", "edgecolor": "white", "linewidth": 0.8, "label": f"winner (trial {winner})"}
    axes.scatter(chosen[cost["name"]], chosen[goal], zorder=5, **star)
    if there[cost["name"]].min() > 0 and there[cost["name"]].max() > 30 * there[cost["name"]].min():
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.xaxis.set_minor_formatter(lambda *_: "")
    axes.set_xlabel(named(cost))
if len(done):
    panels[0, 0].set_ylim(*zoom(done[done["feasible"]][goal] if done["feasible"].any() else done[goal], better))
panels[0, 0].set(title=f"{capital(main['title'])} against {costs[0]['title'] if len(costs) == 1 else 'the other objectives'}", ylabel=named(main))
panels[0, -1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.0)
plt.show()
"""


def _cells(facts: Facts) -> list[NotebookNode]:
    if len(facts.objectives) > 1:
        text = "No other feasible trial is better than one on the front in every objective; a colleague with other priorities would choose there."
    else:
        text = "There is one objective, so the front is the best trial alone; the time of each trial shows what the score costs."
    if facts.snapshot["constraints"]:
        text += f" Trials that break {', '.join(quoted(each) for each in facts.snapshot['constraints'])} are grey."
    return [markdown(f"## Score against cost\n\n{text}"), code(_FIGURE, FOLDED, alt="Pareto front of the feasible trials")]


PARETO = ReportSection(name="pareto", order=40, cells=_cells)
