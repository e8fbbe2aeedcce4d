"""The winner as source: the very bytes of ``pipeline.py`` and ``evaluate.py`` as cells, each followed by a check of what was executed."""

from __future__ import annotations

import ast

from nbformat import NotebookNode

from automl_lab.core.errors import IntegrityError
from automl_lab.report.facts import Facts
from automl_lab.report.section import FOLDED, ReportSection, code, markdown
from automl_lab.summary import delivered

_PARAMETERS = """
chosen = next(row for row in snapshot["trials"] if row["number"] == snapshot["result"]["winner"])
table(pd.DataFrame([(name, json.dumps(value, ensure_ascii=False)) for name, value in chosen["params"].items()], columns=["parameter", "value"]))
"""

# The kernel keeps the text of every cell as it was executed, without the newline at its end, which every source of ours has.
_CHECK = """
executed = get_ipython().history_manager.input_hist_raw[-2] + "\\n"
found = hashlib.sha256(executed.encode()).hexdigest()
if found != facts["sha256"]["{name}"]:
    raise RuntimeError(f"the cell above is not the recorded {name}: its sha256 is {{found}}, recorded was {{facts['sha256']['{name}']}}")
print(f"{name} as executed above has the recorded sha256 {{found}}")
"""


def _names(text: str, title: str) -> dict[str, str]:
    """The module's own names with a form of what binds them, so that equal imports are recognised as equal."""
    found: dict[str, str] = {}
    for node in ast.parse(text, filename=title).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            origin = node.module if isinstance(node, ast.ImportFrom) else ""
            found.update({(alias.asname or alias.name).split(".")[0]: f"{origin}:{alias.name.split('.')[0]}:{alias.asname}" for alias in node.names})
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = ast.dump(node)
        else:
            found.update({name.id: ast.dump(node) for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)})
    return found


def _refuse_clashes(facts: Facts) -> None:
    """Both sources run in one namespace here: a name that means different things in them would silently run the wrong one."""
    pipeline, protocol = _names(facts.pipeline, "pipeline.py"), _names(facts.protocol, "evaluate.py")
    clashes = sorted(name for name in pipeline.keys() & protocol.keys() if pipeline[name] != protocol[name])
    if clashes:
        raise IntegrityError(f"pipeline.py and evaluate.py of {facts.name} both define {', '.join(clashes)}; they cannot stand in one notebook")


def _sentence(text: str) -> str:
    return text.replace("predict()", "`predict()`", 1) + "."


def _cells(facts: Facts) -> list[NotebookNode]:
    _refuse_clashes(facts)
    for name, text in (("pipeline.py", facts.pipeline), ("evaluate.py", facts.protocol)):
        if text != text.strip("\n") + "\n":
            raise IntegrityError(f"{name} of {facts.name} should begin with text and end with one newline; a cell could not show its bytes")
    return [
        markdown(
            "## The winner, as code\n\n"
            "This is not an export of the model: it is the file that the search trained and scored, byte for byte. It needs public libraries only.\n"
            "`evaluate.py` holds the rules of the game: how the rows are loaded, split and scored. Below each cell the kernel compares what it just\n"
            f"executed with the recorded hash.\n\n{_sentence(delivered(facts.snapshot))}"
        ),
        code(_PARAMETERS, FOLDED),
        markdown("### `pipeline.py`"),
        code(facts.pipeline, "source-pipeline"),
        code(_CHECK.format(name="pipeline.py"), FOLDED),
        markdown("### `evaluate.py`"),
        code(facts.protocol, "source-evaluate"),
        code(_CHECK.format(name="evaluate.py"), FOLDED),
    ]


WINNER = ReportSection(name="winner", order=60, cells=_cells)
