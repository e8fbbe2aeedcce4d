"""The winner run again from the raw rows, and its score compared with the recorded one. The comparison is told here; the last section raises."""

from __future__ import annotations

from nbformat import NotebookNode

from automl_lab.evaluation.ensembles.recipe import AS_WRITTEN
from automl_lab.report.facts import Facts
from automl_lab.report.section import FOLDED, ReportSection, code, markdown

REPRODUCTION_MIME = "application/vnd.automl-lab.reproduction+json"

_RUN = """
X, y = load(data)
train_rows, holdout_rows = split(y)
{sampled}fitted = build_pipeline()
fitted.fit(X.iloc[train_rows], y.iloc[train_rows])

actual = y.iloc[holdout_rows]
prediction = predict(fitted, X.iloc[holdout_rows])
scores = score(actual, prediction)
reproduced = scores[metric]
print(f"fitted on {len(train_rows):,} rows, scored on {len(holdout_rows):,} held-out rows")
"""

_RUN_FOLDS = """
X, y = load(data)
validated, predicted, found = [], [], []
for train_rows, holdout_rows in folds(y):
    {sampled}fitted = build_pipeline()
    fitted.fit(X.iloc[train_rows], y.iloc[train_rows])
    validated.append(holdout_rows)
    predicted.append(predict(fitted, X.iloc[holdout_rows]))
    found.append(score(y.iloc[holdout_rows], predicted[-1]))

actual = y.iloc[np.concatenate(validated)]
prediction = {name: np.concatenate([part[name] for part in predicted]) for name in predicted[0]}
scores = {name: float(np.mean([each[name] for each in found])) for name in found[0]}
reproduced = scores[metric]
print(f"fitted and scored on {len(found)} folds; every score is the mean over them")
"""

_COMPARE = f"""
if recorded is None:
    matches = not np.isfinite(reproduced)
    difference = np.nan
else:
    difference = reproduced - recorded
    matches = bool(abs(difference) <= tolerance)
same_rows = hashlib.sha256(Path(data).read_bytes()).hexdigest() == dataset["fingerprint"]
if recorded is None:
    print(f"recorded undefined, reproduced {{reproduced:.4f}}")
else:
    print(f"recorded {{recorded:.4f}}, reproduced {{reproduced:.4f}}")
    print(f"difference {{difference:+.2g}}, tolerance {{tolerance:.2g}}: " + ("the same score" if matches else "NOT THE SAME SCORE"))
print("the rows are those of the experiment" if same_rows else "the rows are NOT those of the experiment: their fingerprint differs")
known = snapshot["result"]["holdout"] or chosen["values"]
known = known | {{name.removesuffix("{AS_WRITTEN}"): value for name, value in known.items() if name.endswith("{AS_WRITTEN}")}}
compared = pd.DataFrame({{"recorded": pd.Series({{name: known.get(name) for name in scores}}, dtype=float), "reproduced": pd.Series(scores, dtype=float)}})
compared["difference"] = compared["reproduced"] - compared["recorded"]
compared = compared.loc[[metric, *(name for name in compared.index if name != metric)]]
outcome = {{"reproduced": float(reproduced) if np.isfinite(reproduced) else None, "matches": matches, "same_rows": same_rows}}
table(compared.rename_axis("score").reset_index(), extra={{"{REPRODUCTION_MIME}": outcome}})
"""


def _run(facts: Facts) -> str:
    text, rows = _RUN if facts.held else _RUN_FOLDS, facts.winner.get("rows")
    indent = "" if facts.held else "    "
    line = "" if rows is None else f"train_rows = train_rows[sample(y.iloc[train_rows], {rows})]  # as its trial, which had no more\n{indent}"
    return text.replace("{sampled}", line)


def _cells(facts: Facts) -> list[NotebookNode]:
    how = "is fitted anew on the training rows of the raw data and scored on the held-out rows."
    if not facts.held:
        how = "is fitted and scored anew fold by fold, since no rows were held out: the estimate is the out-of-fold one."
        if any(name.endswith(AS_WRITTEN) for name in facts.winner["values"]):
            how += "\nIts weights were learned on all folds, so this score is better than the estimate, for which they were learned on the others."
    return [
        markdown(f"## Run again, and compared\n\nThe source above {how} The score has to be the recorded one,\nup to {facts.tolerance:.2g}."),
        code(_run(facts)),
        code(_COMPARE, FOLDED, "reproduction"),
    ]


REPRODUCTION = ReportSection(name="reproduction", order=70, cells=_cells)
