"""Starts what a cell or the panel asks for and binds it to its variable. Refuses to overwrite a variable that is no experiment."""

from __future__ import annotations

import builtins
import keyword

from IPython.core.interactiveshell import InteractiveShell

from automl_lab import api, summary
from automl_lab.config import ConfigText, ExperimentConfig
from automl_lab.core.errors import RequestError
from automl_lab.experiment.naming import default_name

NO_DATA = "no data is named: write a DataFrame's name, a file or sklearn:NAME after %%automl"


def start(shell: InteractiveShell, asked: ConfigText, look: float) -> api.Experiment:
    """Start an experiment and bind its variable. Raises ``RequestError`` with its place when the request is found wrong within ``look`` seconds."""
    try:
        check_data(asked.config)
        config = _named(shell, asked.config)
    except RequestError as error:
        raise asked.explain(error) from None
    experiment = api.automl(config=config, namespace=shell.user_ns, look=look, explain=asked.explain)
    shell.user_ns[experiment.name] = experiment
    return experiment


def check_data(config: ExperimentConfig) -> None:
    """Raise ``RequestError`` for a request that names no data."""
    if config.data is None:
        raise RequestError(NO_DATA)


def check_free(shell: InteractiveShell, name: str) -> None:
    """Raise ``RequestError`` for the name of a variable that is something else than an experiment."""
    if not _is_free(shell, name):
        there = f"a {type(shell.user_ns[name]).__name__} here" if name in shell.user_ns else "one of Python's own"
        raise RequestError(f"the variable {name!r} is {there} and would be lost; choose another name", path=("name",))


def _named(shell: InteractiveShell, config: ExperimentConfig) -> ExperimentConfig:
    """The configuration with a name that can be bound: the user's, or one made from the data's."""
    if config.name is not None:
        check_free(shell, config.name)
        return config
    stem = default_name(str(config.data))
    active = {row["name"] for row in api.experiments() if row["state"] in summary.ACTIVE}
    candidates = (stem, *(f"{stem}_{number}" for number in range(2, 10_000)))
    name = next(each for each in candidates if each not in active and _is_free(shell, each))
    return config.model_copy(update={"name": name})


def _is_free(shell: InteractiveShell, name: str) -> bool:
    if keyword.iskeyword(name) or hasattr(builtins, name):
        return False
    return name not in shell.user_ns or isinstance(shell.user_ns[name], api.Experiment)
