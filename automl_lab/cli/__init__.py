"""The shell face: ``automl-lab``. Owns the commands, their exit codes and the terminal view; refuses to know more of a search than its snapshot."""

from automl_lab.cli.commands import main

__all__ = ["main"]
