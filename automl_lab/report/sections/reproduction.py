"""The winner run again from the raw rows, and its score compared with the recorded one. The comparison is told here; the last section raises."""

from __future__ import annotations

from nbformat import NotebookNode

from automl_lab.report.facts import Facts
from automl_lab.report.section import FOLDED, ReportSection, code, markdown

REPRODUCTION_MIME = "application/vnd.automl-lab.reproduction+json"

_RUN = """
X, y = load(data)
train_rows, holdout_rows = split(y)
fitted = build_pipeline()
fitted.fit(X.iloc[train_rows], y.iloc[train_rows])

actual = y.iloc[holdout_rows]
prediction = predict(fitted, X.iloc[holdout_rows])
scores = score(actual, prediction)
reproduced = scores[metric]
print(f"fitted on {len(train_rows):,} rows, scored on {len(holdout_rows):,} held-out rows")
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
known = snapshot["result"]["holdout"]
compared = pd.DataFrame({{"recorded": pd.Series({{name: known.get(name) for name in scores}}, dtype=float), "reproduced": pd.Series(scores, dtype=float)}})
compared["difference"] = compared["reproduced"] - compared["recorded"]
compared = compared.loc[[metric, *(name for name in compared.index if name != metric)]]
outcome = {{"reproduced": float(reproduced) if np.isfinite(reproduced) else None, "matches": matches, "same_rows": same_rows}}
table(compared.rename_axis("score").reset_index(), extra={{"{REPRODUCTION_MIME}": outcome}})
"""


def _cells(facts: Facts) -> list[NotebookNode]:
    return [
        markdown(
            "## Run again, and compared\n\n"
            "The source above is fitted anew on the training rows of the raw data and scored on the held-out rows. The score has to be the recorded one,\n"
            f"up to {facts.tolerance:.2g}."
        ),
        code(_RUN),
        code(_COMPARE, FOLDED, "reproduction"),
    ]


REPRODUCTION = ReportSection(name="reproduction", order=70, cells=_cells)
