"""The one schema of a request: cell, Python, shell and report all speak it.

Owns what may be asked, its defaults that need no data, and where in the user's text each value stands. Refuses unknown keys, wrong
types and contradictions between a flag and the body, each in one line. What needs the data (does the column exist, does the metric fit
the task) is checked where the data is known; ``ConfigText.explain`` gives those errors their place.
"""

from __future__ import annotations

import keyword
import math
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from automl_lab import yaml_text
from automl_lab.core.clock import parse_duration
from automl_lab.core.errors import RequestError, nearest
from automl_lab.splitting import SPLITS, Split

Task = Literal["binary", "multiclass", "regression"]
Delivery = Literal["all", "scored"]
Kind = Literal["numeric", "categorical", "boolean", "datetime", "text", "identifier", "constant", "drop"]


TASKS: tuple[str, ...] = get_args(Task)
KINDS: tuple[str, ...] = get_args(Kind)
DELIVERIES: tuple[str, ...] = get_args(Delivery)
DEFAULT_TIME = 60.0
NAME_PATTERN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")

_CONSTRAINT = re.compile(r"\s*([A-Za-z_]\w*(?:\[[^\[\]]+\])?)\s*(<=|>=|<|>)\s*(\S+)\s*")
_ADDRESS = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")


def _seconds(value: object) -> object:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError(f"{value!r} is no duration; write it like '90s', '10m' or '2h'")
    try:
        return parse_duration(value)
    except RequestError as error:
        raise ValueError(error.message) from None


def _listed(value: object) -> object:
    """``objectives: roc_auc`` means a list of one."""
    return [value] if isinstance(value, str) else value


def _ranges(value: object) -> object:
    """Ranges keep the types they are written in: ``null`` is a value like others."""
    for name, given in value.items() if isinstance(value, Mapping) else ():
        plain = all(each is None or isinstance(each, str | int | float) for each in (given if isinstance(given, list) else [given]))
        if not plain or given == []:
            raise ValueError(f"{name}: {given!r} is no range; write a value, or a list like [1, 10] or [a, b]")
    return value


Ranges = Annotated[dict[str, Any], BeforeValidator(_ranges)]
Seconds = Annotated[float | None, BeforeValidator(_seconds)]
Names = Annotated[list[str], BeforeValidator(_listed)]


class Constraint(NamedTuple):
    """A bound on an objective, ``predict_ms <= 5``."""

    objective: str
    operator: Literal["<=", ">=", "<", ">"]
    bound: float

    def violation(self, value: float) -> float:
        """How far ``value`` is beyond the bound, in the objective's unit: above zero means infeasible (also for a value that is no number)."""
        over = value - self.bound if self.operator in ("<=", "<") else self.bound - value
        if math.isnan(over):
            return float("inf")
        return sys.float_info.min if over == 0 and self.operator in ("<", ">") else over


def parse_constraint(text: str) -> Constraint:
    """``"predict_ms <= 5"`` as a ``Constraint``. Raises ``RequestError`` for any other form."""
    found = _CONSTRAINT.fullmatch(text)
    try:
        if found is None or not math.isfinite(bound := float(found[3])):
            raise ValueError(text)
    except ValueError:
        raise RequestError(f"{text!r} is no constraint; write it like 'predict_ms <= 5' (with <=, >=, < or >)") from None
    operator: Any = found[2]
    return Constraint(found[1], operator, bound)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


class Resources(_Strict):
    """What the experiment may take of the cluster."""

    cpus: int | None = Field(default=None, ge=1, description="cores of this experiment in all")
    cpus_per_trial: int = Field(default=1, ge=1, description="cores of one trial")
    workers: int | None = Field(default=None, ge=1, description="trials at once; cpus // cpus_per_trial when not given")
    gpus: float | None = Field(default=None, gt=0, description="GPUs of this experiment in all, or a share of one")
    gpus_per_trial: float = Field(
        default=0.0, ge=0, le=1, description="GPU of one trial, like 0.25; given gpus alone, all of them up to one. Only models that can use it get it"
    )

    @model_validator(mode="before")
    @classmethod
    def _share(cls, values: object) -> object:
        """``gpus: 0.5`` alone means that one trial at a time has it."""
        if not isinstance(values, Mapping) or values.get("gpus_per_trial") is not None:
            return values
        rest = {key: value for key, value in values.items() if key != "gpus_per_trial"}
        gpus = rest.get("gpus")
        return {**rest, "gpus_per_trial": min(gpus, 1.0)} if isinstance(gpus, int | float) and not isinstance(gpus, bool) and gpus > 0 else rest

    @model_validator(mode="after")
    def _fits(self) -> Resources:
        if self.cpus is not None and self.cpus_per_trial * (self.workers or 1) > self.cpus:
            raise ValueError(f"{self.workers or 1} trials at once of {self.cpus_per_trial} cores need more than cpus: {self.cpus}")
        if self.gpus is not None and self.gpus_per_trial > self.gpus:
            raise ValueError(f"gpus_per_trial: {self.gpus_per_trial:g} is more than gpus: {self.gpus:g}, which the experiment has in all")
        return self


class ExperimentConfig(_Strict):
    """What is asked of an experiment, as the user said it. ``metric: X`` is accepted for putting X first among the objectives.

    Durations are seconds (written ``"90s"``, ``"10m"``, ``"2h"``). With neither ``time`` nor ``trials`` the time is 60 s; with ``trials``
    alone there is no time limit. Objectives, constraints, models and columns are checked against what exists where the data is known.
    """

    data: str | None = Field(default=None, description="a DataFrame's name, a path or URL, or sklearn:NAME")
    target: str | None = Field(default=None, description="the column to predict")
    task: Task | None = Field(default=None, description="inferred from the target when not given")
    objectives: Names = Field(default=[], description="what is optimised, the main one first; the task's default when empty")
    constraints: Names = Field(default=[], description="bounds like 'predict_ms <= 5'")
    time: Seconds = Field(default=None, description="the time for everything, like 10m")
    trials: int | None = Field(default=None, ge=1, description="how many trials")
    name: str | None = Field(default=None, description="the experiment's name and its variable in the notebook")
    models: Names = Field(default=[], description="model families; all when empty")
    strategy: str = Field(default="auto", description="how configurations are found: auto, tpe or random")
    ranges: Ranges = Field(default={}, description="ranges of parameters, like xgboost.max_depth: [3, 6] or linear.numeric.scaler: standard")
    seed: int = Field(default=0, ge=0, le=2**32 - 1, description="same seed, same trials")
    split: Split = Field(default=Split(), description="which rows validate: auto, kfold, repeated, holdout, group, time or given")
    folds: int | None = Field(default=None, ge=2, le=20, description="cross-validation folds; 5 when not given")
    holdout: float | None = Field(
        default=None,
        ge=0,
        lt=0.5,
        description="share of the rows kept for the final score, 0.2 or less when not given; 0 trusts the out-of-fold score",
    )
    nested: bool = Field(default=False, description="estimate what choosing among the trials adds to the winner's validation score")
    columns: dict[str, Kind] = Field(default={}, description="kinds that override the inferred ones; drop leaves a column out")
    prune: bool | None = Field(default=None, description="stop hopeless trials early; on when there is one objective")
    max_models: int = Field(default=8, ge=1, le=50, description="models that an ensemble or a bag may hold; 1 means neither")
    calibrate: bool = Field(
        default=True, description="calibrate probabilities and tune the decision threshold on out-of-fold predictions, where that is better"
    )
    deliver: Delivery = Field(default="all", description="what predict uses: the winner refitted on all rows, or the very model that was scored")
    window: int | None = Field(default=None, ge=1, description="trial k is asked after the results of trials 1 to k-window were told")
    trial_time: Seconds = Field(default=None, description="time limit of one trial, like 2m")
    resources: Resources = Field(default=Resources(), description="cores, GPUs and trials at once")
    cluster: str | None = Field(default=None, description="host:port of a Ray cluster; local when not given")

    @model_validator(mode="before")
    @classmethod
    def _shorthands(cls, values: object) -> object:
        if not isinstance(values, Mapping):
            return values
        values = dict(values)
        metric = values.pop("metric", None)
        if metric is not None:
            rest = _listed(values.get("objectives") or [])
            values["objectives"] = [metric, *(each for each in rest if each != metric)] if isinstance(rest, (list, tuple)) else rest
        if values.get("time") is None and values.get("trials") is None:
            values["time"] = DEFAULT_TIME
        return values

    @field_validator("objectives", "models")
    @classmethod
    def _distinct(cls, names: list[str]) -> list[str]:
        for index, name in enumerate(names):
            if name in names[:index]:
                raise ValueError(f"{name!r} is there twice")
        return names

    @field_validator("constraints")
    @classmethod
    def _bounds(cls, texts: list[str]) -> list[str]:
        for text in texts:
            _in_pydantic(parse_constraint, text)
        return texts

    @field_validator("name")
    @classmethod
    def _named(cls, name: str | None) -> str | None:
        if name is not None and not NAME_PATTERN.fullmatch(name):
            raise ValueError(f"{name!r} should be a letter followed by at most 63 letters, digits or underscores")
        if name is not None and keyword.iskeyword(name):
            raise ValueError(f"{name!r} is a word of Python and can be no variable")
        return name

    @field_validator("cluster")
    @classmethod
    def _address(cls, cluster: str | None) -> str | None:
        found = _ADDRESS.fullmatch(cluster) if cluster is not None else None
        if cluster is not None and (found is None or not 0 < int(found[1]) < 65536):
            raise ValueError(f"{cluster!r} is no address; write it like '10.0.0.5:6379' (host and port of the Ray head)")
        return cluster

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> ExperimentConfig:
        """The configuration of plain values. Raises ``RequestError`` with the ``path`` of the first value that is wrong."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise _request_error(error.errors(include_url=False)[0]) from None

    @classmethod
    def from_yaml(cls, text: str, *, first_line: int = 1) -> ConfigText:
        """The configuration written in ``text`` and where each value stands; lines count from ``first_line``. Raises ``RequestError`` with the place."""
        return ConfigText.read(text, first_line=first_line)

    def to_yaml(self) -> str:
        """The configuration as YAML without what is empty; ``from_yaml`` gives an equal one back."""
        values = self.model_dump(exclude_none=True)
        for key in ("time", "trial_time"):
            if key in values:
                values[key] = written_duration(values[key])
        values["split"] = {key: value for key, value in values["split"].items() if (key, value) != ("kind", "auto")}
        if list(values["split"]) == ["kind"]:
            values["split"] = values["split"]["kind"]
        return yaml_text.dump({key: value for key, value in values.items() if value not in ([], {})})


KEYS: tuple[str, ...] = (*ExperimentConfig.model_fields, "metric")


@dataclass(frozen=True)
class Flag:
    """A value that came from a command line, and the option's name there (``--target``)."""

    option: str
    value: Any


@dataclass(frozen=True)
class ConfigText:
    """A configuration and where the user wrote each of its values: in a YAML text, in flags, or in both."""

    config: ExperimentConfig
    text: yaml_text.Text
    flags: Mapping[str, Flag]

    @classmethod
    def read(cls, text: str, *, first_line: int = 1, flags: Mapping[str, Flag] | None = None, defaults: Mapping[str, Flag] | None = None) -> ConfigText:
        """Read a YAML body and add the flags (by key). Raises ``RequestError`` naming place or flag, also for a flag and a key that differ.

        ``defaults`` are the settings of the place that reads: they hold for keys that nobody said, a default ``time`` only without ``trials``.
        """
        body = yaml_text.read(text, first_line)
        given = dict(flags or {})
        try:
            for key, flag in given.items():
                _agree(key, flag, body)
            values = {**body.values, **{key: flag.value for key, flag in given.items()}}
            if "metric" in given:
                values.pop("objectives", None)
                values["objectives"] = body.values.get("objectives", [])
            for key, default in (defaults or {}).items():
                if values.get(key) is None and not (key == "time" and values.get("trials") is not None):
                    values[key], given[key] = default.value, default
            return cls(ExperimentConfig.of(values), body, given)
        except RequestError as error:
            raise _placed(error, body, given) from None

    def locate(self, path: tuple[str | int, ...]) -> tuple[int, int] | None:
        """Line and column of the value at ``path``, or of what encloses it; None when it does not come from the text."""
        return _locate(path, self.text)

    def explain(self, error: RequestError) -> RequestError:
        """The same error with its place: line and column in the text, or the flag that said it."""
        return _placed(error, self.text, self.flags)


def _agree(key: str, flag: Flag, body: yaml_text.Text) -> None:
    """A flag and a body key for the same thing must say the same, however it is written (``600s`` is ``10m``)."""
    for other in ("metric", "objectives") if key == "metric" else (key,):
        said = body.values.get(other)
        if said is None:
            continue
        ours, theirs = _normal(key, flag.value), _normal(other, said)
        if key == "metric":
            theirs = theirs[:1] or ours
        if ours != theirs:
            line, column = body.keys[(other,)]
            shown = ", ".join(map(str, said)) if isinstance(said, list) else said
            raise RequestError(f"{flag.option} {flag.value} and {other}: {shown} (line {line}, column {column}) say different things; keep one of them")


def _normal(key: str, value: Any) -> Any:
    config = ExperimentConfig.of({key: value})
    return getattr(config, "objectives" if key == "metric" else key)


def _placed(error: RequestError, text: yaml_text.Text, flags: Mapping[str, Flag]) -> RequestError:
    if error.line is not None or not error.path:
        return error
    head = str(error.path[0])
    if head == "objectives" and (len(error.path) == 1 or error.path[1] == 0) and "metric" in flags:
        head = "metric"
    if head in flags:
        return RequestError(f"{flags[head].option}: {error.message.removeprefix(f'{head}: ').removeprefix(f'{head} ')}", path=error.path)
    place = text.keys.get(error.path) if error.message.startswith("unknown key") else _locate(error.path, text)
    return error if place is None else error.at(*place)


def _locate(path: tuple[str | int, ...], text: yaml_text.Text) -> tuple[int, int] | None:
    if path[:1] == ("objectives",) and "metric" in text.values:
        index = path[1] if len(path) > 1 else 0
        if index == 0:
            return text.places[("metric",)]
        path = ("objectives",)
    while path:
        if path in text.places:
            return text.places[path]
        path = path[:-1]
    return None


def _in_pydantic(check: Any, value: str) -> None:
    """Pydantic gives a place only to a ``ValueError``."""
    try:
        check(value)
    except RequestError as error:
        raise ValueError(error.message) from None


def written_duration(seconds: float) -> str | float:
    """Seconds as they are written, ``"10m"``, or as they are where no unit fits."""
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds)}s" if seconds == int(seconds) else seconds


_WANTED = {
    "string_type": "text (put it in quotes)",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list like [a, b]",
    "dict_type": "lines of 'key: value' below it",
    "model_type": "lines of 'key: value' below it",
}
_LITERALS: dict[str, tuple[str, ...]] = {"task": TASKS, "deliver": DELIVERIES}
_BOUNDS = {"greater_than_equal": ("ge", "at least"), "less_than_equal": ("le", "at most"), "greater_than": ("gt", "above"), "less_than": ("lt", "below")}


def _request_error(detail: ErrorDetails) -> RequestError:
    path = tuple(detail["loc"])
    return RequestError(_message(detail, path), path=path)


def _message(detail: ErrorDetails, path: tuple[str | int, ...]) -> str:
    kind, context, given = detail["type"], detail.get("ctx", {}), detail["input"]
    if kind == "extra_forbidden":
        known = KEYS if len(path) == 1 else Split.model_fields if path[0] == "split" else Resources.model_fields
        return f"unknown key {path[-1]!r}{' in ' + str(path[0]) if len(path) > 1 else ''}{nearest(str(path[-1]), known)}"
    key = ".".join(str(each) for each in path)
    if kind == "literal_error":
        known = KINDS if path[0] == "columns" else SPLITS if path[0] == "split" else _LITERALS[str(path[0])]
        key = "split" if path[0] == "split" else key
        return f"unknown {'kind' if path[0] == 'columns' else key} {given!r}{f' for {path[-1]!r}' if path[0] == 'columns' else ''}{nearest(str(given), known)}"
    if kind == "value_error":
        return f"{key}: {context['error']}"
    if path[0] == "split" and len(path) > 2:  # the branches of a union: a gap that is neither a number nor text
        return f"split.gap should be a duration like 7d or a number; it is {given!r}"
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        return f"{key} should be {words} {context[bound]}, not {given!r}"
    wanted = _WANTED.get(kind)
    return f"{key} should be {wanted}; it is {given!r}" if wanted else f"{key}: {detail['msg'][:1].lower()}{detail['msg'][1:]}; it is {given!r}"
