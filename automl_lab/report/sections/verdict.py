"""The last word: a notebook whose score did not come back ends in an error, after everything else has been shown."""

from __future__ import annotations

from nbformat import NotebookNode

from automl_lab.report.facts import Facts
from automl_lab.report.section import ReportSection, code, markdown

VERDICT_TAG = "verdict"

_VERDICT = """
if not matches:
    raise AssertionError(f"not reproduced: {metric} was recorded as {recorded} and is {reproduced} here, more than {tolerance:.2g} apart")
print(f"reproduced: {metric} {reproduced:.6g}")
"""


def _cells(_facts: Facts) -> list[NotebookNode]:
    return [markdown("## Verdict"), code(_VERDICT, VERDICT_TAG)]


VERDICT = ReportSection(name="verdict", order=110, cells=_cells)
