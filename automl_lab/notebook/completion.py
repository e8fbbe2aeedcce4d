"""What the Tab key offers in our cells: exactly our options, commands, keys, data, columns, tasks and metrics, and nothing of Python's.

Owns reading a half-written cell. It must never fail or stall the user's typing: what cannot be read quickly (a remote file, say) offers
nothing. Refuses to read more of a file than its header, but for small JSON tables, which have none.
"""

from __future__ import annotations

import csv
import functools
import gzip
import importlib
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher
from IPython.core.interactiveshell import InteractiveShell

from automl_lab.core.errors import AutoMLLabError
from automl_lab.notebook.grammar import BODY_KEYS, COMMANDS, OPTIONS
from automl_lab.notebook.sources import FILES, TOYS, data_files, frames

MOST_JSON_BYTES = 2_000_000
TIMES = ("30s", "1m", "10m", "1h")
TRIALS = ("20", "50", "100", "200")
MOST = 200

_WORD = re.compile(r"""(?:"[^"]*"?|'[^']*'?|[^\s"'])*$""")
_WORDS = re.compile(r"""(?:"[^"]*"|'[^']*'|[^\s"'])+""")
_KEY_LINE = re.compile(r"^(\s*)([A-Za-z_]*)$")
_VALUE_LINE = re.compile(r"^(\s*)([A-Za-z_]+):\s*(.*)$")
_ITEM_LINE = re.compile(r"^\s*-\s+(\S*)$")


@dataclass(frozen=True)
class Offer:
    """The text before the cursor that is replaced, and what can stand there."""

    fragment: str
    choices: tuple[str, ...]


def matcher(shell: InteractiveShell) -> Callable[[CompletionContext], SimpleMatcherResult]:
    """The matcher of this shell, to be put among its completer's ``custom_matchers``."""

    @context_matcher(identifier="automl_lab")  # type: ignore[untyped-decorator]
    def automl_matcher(context: CompletionContext) -> SimpleMatcherResult:
        offer = offers(context.full_text, context.cursor_line, context.cursor_position, shell.user_ns)
        if offer is None:
            return {"completions": [], "suppress": False}
        found = [SimpleCompletion(text=each, type="automl") for each in offer.choices if _fits(each, offer.fragment)]
        return {"completions": found[:MOST], "suppress": True, "matched_fragment": offer.fragment, "ordered": True}

    automl_matcher.automl_lab = True
    return automl_matcher  # type: ignore[no-any-return]


def offers(text: str, line: int, column: int, namespace: Mapping[str, Any]) -> Offer | None:
    """What fits at a place of a cell (line and column from 0); None where the cell is not ours."""
    rows = text.split("\n")
    before = rows[line][:column]
    if before.lstrip().startswith("%automl "):
        return _command(before.lstrip()[len("%automl ") :], namespace)
    first = next((index for index, row in enumerate(rows) if row.strip()), 0)
    if not rows[first].lstrip().startswith("%%automl") or line < first:
        return None
    if line > first:
        return _body(rows[first + 1 :], line - first - 1, before, namespace, _words(rows[first].lstrip()[len("%%automl") :]))
    tail = before.lstrip()[len("%%automl") :]
    return _cell(tail, rows[first + 1 :], namespace) if tail[:1].isspace() else None


def _fits(choice: str, fragment: str) -> bool:
    return choice.strip("\"'").casefold().startswith(fragment.strip("\"'").casefold())


def _words(line: str) -> list[str]:
    return [word.replace('"', "").replace("'", "") for word in _WORDS.findall(line)]


def _cell(line: str, body: list[str], namespace: Mapping[str, Any]) -> Offer:
    fragment = _last_word(line)
    words = _words(line[: len(line) - len(fragment)])
    name, equals, value = fragment.partition("=")
    if equals and name in OPTIONS:
        return Offer(value, tuple(_values(name, words, body, namespace)))
    if words and words[-1] in OPTIONS and OPTIONS[words[-1]].value is not None:
        return Offer(fragment, tuple(_values(words[-1], words, body, namespace)))
    options = [option for option in OPTIONS if option not in words]
    if fragment.startswith("-"):
        return Offer(fragment, tuple(options))
    data = [] if _data(words, []) else [*frames(namespace), *data_files(fragment), *TOYS]
    return Offer(fragment, (*map(_quoted, data), *options))


def _values(option: str, words: list[str], body: list[str], namespace: Mapping[str, Any]) -> Iterable[str]:
    if option == "--target":
        return map(_quoted, columns(_data(words, body), namespace))
    if option == "--as":
        stem = re.sub(r"\W+", "_", Path(_data(words, body) or "search").stem).strip("_")
        return [f"{stem or 'search'}_search"]
    key = OPTIONS[option].key or ""
    return _known(key, _after(words, "--task"))


def _known(key: str, task: str | None = None) -> Iterable[str]:
    """The values that a key can have, as far as they are known without the data."""
    if key == "task":
        return importlib.import_module("automl_lab.config").TASKS  # type: ignore[no-any-return]
    if key in ("metric", "objectives", "constraints"):
        registry = importlib.import_module("automl_lab.objectives.objective").OBJECTIVES
        return [name for name, objective in registry.items() if task is None or task in objective.tasks]
    if key == "split":
        return importlib.import_module("automl_lab.splitting").SPLITS  # type: ignore[no-any-return]
    if key == "models":
        return list(importlib.import_module("automl_lab.models.family").FAMILIES)
    return {"time": TIMES, "trial_time": TIMES, "trials": TRIALS, "prune": ("true", "false"), "nested": ("true", "false")}.get(key, ())


def _body(body: list[str], line: int, before: str, namespace: Mapping[str, Any], words: list[str]) -> Offer:
    above = body[:line]
    if match := _KEY_LINE.match(before):
        return Offer(match[2], tuple(f"{key}: " for key in _keys(above, bool(match[1]), body, words, namespace)))
    task = _after(words, "--task") or _said(body, "task")
    if match := _ITEM_LINE.match(before):
        return Offer(match[1], tuple(_known(_parent(above) or "", task)))
    match = _VALUE_LINE.match(before)
    if match is None:
        return Offer("", ())
    key, whole, fragment = match[2], match[3], re.split(r"[\[,\s]", match[3])[-1]
    if match[1]:
        return Offer(fragment, importlib.import_module("automl_lab.config").KINDS if _parent(above) == "columns" else ())
    if key in ("target", "data"):
        names = columns(_data(words, body), namespace) if key == "target" else [*frames(namespace), *data_files(whole), *TOYS]
        return Offer(whole, tuple(map(_plain, names)))
    return Offer(fragment, tuple(_known(key, task)))


def _keys(above: list[str], nested: bool, body: list[str], words: list[str], namespace: Mapping[str, Any]) -> Iterable[str]:
    if not nested:
        return [key for key in BODY_KEYS if _said(body, key) is None]
    if _parent(above) == "resources":
        return ("cpus", "cpus_per_trial", "workers", "gpus", "gpus_per_trial")
    if _parent(above) == "split":
        return ("kind", "column", "repeats", "share", "window", "gap")
    return [_plain(each) for each in columns(_data(words, body), namespace)] if _parent(above) == "columns" else ()


def _parent(above: list[str]) -> str | None:
    """The key under which an indented line stands."""
    for row in reversed(above):
        if match := re.match(r"^([A-Za-z_]+):\s*$", row):
            return match[1]
        if row and not row[0].isspace() and not row.startswith("-"):
            return None
    return None


def _said(body: list[str], key: str) -> str | None:
    found = next((match for row in body if (match := _VALUE_LINE.match(row)) and not match[1] and match[2] == key), None)
    return found[3].strip().strip("\"'") if found else None


def _last_word(line: str) -> str:
    match = _WORD.search(line)
    return match[0] if match else ""


def _after(words: list[str], option: str) -> str | None:
    for index, word in enumerate(words):
        if word == option and index + 1 < len(words):
            return words[index + 1]
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return None


def _data(words: list[str], body: list[str]) -> str | None:
    """The DATA of a half-written line: the first word that is neither an option nor an option's value."""
    skip = False
    for word in words:
        if skip or word.startswith("-"):
            skip = word in OPTIONS and OPTIONS[word].value is not None
            continue
        return word
    return _said(body, "data")


def _quoted(name: str) -> str:
    return f'"{name}"' if re.search(r"""[\s"'\\]""", name) else name


def _plain(name: str) -> str:
    return f'"{name}"' if re.search(r"""^\W|[:#]|^$|^\d""", name) else name


def columns(data: str | None, namespace: Mapping[str, Any]) -> list[str]:
    """The columns of a DataFrame of the namespace, of a scikit-learn dataset or of a local file; empty for anything that cannot be read at once."""
    if data is None:
        return []
    if data in frames(namespace):
        return [str(each) for each in namespace[data].columns]
    if data in TOYS:
        return _whole(data, 0.0)
    path = Path(data)
    if not data.casefold().endswith(FILES) or not path.is_file():
        return []
    try:
        return _header(path)
    except (OSError, ValueError, csv.Error):
        return []


def _header(path: Path) -> list[str]:
    name = path.name.casefold()
    if name.endswith(".parquet"):
        return list(importlib.import_module("pyarrow.parquet").read_schema(path).names)
    if name.endswith((".feather", ".arrow")):
        with importlib.import_module("pyarrow").OSFile(str(path)) as file:
            return list(importlib.import_module("pyarrow.ipc").open_file(file).schema.names)
    if name.endswith((".jsonl", ".ndjson")):
        with path.open(encoding="utf-8") as text:
            return list(importlib.import_module("json").loads(text.readline()))
    if name.endswith(".json"):  # a table as a whole: it has no header
        return _whole(str(path), path.stat().st_mtime) if path.stat().st_size <= MOST_JSON_BYTES else []
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") if name.endswith(".gz") else path.open(encoding="utf-8-sig", newline="") as text:
        first = text.readline(100_000)
    delimiter = max(",;\t|", key=first.count)
    return next(csv.reader([first], delimiter=delimiter), [])


@functools.lru_cache(maxsize=32)
def _whole(data: str, changed: float) -> list[str]:  # noqa: ARG001  (a file that changed is read again)
    """The columns of data that has to be read as a whole; none when it cannot be read, which the cell will say."""
    reading = importlib.import_module("automl_lab.data.read")
    try:
        return [str(each) for each in reading.read(data).columns]
    except AutoMLLabError:
        return []


def _command(line: str, namespace: Mapping[str, Any]) -> Offer:
    fragment = _last_word(line)
    words = line[: len(line) - len(fragment)].split()
    if not words:
        return Offer(fragment, tuple(COMMANDS))
    command = COMMANDS.get(words[0])
    if command is None:
        return Offer(fragment, ())
    bound = [name for name, value in namespace.items() if type(value).__module__.startswith("automl_lab.") and hasattr(value, "leaderboard")]
    recorded = [str(row["name"]) for row in sys.modules["automl_lab.api"].experiments()] if "automl_lab.api" in sys.modules else []
    names = dict.fromkeys([*bound, *recorded]) if command.arguments and len(words) == 1 else ()
    return Offer(fragment, (*names, *(each for each in command.options if each not in words)))
