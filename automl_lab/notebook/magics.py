"""``%%automl`` and ``%automl``: the faces in the shell, their settings and their loading.

Owns registration and the turning of errors on purpose into one line. Everything that needs the search is imported by the first magic that
runs; loading costs milliseconds.
"""

from __future__ import annotations

import importlib
import time
from typing import Any, cast

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class
from traitlets import Unicode

from automl_lab.notebook import completion
from automl_lab.notebook.errors import plainly
from automl_lab.notebook.grammar import help_text, parse_cell_line, parse_command_line
from automl_lab.notebook.tables import block, show


@magics_class
class AutoMLMagics(Magics):
    """The magics of AutoML Lab. ``%config AutoMLMagics`` shows the settings."""

    default_time = Unicode("60s", help="The time of a search that says neither time nor trials, like '10m'.").tag(config=True)
    default_cluster = Unicode("", help="host:port of the Ray cluster of searches that name none; empty means local.").tag(config=True)

    @line_cell_magic
    def automl(self, line: str, cell: str | None = None) -> None:
        """Describe a search in a cell and start it, or follow and steer experiments by a line. %automl help shows the words."""
        with plainly():
            if cell is None:
                self._command(line)
            else:
                self._cell(line, cell)

    def _cell(self, line: str, body: str) -> None:
        began = time.monotonic()
        parsed = parse_cell_line(line)
        if "--help" in parsed.switches:
            show(block(help_text()))
            return
        _actions().run_cell(self.shell, parsed, body, self._defaults(), began)

    def _command(self, line: str) -> None:
        parsed = parse_command_line(line)
        if parsed.command.name == "help":
            show(block(help_text()))
            return
        _actions().run_command(self.shell, parsed, self._defaults())

    def _defaults(self) -> dict[str, tuple[str, str]]:
        settings = {"time": ("AutoMLMagics.default_time", self.default_time), "cluster": ("AutoMLMagics.default_cluster", self.default_cluster)}
        return {key: (name, value) for key, (name, value) in settings.items() if value}


# What %automl? shows: one table of words for parsing, help and this.
AutoMLMagics.automl.__doc__ = f"{AutoMLMagics.automl.__doc__}\n\n{help_text()}"


def _actions() -> Any:
    """The search, imported when it is first needed."""
    return importlib.import_module("automl_lab.notebook.actions")


def complete_cell(lines: list[str]) -> list[str]:
    """A ``%%automl`` cell without a body gets an empty line as one: the shell refuses cell magics that have none."""
    if len(lines) == 1 and lines[0].split(maxsplit=1)[:1] == ["%%automl"]:
        return [lines[0].rstrip("\n") + "\n", "\n"]
    return lines


def load(shell: InteractiveShell) -> None:
    """Register everything, once however often it is called."""
    unload(shell)
    shell.register_magics(AutoMLMagics)
    shell.input_transformers_cleanup.append(complete_cell)
    completer = cast(Any, shell.Completer)
    completer.custom_matchers.append(completion.matcher(shell))


def unload(shell: InteractiveShell) -> None:
    """Take everything back."""
    for magics in shell.magics_manager.magics.values():
        magics.pop("automl", None)
    shell.configurables[:] = [each for each in shell.configurables if type(each).__name__ != AutoMLMagics.__name__]
    transforms = shell.input_transformers_cleanup
    transforms[:] = [each for each in transforms if getattr(each, "__qualname__", "") != complete_cell.__qualname__]
    completer = cast(Any, shell.Completer)
    completer.custom_matchers[:] = [each for each in completer.custom_matchers if not getattr(each, "automl_lab", False)]
