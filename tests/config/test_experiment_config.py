"""The schema of a request: what it accepts, what it says about the rest, and where."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl_lab.config import DEFAULT_TIME, ConfigText, ExperimentConfig, Flag, parse_constraint
from automl_lab.core.errors import RequestError
from tests.config.random_configs import CONFIGS, NAMES


def message(text: str, **flags: str) -> str:
    with pytest.raises(RequestError) as caught:
        ConfigText.read(text, first_line=2, flags={key: Flag(f"--{'as' if key == 'name' else key}", value) for key, value in flags.items()})
    return str(caught.value)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("seed: 1\nobjectivs: [roc_auc]", "line 3, column 1: unknown key 'objectivs'; did you mean 'objectives'?"),
        ("resources:\n  cpu: 2", "line 3, column 3: unknown key 'cpu' in resources; did you mean 'cpus'?"),
        ("task: binry", "line 2, column 7: unknown task 'binry'; did you mean 'binary'?"),
        ("deliver: scord", "line 2, column 10: unknown deliver 'scord'; did you mean 'scored'?"),
        ("columns:\n  Age: numeral", "line 3, column 8: unknown kind 'numeral' for 'Age'; did you mean 'numeric'?"),
        ("folds: 1", "line 2, column 8: folds should be at least 2, not 1"),
        ("split: grup", "line 2, column 8: unknown split 'grup'; did you mean 'group'?"),
        ("split: group", "line 2, column 8: split: group needs the column of the groups; write it like split: {kind: group, column: customer}"),
        ("split: sliding", "line 2, column 8: split: 'sliding' is a split in time; write it like split: {kind: time, column: date, window: 0.3}"),
        ("split: {kind: kfold, repeats: 3}", "line 2, column 8: split: repeats goes with kind repeated, not with kfold"),
        ("split: {kind: time, column: d, gap: soon}", "line 2, column 37: split.gap: 'soon' is no duration; write it like '90s', '10m' or '2h'"),
        ("split: {kind: time, column: d, windw: 0.3}", "line 2, column 32: unknown key 'windw' in split; did you mean 'window'?"),
        ("split: {column: customer}", "line 2, column 8: split: column 'customer' says nothing for kind auto; is kind group, time or given meant?"),
        ("folds: many", "line 2, column 8: folds should be a whole number; it is 'many'"),
        ("folds: 2.5", "line 2, column 8: folds should be a whole number; it is 2.5"),
        ("holdout: 0.5", "line 2, column 10: holdout should be below 0.5, not 0.5"),
        ("time: soon", "line 2, column 7: time: 'soon' is no duration; write it like '90s', '10m' or '2h'"),
        ("time: true", "line 2, column 7: time: True is no duration; write it like '90s', '10m' or '2h'"),
        ("trial_time: -1", "line 2, column 13: trial_time: a duration has to be above zero, not -1"),
        ("name: my churn", "line 2, column 7: name: 'my churn' should be a letter followed by at most 63 letters, digits or underscores"),
        ("name: class", "line 2, column 7: name: 'class' is a word of Python and can be no variable"),
        (
            "cluster: ray://head:10001",
            "line 2, column 10: cluster: 'ray://head:10001' is no address; write it like '10.0.0.5:6379' (host and port of the Ray head)",
        ),
        ("objectives: [a, b, a]", "line 2, column 13: objectives: 'a' is there twice"),
        (
            "constraints: [predict_ms is 5]",
            "line 2, column 14: constraints: 'predict_ms is 5' is no constraint; write it like 'predict_ms <= 5' (with <=, >=, < or >)",
        ),
        ("models: 5", "line 2, column 9: models should be a list like [a, b]; it is 5"),
        ("resources: 5", "line 2, column 12: resources should be lines of 'key: value' below it; it is 5"),
        ("resources: {cpus: 2, cpus_per_trial: 2, workers: 2}", "line 2, column 12: resources: 2 trials at once of 2 cores need more than cpus: 2"),
        ("resources: {gpus_per_trial: 2}", "line 2, column 29: resources.gpus_per_trial should be at most 1.0, not 2"),
        ("resources: {gpus: 0}", "line 2, column 19: resources.gpus should be above 0.0, not 0"),
        ("resources: {gpus: many}", "line 2, column 19: resources.gpus should be a number; it is 'many'"),
        (
            "resources: {gpus: 0.25, gpus_per_trial: 0.5}",
            "line 2, column 12: resources: gpus_per_trial: 0.5 is more than gpus: 0.25, which the experiment has in all",
        ),
        ("resources: {gpu: 1}", "line 2, column 13: unknown key 'gpu' in resources; did you mean 'gpus'?"),
        ("target: true", "line 2, column 9: target should be text (put it in quotes); it is True"),
        ("prune: perhaps", "line 2, column 8: prune should be true or false; it is 'perhaps'"),
    ],
)
def test_mistakes_in_the_body(body, expected):
    assert message(body) == expected


@pytest.mark.parametrize(
    ("body", "flags", "expected"),
    [
        ("", {"time": "soon"}, "--time: 'soon' is no duration; write it like '90s', '10m' or '2h'"),
        ("", {"trials": "ten"}, "--trials: should be a whole number; it is 'ten'"),
        ("", {"task": "binry"}, "--task: unknown task 'binry'; did you mean 'binary'?"),
        ("", {"name": "a b"}, "--as: 'a b' should be a letter followed by at most 63 letters, digits or underscores"),
        ("time: 5m", {"time": "6m"}, "--time 6m and time: 5m (line 2, column 1) say different things; keep one of them"),
        ("seed: 1\ntarget: b", {"target": "a"}, "--target a and target: b (line 3, column 1) say different things; keep one of them"),
        (
            "objectives: [log_loss, mcc]",
            {"metric": "roc_auc"},
            "--metric roc_auc and objectives: log_loss, mcc (line 2, column 1) say different things; keep one of them",
        ),
        ("metric: log_loss", {"metric": "roc_auc"}, "--metric roc_auc and metric: log_loss (line 2, column 1) say different things; keep one of them"),
    ],
)
def test_mistakes_in_flags_and_between_flags_and_body(body, flags, expected):
    assert message(body, **flags) == expected


def test_flags_and_body_that_agree():
    flags = {"time": Flag("--time", "600s"), "metric": Flag("--metric", "roc_auc"), "trials": Flag("--trials", "20")}
    config = ConfigText.read("time: 10m\nobjectives: [roc_auc, predict_ms]", flags=flags).config
    assert (config.time, config.objectives, config.trials) == (600.0, ["roc_auc", "predict_ms"], 20)


def test_shorthands():
    assert ExperimentConfig.of({"metric": "rmse"}).objectives == ["rmse"]
    assert ExperimentConfig.of({"metric": "rmse", "objectives": ["mae", "rmse"]}).objectives == ["rmse", "mae"]
    assert ExperimentConfig.of({"models": "xgboost", "target": 5}).model_dump(include={"models", "target"}) == {"models": ["xgboost"], "target": "5"}


def test_budget_defaults():
    assert ExperimentConfig().time == DEFAULT_TIME
    assert ExperimentConfig(trials=5).time is None
    assert ExperimentConfig.of({"time": "1h30m"}).time == 5400
    defaults = {"time": Flag("default_time", "5m"), "cluster": Flag("default_cluster", "head:6379")}
    assert ConfigText.read("", defaults=defaults).config.time == 300
    assert ConfigText.read("trials: 5", defaults=defaults).config.time is None
    assert ConfigText.read("cluster: other:1", defaults=defaults).config.cluster == "other:1"
    with pytest.raises(RequestError, match=r"^default_time: 'soon' is no duration"):
        ConfigText.read("", defaults={"time": Flag("default_time", "soon")})


def test_an_error_found_later_gets_its_place():
    asked = ConfigText.read("objectives:\n - roc_auc\n - rmse\nresources: {cpus: 2}", first_line=2, flags={"target": Flag("--target", "chrun")})
    assert asked.locate(("objectives", 1)) == (4, 4)
    assert asked.locate(("resources", "workers")) == (5, 12)
    assert asked.locate(("seed",)) is None
    assert str(asked.explain(RequestError("no column 'chrun'", path=("target",)))) == "--target: no column 'chrun'"
    assert str(asked.explain(RequestError("no such thing", path=("objectives", 1)))) == "line 4, column 4: no such thing"
    assert str(asked.explain(RequestError("no such thing"))) == "no such thing"
    assert str(ConfigText.read("metric: acuracy").explain(RequestError("unknown objective", path=("objectives", 0)))) == "line 1, column 9: unknown objective"
    by_flag = ConfigText.read("", flags={"metric": Flag("--metric", "acuracy")})
    assert str(by_flag.explain(RequestError("unknown objective", path=("objectives", 0)))) == "--metric: unknown objective"


@pytest.mark.parametrize(
    ("text", "value", "feasible"), [("a <= 5", 5, True), ("a < 5", 5, False), ("a >= 5", 4.9, False), ("a>5", 5, False), ("f[x y] > -1e3", 0, True)]
)
def test_constraints(text, value, feasible):
    assert (parse_constraint(text).violation(value) <= 0) is feasible
    assert parse_constraint(text).violation(math.nan) > 0


@pytest.mark.parametrize("text", ["", "a", "a <=", "<= 5", "a = 5", "a <= b", "a <= nan", "a <= inf", "a <= 5 ms", "__import__('os') < 1"])
def test_what_is_no_constraint(text):
    with pytest.raises(RequestError, match="is no constraint"):
        parse_constraint(text)


@given(CONFIGS)
def test_yaml_round_trip(values):
    config = ExperimentConfig.of(values)
    assert ExperimentConfig.from_yaml(config.to_yaml()).config == config


@given(
    st.dictionaries(
        st.sampled_from([*ExperimentConfig.model_fields, "metric"]),
        st.none() | st.booleans() | st.integers() | st.floats() | NAMES | st.lists(NAMES, max_size=2),
    )
)
def test_any_values_are_taken_or_refused_in_one_line(values):
    complaint = None
    try:
        ExperimentConfig.of(values)
    except RequestError as error:
        complaint = str(error)
    assert complaint is None or (complaint and "\n" not in complaint)


@pytest.mark.parametrize(
    ("given", "share"), [({}, 0.0), ({"gpus": 0.25}, 0.25), ({"gpus": 4}, 1.0), ({"gpus": 2, "gpus_per_trial": 0.5}, 0.5), ({"gpus_per_trial": 0.5}, 0.5)]
)
def test_gpus_alone_are_for_one_trial_at_a_time(given, share):
    config = ExperimentConfig.of({"target": "y", "resources": given})
    assert config.resources.gpus_per_trial == share
    assert ExperimentConfig.from_yaml(config.to_yaml()).config == config
