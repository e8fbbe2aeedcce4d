"""The words of ``%%automl`` and ``%automl``: which options and commands there are, and what a line means.

Owns splitting and the one table that parsing, help and completion read. Refuses unknown words with the nearest known one. What the
values mean is the configuration's affair; nothing heavy is imported here, because loading the extension reads this module.
"""

from __future__ import annotations

import shlex
import textwrap
from dataclasses import dataclass, field

from automl_lab.core.errors import RequestError, nearest


@dataclass(frozen=True)
class Option:
    """One option of the cell: ``key`` is the configuration key it sets (None: it steers the cell itself), ``value`` the placeholder of its value."""

    name: str
    key: str | None
    value: str | None
    text: str


OPTIONS: dict[str, Option] = {
    option.name: option
    for option in (
        Option("--target", "target", "C", "the column to predict"),
        Option("--task", "task", "T", "binary, multiclass or regression; inferred when not given"),
        Option("--metric", "metric", "M", "the main objective, like roc_auc"),
        Option("--time", "time", "10m", "the time for everything: 90s, 10m, 2h"),
        Option("--trials", "trials", "N", "how many trials"),
        Option("--as", "name", "NAME", "the experiment's name and its variable here"),
        Option("--cluster", "cluster", "ADDR", "host:port of a Ray cluster; local when not given"),
        Option("--wait", None, None, "block until it is done, with a progress bar; implied where nobody attends (papermill, nbconvert)"),
        Option("--dry-run", None, None, "show what would be done; start nothing"),
        Option("--panel", None, None, "open this cell in the panel; start nothing"),
        Option("--help", None, None, "show this"),
    )
}


@dataclass(frozen=True)
class Command:
    """One command of the line magic: its words after the name, how many of them are needed, its options and what it does."""

    name: str
    arguments: tuple[str, ...]
    text: str
    needed: int = 0
    options: tuple[str, ...] = ()
    rest: bool = False  # the last argument is the rest of the line, as it is written


COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        Command("list", (), "all experiments"),
        Command("status", ("NAME",), "where an experiment stands"),
        Command("attach", ("NAME",), "bind the variable NAME and show the live view", needed=1),
        Command("stop", ("NAME",), "stop; the best model so far stays usable"),
        Command("pause", ("NAME",), "start no further trials"),
        Command("resume", ("NAME",), "go on after a pause"),
        Command("prune", ("NAME", "TRIAL"), "end one running trial", needed=2),
        Command("around", ("NAME", "TRIAL"), "try a step from this trial next", needed=2),
        Command("pin", ("NAME", "TRIAL"), "have every ensemble hold this trial", needed=2),
        Command("unpin", ("NAME", "TRIAL"), "leave that to the choice again", needed=2),
        Command("extend", ("NAME", "5m"), "go on for longer; 20 for so many more trials, where trials are counted", needed=2),
        Command("narrow", ("NAME", "RANGES"), "search other ranges, like xgboost.max_depth: [3, 6]; one value freezes", needed=2, rest=True),
        Command("off", ("NAME", "FAMILY"), "begin no more trials of a family", needed=2),
        Command("on", ("NAME", "FAMILY"), "begin trials of a family again", needed=2),
        Command("leaderboard", ("NAME",), "all trials, the best first"),
        Command("code", ("NAME",), "the winner's source in the next cell"),
        Command("report", ("NAME",), "an executed notebook that re-runs the winner", options=("--wait",)),
        Command("panel", ("NAME",), "click a search together; with NAME, begin with what that experiment was asked for"),
        Command("doctor", (), "check the installation and the cluster"),
        Command("help", (), "show this"),
    )
}


# The keys of the body are named here once more because the schema takes pydantic, which is too slow to load with the extension; a test compares.
BODY_KEYS = (
    *("data", "target", "task", "objectives", "constraints", "time", "trials", "name", "models", "strategy", "ranges", "seed", "split", "folds", "holdout"),
    *("nested", "columns", "prune", "max_models", "calibrate", "deliver", "window", "trial_time", "resources", "cluster", "metric"),
)


@dataclass(frozen=True)
class CellLine:
    """What stands after ``%%automl``: ``values`` are configuration keys with the option that set them (``data`` is set by position); ``text`` as written."""

    values: dict[str, tuple[str, str]] = field(default_factory=dict)
    switches: frozenset[str] = frozenset()
    text: str = ""


@dataclass(frozen=True)
class CommandLine:
    """What stands after ``%automl``."""

    command: Command
    arguments: tuple[str, ...] = ()
    switches: frozenset[str] = frozenset()

    @property
    def name(self) -> str | None:
        """The experiment that is meant, if it is said."""
        return self.arguments[0] if self.arguments else None


def split(line: str) -> list[str]:
    """The words of a line; quotes hold a word with spaces together. Raises ``RequestError`` for a quote that is not closed."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:
        raise RequestError("a quote or backslash in the line is not closed") from None


def parse_cell_line(line: str) -> CellLine:
    """The line after ``%%automl``. Raises ``RequestError`` for an unknown option, a missing value, an option given twice or a second DATA."""
    words = split(line)
    values: dict[str, tuple[str, str]] = {}
    switches: set[str] = set()
    while words:
        word = words.pop(0)
        if not word.startswith("--"):
            _set(values, "data", "DATA", word)
            continue
        name, equals, value = word.partition("=")
        option = _option(name)
        if option.value is None:
            if equals:
                raise RequestError(f"{name} takes no value")
            switches.add(name)
            continue
        if not equals:
            if not words or words[0].startswith("--"):
                raise RequestError(f"{name} needs a value: {name} {option.value}")
            value = words.pop(0)
        _set(values, option.key or "", name, value)
    return CellLine(values, frozenset(switches), line.strip())


def _option(name: str) -> Option:
    key = name.removeprefix("--").replace("-", "_")
    if name not in OPTIONS and key in BODY_KEYS:
        raise RequestError(f"{name} is no option; write it in the body, as a line '{key}: …'")
    if name not in OPTIONS:
        raise RequestError(f"unknown option {name!r}{nearest(name, OPTIONS)}")
    return OPTIONS[name]


def _set(values: dict[str, tuple[str, str]], key: str, name: str, value: str) -> None:
    if key not in values:
        values[key] = (name, value)
    elif name == "DATA":
        raise RequestError(f"{value!r} is one word too many: DATA is {values[key][1]!r} already (options start with --, a name with spaces needs quotes)")
    else:
        raise RequestError(f"{name} is given twice: {values[key][1]!r} and {value!r}")


def parse_command_line(line: str) -> CommandLine:
    """The line after ``%automl`` (empty means help). Raises ``RequestError`` for an unknown command, a missing or a surplus word."""
    words = split(line)
    if not words or "--help" in words:
        return CommandLine(COMMANDS["help"])
    name, *rest = words
    if name not in COMMANDS:
        raise RequestError(f"unknown command {name!r}{nearest(name, COMMANDS)} (a search starts with two %: %%automl as a cell's first line)")
    command = COMMANDS[name]
    if command.rest:
        return _with_rest(command, line)
    switches = [word for word in rest if word.startswith("--")]
    arguments = [word for word in rest if not word.startswith("--")]
    for switch in switches:
        if switch not in command.options:
            raise RequestError(f"unknown option {switch!r} for %automl {name}{nearest(switch, command.options)}")
    if not command.needed <= len(arguments) <= len(command.arguments):
        raise RequestError(f"write it as: {usage(command)}")
    return CommandLine(command, tuple(arguments), frozenset(switches))


def _with_rest(command: Command, line: str) -> CommandLine:
    """The words of a line whose last argument may be YAML: brackets, quotes and spaces are that argument's own."""
    _, *words = line.strip().split(maxsplit=len(command.arguments))
    if len(words) < command.needed:
        raise RequestError(f"write it as: {usage(command)}")
    return CommandLine(command, tuple(words))


def usage(command: Command) -> str:
    """``%automl report [NAME] [--wait]``."""
    words = [word if index < command.needed else f"[{word}]" for index, word in enumerate(command.arguments)]
    return " ".join(["%automl", command.name, *words, *(f"[{option}]" for option in command.options)])


def help_text() -> str:
    """What ``%automl help`` and ``%%automl --help`` show."""
    options = [(f"{option.name} {option.value or ''}".rstrip(), option.text) for option in OPTIONS.values()]
    commands = [(usage(command), command.text) for command in COMMANDS.values()]
    width = max(len(left) for left, _ in (*options, *commands)) + 2
    rows = ["%%automl [DATA] [options]", "key: value        (the body is YAML, all of it optional)", ""]
    rows += ["DATA is a DataFrame's name, a path or URL (CSV, Parquet, JSON, JSON lines, Feather) or sklearn:NAME.", ""]
    rows += [f"  {left:<{width}}{right}" for left, right in options]
    rows += ["", *textwrap.wrap(f"Keys of the body: {', '.join(BODY_KEYS)}. What an option says, the body need not say again.", 110), ""]
    rows += [f"  {left:<{width}}{right}" for left, right in commands]
    rows += ["", "Without NAME the experiment that runs, or the latest one, is meant."]
    return "\n".join(rows)
