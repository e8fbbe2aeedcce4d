"""Versions, seed, fingerprint, and how to run the notebook again on another machine without this product."""

from __future__ import annotations

import shlex

from nbformat import NotebookNode

from automl_lab.report.facts import Facts
from automl_lab.report.section import FOLDED, ReportSection, code, markdown, quoted, spelled

_VERSIONS = """
def installed(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


packages = pd.DataFrame([(package, number, installed(package)) for package, number in facts["requirements"].items()], columns=["package", "recorded", "here"])
table(packages.assign(note=np.where(packages["recorded"] == packages["here"], "", "differs")).rename(columns={"note": ""}))
"""


def _cells(facts: Facts) -> list[NotebookNode]:
    notebook = shlex.quote(facts.notebook)
    commands = [
        "python -m venv fresh",
        f"fresh/bin/pip install {' '.join(f'{package}=={number}' for package, number in facts.requirements.items())}",
        f"fresh/bin/papermill {notebook} again.ipynb",
    ]
    lines = "\n".join(spelled(line) for line in commands)
    python = facts.versions.get("python")
    return [
        markdown(
            "## Run it again elsewhere\n\n"
            f"Take this notebook and the folder {quoted(facts.files)} beside it; nothing else is needed. In their folder:\n\n"
            f"<pre>{lines}</pre>\n\n"
            f"`requirements.txt` in that folder holds the same versions. Seed {int(facts.snapshot['seed'])}"
            + (f", Python {spelled(python)}" if python else "")
            + f", fingerprint of the rows {quoted(facts.dataset['fingerprint'])}."
        ),
        code(_VERSIONS, FOLDED),
    ]


ENVIRONMENT = ReportSection(name="environment", order=100, cells=_cells)
