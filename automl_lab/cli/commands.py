"""The words of ``automl-lab``, and its exit codes: 0 done, 1 the experiment failed, 2 the request was wrong, 130 interrupted.

Owns options and errors; nothing heavy is imported until a command runs. With ``--json`` an error is a JSON object on standard output too.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from automl_lab.core.errors import AutoMLLabError, RequestError

DONE, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130

_as_json = click.option("--json", "as_json", is_flag=True, help="One JSON value on standard output, nothing else.")
_file = click.Path(dir_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def automl_lab() -> None:
    """Searches for models on a Ray cluster, shows the search live and leaves a report that re-runs.

    Exit status: 0 done, 1 the experiment failed, 2 the request was wrong.
    """


@automl_lab.command()
@click.option("--time", "seconds", default="60s", show_default=True, help="The time of the search.")
@click.option("--report", type=_file, help="Where the report notebook goes.")
@_as_json
def demo(seconds: str, report: Path | None, as_json: bool) -> None:
    """A real search on data that ships with scikit-learn, and its report."""
    _face(as_json).demo(seconds, report)


@automl_lab.command()
@click.argument("data", required=False)
@click.option("--target", metavar="C", help="The column to predict.")
@click.option("--task", metavar="T", help="binary, multiclass or regression; inferred when not given.")
@click.option("--metric", metavar="M", help="The main objective, like roc_auc.")
@click.option("--time", metavar="10m", help="The time for everything: 90s, 10m, 2h.")
@click.option("--trials", metavar="N", help="How many trials.")
@click.option("--seed", metavar="N", help="Same seed, same trials.")
@click.option("--as", "name", metavar="NAME", help="The experiment's name.")
@click.option("--cluster", metavar="ADDR", help="host:port of a Ray cluster; local when not given.")
@click.option("--config", type=_file, metavar="F.yaml", help="The rest of the configuration, as in a cell's body.")
@click.option("--report", type=_file, metavar="F.ipynb", help="Build the report there when done.")
@click.option("--predict", metavar="NEW.csv", help="Predict these rows when done.")
@click.option("--out", type=_file, metavar="P.csv", help="Where the predictions go (.csv or .parquet).")
@click.option("--dry-run", is_flag=True, help="Show what would be done; start nothing.")
@_as_json
def run(*, as_json: bool, dry_run: bool, config: Path | None, report: Path | None, predict: str | None, out: Path | None, **asked: str | None) -> None:
    """Search on DATA: a path or URL (CSV, Parquet, JSON, JSON lines, Feather) or sklearn:NAME."""
    face = _face(as_json)
    flag = importlib.import_module("automl_lab.config").Flag
    names = {"data": "DATA", "name": "--as"}
    flags = {key: flag(names.get(key, f"--{key}"), value) for key, value in asked.items() if value is not None}
    if dry_run:
        face.plan(config, flags)
    else:
        face.run(config, flags, _running().Wishes(report, predict, out))


@automl_lab.command("list")
@_as_json
def list_(as_json: bool) -> None:
    """All experiments, the latest first."""
    _face(as_json).listing()


@automl_lab.command()
@click.argument("name")
@_as_json
def status(name: str, as_json: bool) -> None:
    """Where the experiment NAME stands."""
    _face(as_json).status(name)


@automl_lab.command()
@click.argument("name", required=False)
@click.option("--cluster", is_flag=True, help="End the local cluster instead; experiments on it go on when it is started again.")
@_as_json
def stop(name: str | None, cluster: bool, as_json: bool) -> None:
    """Stop the experiment NAME; the best model so far stays usable."""
    if (name is None) == (not cluster):
        raise click.UsageError("name the experiment to stop, or give --cluster")
    if name is None:
        _face(as_json).stop_cluster()
    else:
        _face(as_json).stop(name)


@automl_lab.command()
@click.argument("name")
@click.option("--out", type=_file, metavar="F.ipynb", help="Where the report notebook goes.")
@_as_json
def report(name: str, out: Path | None, as_json: bool) -> None:
    """An executed notebook about the experiment NAME that re-runs its winner."""
    _face(as_json).report(name, out)


@automl_lab.command()
@_as_json
def doctor(as_json: bool) -> None:
    """Check the installation and the cluster."""
    if not _face(as_json).doctor():
        raise SystemExit(FAILED)


def _running() -> Any:
    """The search, imported when a command needs it."""
    return importlib.import_module("automl_lab.cli.running")


def _face(as_json: bool) -> Any:
    console = importlib.import_module("rich.console").Console()
    return _running().Face(console, as_json)


def main() -> NoReturn:
    """Run the command line and exit with its status."""
    words = sys.argv[1:]
    try:
        status = automl_lab.main(words, prog_name="automl-lab", standalone_mode=False)
    except click.ClickException as error:
        _end(error.format_message(), error.exit_code, words)
    except (click.Abort, KeyboardInterrupt):
        _end("interrupted", INTERRUPTED, words)
    except RequestError as error:
        _end(str(error), WRONG, words)
    except AutoMLLabError as error:
        _end(str(error), FAILED, words)
    except Exception as error:
        if type(error).__name__ != "LeftRunningError":
            raise
        _end(str(error), INTERRUPTED, words)
    raise SystemExit(status if isinstance(status, int) else DONE)


def _end(message: str, status: int, words: list[str]) -> NoReturn:
    line = " ".join(message.split())
    if "--json" in words:
        print(json.dumps({"error": line, "status": status}), flush=True)
    print(f"automl-lab: {line}", file=sys.stderr)
    raise SystemExit(status)
