"""What the magics do once their words are understood: start, wait, find, steer and show experiments.

Imported with the first magic that runs, not with the extension, because the search stands behind it. Owns what each command answers; refuses to
start anything itself: cell and panel do that in the same way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display

from automl_lab import api, summary, yaml_text
from automl_lab.config import ConfigText, ExperimentConfig, Flag
from automl_lab.core.errors import RequestError
from automl_lab.experiment.launch import FIRST_LOOK_SECONDS
from automl_lab.notebook import live, panel
from automl_lab.notebook.draft import cell_of, values_of, without
from automl_lab.notebook.errors import CellError
from automl_lab.notebook.grammar import CellLine, CommandLine
from automl_lab.notebook.reporting import build_report
from automl_lab.notebook.starting import check_data, check_free, start
from automl_lab.notebook.tables import block, lines, show, table, together
from automl_lab.notebook.waiting import Progress

ANSWER_SECONDS = 0.7  # from the cell's beginning; drawing takes the rest of the second in which it returns
SHORTEST_LOOK = 0.1


def run_cell(shell: InteractiveShell, line: CellLine, body: str, defaults: Mapping[str, tuple[str, str]], began: float) -> None:
    """Start the experiment of a ``%%automl`` cell, or say what it would do. Raises ``RequestError`` with its place in the cell.

    ``began`` is when the cell began, by ``time.monotonic()``: the first one of a kernel has spent time on imports already.
    """
    if "--panel" in line.switches:
        panel.show(shell, without("--panel", line, body), flags_of(defaults))
        return
    asked = ConfigText.read(body, first_line=2, flags=flags_of(line.values), defaults=flags_of(defaults))
    if "--dry-run" in line.switches:
        try:
            check_data(asked.config)
            _show_plan(api.plan(config=asked.config, namespace=shell.user_ns))
        except RequestError as error:
            raise asked.explain(error) from None
        return
    waits = "--wait" in line.switches or not _attended(shell)
    look = FIRST_LOOK_SECONDS if waits else max(SHORTEST_LOOK, began + ANSWER_SECONDS - time.monotonic())
    experiment = start(shell, asked, look)
    if waits:
        _wait(shell, experiment)
    else:
        live.show(experiment)


def _attended(shell: InteractiveShell) -> bool:
    """Whether somebody could answer: papermill and nbconvert take no input, and their next cell wants the result of this one."""
    kernel = getattr(shell, "kernel", None)
    return kernel is None or bool(kernel._allow_stdin)


def flags_of(values: Mapping[str, tuple[str, str]]) -> dict[str, Flag]:
    """Values by key with the option or setting that said them."""
    return {key: Flag(option, value) for key, (option, value) in values.items()}


def run_command(shell: InteractiveShell, line: CommandLine, defaults: Mapping[str, tuple[str, str]]) -> None:
    """Do what a ``%automl`` line says."""
    if line.command.name == "panel":
        _panel(shell, line, flags_of(defaults))
    else:
        _COMMANDS[line.command.name](shell, line)


def _panel(shell: InteractiveShell, line: CommandLine, defaults: Mapping[str, Flag]) -> None:
    """An empty panel, or one that holds what an experiment was asked for."""
    values = {} if line.name is None else values_of(ExperimentConfig.of(_by_name(shell, line.name).config))
    panel.show(shell, cell_of(values), defaults)


def _wait(shell: InteractiveShell, experiment: api.Experiment) -> None:
    """Block with a progress line. Raises ``ExperimentFailed``; an interrupt leaves the experiment running and says how to come back."""
    progress = Progress(shell)
    try:
        experiment.wait(on_delta=progress.follow)
    except KeyboardInterrupt:
        name = experiment.name
        raise CellError("Interrupted", f"{name} goes on running; come back with %automl attach {name}, end it with %automl stop {name}") from None
    finally:
        progress.line.close()
    live.show_result(experiment.snapshot())


def _show_plan(plan: api.Plan) -> None:
    dataset = plan.dataset
    rows = [(column.name, column.kind, f"{column.missing:.1%}", column.unique, column.example) for column in dataset.columns]
    findings = [f"{finding.level}: {f'{finding.column}: ' if finding.column else ''}{finding.text}" for finding in dataset.findings]
    show(
        together(
            lines(
                [
                    f"task: {dataset.task} on {dataset.target!r} ({dataset.task_reason}); {dataset.rows:,} rows, {len(dataset.columns)} columns",
                    f"validation: {dataset.validation.told}",
                    f"candidates: {plan.candidates}",
                    *findings,
                ]
            ),
            table(("column", "kind", "missing", "distinct", "example"), rows),
            block(plan.config.to_yaml()),
            lines(["nothing was started (--dry-run)"]),
        )
    )


def _find(shell: InteractiveShell, line: CommandLine) -> api.Experiment:
    """The experiment that is meant: by its variable here or its recorded name; without a name the one that runs, else the latest."""
    if line.name is not None:
        return _by_name(shell, line.name)
    rows = api.experiments()
    known = {row["name"]: float(row["created"]) for row in rows}
    active = {row["name"] for row in rows if row["state"] in summary.ACTIVE}
    for bound in [each for each in shell.user_ns.values() if isinstance(each, api.Experiment)]:
        snapshot = bound.snapshot()  # one that is being launched is in no store yet
        known.setdefault(snapshot["name"], float(snapshot["clock"]["created"]))
        active |= {snapshot["name"]} if snapshot["state"] in summary.ACTIVE else set()
    if len(active) > 1:
        raise RequestError(f"which one? {', '.join(sorted(active))} are running: write %automl {line.command.name} NAME")
    if not known:
        raise RequestError("there are no experiments yet; start one with %%automl")
    name = next(iter(active), max(known, key=lambda each: known[each]))
    return _by_name(shell, name)


def _by_name(shell: InteractiveShell, name: str) -> api.Experiment:
    bound = shell.user_ns.get(name)
    return bound if isinstance(bound, api.Experiment) else api.Experiment.attach(name)


def _list(_shell: InteractiveShell, _line: CommandLine) -> None:
    rows = sorted(api.experiments(), key=lambda row: -float(row["created"]))
    if not rows:
        show(lines(["no experiments yet; start one with %%automl"]))
        return
    show(table(summary.LISTED, [summary.listed(row) for row in rows]))


def _status(shell: InteractiveShell, line: CommandLine) -> None:
    show(lines(summary.status_lines(_find(shell, line).snapshot())))


def _attach(shell: InteractiveShell, line: CommandLine) -> None:
    name = str(line.name)
    try:
        experiment = api.Experiment.attach(name)
    except RequestError:
        if not isinstance(shell.user_ns.get(name), api.Experiment):
            raise
        experiment = shell.user_ns[name]  # it is being launched here, and in no store yet
    variable = name.partition("@")[0]
    check_free(shell, variable)
    shell.user_ns[variable] = experiment
    live.show(experiment)


def _steer(method: str) -> Callable[[InteractiveShell, CommandLine], None]:
    def act(shell: InteractiveShell, line: CommandLine) -> None:
        experiment = _find(shell, line)
        getattr(experiment, method)()
        show(lines(summary.status_lines(experiment.snapshot())))

    return act


def _trial_number(line: CommandLine) -> int:
    number = line.arguments[1]
    if not number.isdecimal():
        raise RequestError(f"{number!r} is no trial number")
    return int(number)


def _with_trial(method: str, done: str) -> Callable[[InteractiveShell, CommandLine], None]:
    def act(shell: InteractiveShell, line: CommandLine) -> None:
        experiment, number = _find(shell, line), _trial_number(line)
        getattr(experiment, method)(number)
        show(lines([f"{experiment.name}: {done.format(number=number)}"]))

    return act


def _extend(shell: InteractiveShell, line: CommandLine) -> None:
    experiment, more = _find(shell, line), line.arguments[1]
    if more.isdecimal() and experiment.config["trials"] is not None:
        experiment.extend(trials=int(more))
    else:
        experiment.extend(more)
    show(lines(summary.status_lines(experiment.snapshot())))


def _narrow(shell: InteractiveShell, line: CommandLine) -> None:
    experiment = _find(shell, line)
    ranges = yaml_text.read(line.arguments[1]).values
    experiment.narrow(ranges)
    show(lines([f"{experiment.name}: searched from the next trial on: {line.arguments[1]}"]))


def _switch(word: str) -> Callable[[InteractiveShell, CommandLine], None]:
    def act(shell: InteractiveShell, line: CommandLine) -> None:
        experiment, family = _find(shell, line), line.arguments[1]
        getattr(experiment, f"switch_{word}")(family)
        show(lines([f"{experiment.name}: {family} is {word}"]))

    return act


def _leaderboard(shell: InteractiveShell, line: CommandLine) -> None:
    display(_find(shell, line).leaderboard())  # type: ignore[no-untyped-call]


def _code(shell: InteractiveShell, line: CommandLine) -> None:
    experiment = _find(shell, line)
    shell.set_next_input(experiment.code(), replace=False)
    show(lines([f"the code of {experiment.name}'s best model is in the next cell"]))


def _report(shell: InteractiveShell, line: CommandLine) -> None:
    build_report(shell, _find(shell, line), wait="--wait" in line.switches)


def _doctor(_shell: InteractiveShell, _line: CommandLine) -> None:
    rows = [("ok" if check.ok else "PROBLEM", check.name, check.text, "" if check.ok else check.advice) for check in api.doctor()]
    show(table(("", "what", "found", "what to do"), rows))


_COMMANDS: Mapping[str, Callable[[InteractiveShell, CommandLine], None]] = {
    "list": _list,
    "status": _status,
    "attach": _attach,
    "stop": _steer("stop"),
    "pause": _steer("pause"),
    "resume": _steer("resume"),
    "prune": _with_trial("prune", "trial {number} is ended"),
    "around": _with_trial("around", "a step from trial {number} is tried next"),
    "pin": _with_trial("pin", "every ensemble holds trial {number}"),
    "unpin": _with_trial("unpin", "whether an ensemble holds trial {number} is left to the choice"),
    "extend": _extend,
    "narrow": _narrow,
    "on": _switch("on"),
    "off": _switch("off"),
    "leaderboard": _leaderboard,
    "code": _code,
    "report": _report,
    "doctor": _doctor,
}
