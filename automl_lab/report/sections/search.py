"""How the search went: every trial over time, the best so far, the time by phase, counts by family, and what was retried or stopped by hand."""

from __future__ import annotations

from nbformat import NotebookNode

from automl_lab.report.facts import Facts
from automl_lab.report.section import FOLDED, ReportSection, code, markdown, spelled

_HISTORY = """
goal, better = main["name"], main["direction"]
done = trials[(trials["state"] == "COMPLETED") & trials[goal].notna()]
figure, axes = plt.subplots(figsize=(9.6, 4.2))
for family, rows in done[done["feasible"]].groupby("family", sort=False):
    axes.scatter(rows["at"], rows[goal], s=30, color=colours[family], marker=shapes[family], alpha=0.85, linewidth=0, label=family.replace("_", " "), zorder=3)
barred = done[~done["feasible"]]
if len(barred):
    axes.scatter(barred["at"], barred[goal], s=26, facecolor="none", edgecolor="#b5bec8", label="infeasible", zorder=2)
pruned = trials[(trials["state"] == "PRUNED") & trials["folds"].map(bool)]
if len(pruned):
    axes.scatter(pruned["at"], pruned["folds"].map(np.mean), s=24, marker="x", color="#9aa5b1", linewidth=1.2, label="pruned (so far)", zorder=2)
last = trials["at"].max()
if snapshot["history"]:
    moments, _, bests = zip(*snapshot["history"], strict=True)
    axes.step([*moments, max(last, moments[-1])], [*bests, bests[-1]], where="post", color=INK, linewidth=1.6, label="best so far", zorder=4)
if len(done):
    low, high = zoom(done[done["feasible"]][goal] if done["feasible"].any() else done[goal], better)
    axes.set_ylim(low, high)
    outside = done[(done[goal] < low) | (done[goal] > high)]
    if len(outside):
        edge, marker, place = (low, "v", 0.03) if better == "maximize" else (high, "^", 0.93)
        axes.scatter(outside["at"], [edge] * len(outside), s=34, marker=marker, color=outside["family"].map(colours), clip_on=False, zorder=5)
        axes.text(0.995, place, f"{len(outside)} beyond the edge", transform=axes.transAxes, ha="right", color=MUTED, fontsize=9)
axes.set_title(f"{capital(main['title'])} of every trial (mean over the folds)", pad=12)
axes.set(xlabel="seconds since the start", ylabel=named(main))
axes.set_xlim(left=0)
axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.0)
plt.show()
"""

_PHASES = """
phases = {phase: seconds for phase, seconds in snapshot["timings"].items() if seconds}
figure, axes = plt.subplots(figsize=(9.6, 1.25))
left, total = 0.0, sum(phases.values())
for index, (phase, seconds) in enumerate(phases.items()):
    axes.barh(0, seconds, left=left, height=0.55, color=PALETTE[index % len(PALETTE)], edgecolor="white", label=f"{phase}  {seconds:.1f} s")
    left += seconds
axes.set(title=f"Time by phase: {total:.1f} s", yticks=[], xlim=(0, total or 1))
axes.spines["left"].set_visible(False)
axes.grid(visible=False)
axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.15), borderaxespad=0.0)
plt.show()
"""

_FAMILIES = """
ranked = trials.assign(ranked=trials[goal].where(trials["feasible"] & (trials["state"] == "COMPLETED")))
by_family = ranked.groupby("family", sort=False).agg(
    trials=("trial", "size"),
    completed=("state", lambda states: (states == "COMPLETED").sum()),
    pruned=("state", lambda states: (states == "PRUNED").sum()),
    failed=("state", lambda states: (states == "FAILED").sum()),
    infeasible=("feasible", lambda feasible: (~feasible).sum()),
    best=("ranked", "max" if better == "maximize" else "min"),
    seconds=("seconds", "sum"),
)
by_family = by_family.sort_values("best", ascending=better == "minimize").rename(columns={"best": f"best {main['title']}"})
table(by_family.reset_index(), digits={"seconds": 1})
"""

_EVENTS = """
events = pd.DataFrame(snapshot["events"], columns=["at", "kind", "text"])
events["at"] = (events["at"] - start).map("{:.1f} s".format)
table(events.tail(30))
"""

_TROUBLE = """
noted = trials[(trials["state"] == "FAILED") | trials["note"].ne("")]
if len(noted) > 20:
    print(f"the last 20 of {len(noted)}")
table(noted[["trial", "family", "state", "note"]].assign(state=noted["state"].str.lower()).tail(20))
"""


def _story(facts: Facts) -> str:
    snapshot, counts = facts.snapshot, facts.snapshot["counts"]
    seconds, trials = snapshot["budget"]["seconds"], snapshot["budget"]["trials"]
    budget = [*([f"{seconds:g} s"] if seconds else []), *([f"{trials} trials"] if trials else [])]
    told = [
        f"{len(snapshot['trials'])} trials with {snapshot['workers']} at a time: {counts['completed']} completed ({counts['infeasible']} of them infeasible), "
        f"{counts['pruned']} pruned, {counts['failed']} failed. Budget: {' and '.join(budget) or 'none'}."
    ]
    if snapshot["reason"]:
        told.append(f"**Why it stopped:** {spelled(snapshot['reason'].rstrip('.'))}.")
    if snapshot["message"]:
        told.append(spelled(snapshot["message"]))
    return "## How the search went\n\n" + "\n\n".join(told)


def _cells(facts: Facts) -> list[NotebookNode]:
    cells = [markdown(_story(facts)), code(_HISTORY, FOLDED, alt="Score of every trial over time, with the best so far")]
    if any(facts.snapshot["timings"].values()):
        cells.append(code(_PHASES, FOLDED, alt="Seconds spent in each phase"))
    cells.append(code(_FAMILIES, FOLDED))
    if any(row["state"] == "FAILED" or row["note"] or row["error"] for row in facts.snapshot["trials"]):
        cells += [markdown("### Retried, pruned, failed\n\nTrials that did not simply run through, and why."), code(_TROUBLE, FOLDED)]
    if facts.snapshot["events"]:
        cells += [markdown("### Events"), code(_EVENTS, FOLDED)]
    return cells


SEARCH = ReportSection(name="search", order=30, cells=_cells)
