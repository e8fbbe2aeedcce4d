"""How far to trust the score: how rows were split, the gap between validation and holdout beside what chance makes of both, and what choosing does."""

from __future__ import annotations

from nbformat import NotebookNode

from automl_lab.report.facts import Facts
from automl_lab.report.section import FOLDED, ReportSection, code, markdown, spelled
from automl_lab.summary import nested_line

# The folds share most of their rows, so that the deviation of their mean is known roughly only; nobody knows it better (Bengio and Grandvalet 2004).
_GAP = """
compared_direction = next(each["direction"] for each in objectives if each["name"] == metric)
by_fold = np.array([each[metric] for each in chosen["folds"] if each.get(metric) is not None], dtype=float)
draws, rng = [], np.random.default_rng(seed)
units = actual.index.get_level_values(-1) if dataset.get("validation", {}).get("kind") == "group" else None
members = None if units is None else list(pd.Series(range(len(actual))).groupby(np.asarray(units)).indices.values())
for _ in range(200 if len(actual) <= 20_000 else 50):
    picks = rng.integers(0, len(actual if members is None else members), len(actual if members is None else members))
    drawn = picks if members is None else np.concatenate([members[pick] for pick in picks])
    draws.append(score(actual.iloc[drawn], {name: part[drawn] for name, part in prediction.items()})[metric])
holdout_error = float(np.std(draws))
validation_error = float(by_fold.std(ddof=1) / np.sqrt(len(by_fold))) if len(by_fold) > 1 else holdout_error
noise = 2 * float(np.hypot(validation_error, holdout_error))
gap = reproduced - float(by_fold.mean())
wide = bool(abs(gap) > noise)
estimates = pd.DataFrame(
    [
        (f"validation, mean of {len(by_fold)}", by_fold.mean(), validation_error),
        (f"holdout, {len(actual):,} rows", reproduced, holdout_error),
        ("gap", gap, noise / 2),
    ],
    columns=["", metric, "standard error"],
)
table(estimates)
worse = (gap < 0) == (compared_direction == "maximize")
if not wide:
    print(f"the gap of {gap:+.4f} is within {noise:.4f}, what chance alone makes of it in 19 of 20 cases")
elif worse:
    print(f"WARNING: the gap of {gap:+.4f} is wide, chance alone would seldom make it larger than {noise:.4f}: validation promised more than the holdout kept.")
    print("Likely reasons: the choice among many trials, rows of one group or time in several folds, or a holdout unlike the other rows.")
else:
    print(f"WARNING: the gap of {gap:+.4f} is wide, chance alone would seldom make it larger than {noise:.4f}: the holdout is easier than the folds were.")
    print("Likely reasons: a holdout unlike the other rows, or a model that gains much from the rows that a fold does not fit.")
"""


def _finalists(facts: Facts) -> str:
    """What several finalists and one holdout do to the estimate."""
    count = sum(each.get("holdout") is not None for each in facts.snapshot["result"].get("finalists") or [])
    if count < 2:
        return "One finalist met the holdout, once: nothing was chosen by it, so its score there is not flattered by a choice."
    return (
        f"{count} finalists met the one holdout. The winner was chosen by validation alone, so its holdout score is not flattered by a choice; the best\n"
        f"of the {count} holdout scores would be, since some luck would have chosen it. Whoever now picks another finalist by the table above has no\n"
        "unseen rows left to say how good it is."
    )


def _out_of_fold(facts: Facts) -> str:
    count = facts.snapshot["counts"]["completed"]
    return (
        f"Nothing was held out (`holdout: 0`). The winner's score is its mean over the parts that validated, and the best of {count} such means: it is\n"
        "too good by what luck adds to the best of many, more so with few rows and many trials. Only new rows can say by how much."
    )


def _told(facts: Facts) -> str:
    told = f"## How far to trust the score\n\nValidation: {spelled(facts.validation.told)}.\n\n"
    line = nested_line(facts.snapshot)
    if line is None:
        return told
    return (
        f"{told}{spelled(line[:1].upper() + line[1:])}. Among single trials, every fold is scored by the trial that is best on the others; the difference\n"
        "is what choosing adds. Which parameters were tried still comes from all folds.\n\n"
    )


def _cells(facts: Facts) -> list[NotebookNode]:
    told = _told(facts)
    if not facts.held:
        return [markdown(told + _out_of_fold(facts))]
    cells = [markdown(told + _finalists(facts))]
    if facts.recorded is not None and any(fold.get(facts.metric["name"]) is not None for fold in facts.winner["folds"]):
        cells.append(code(_GAP, FOLDED))
    return cells


ESTIMATE = ReportSection(name="estimate", order=75, cells=_cells)
