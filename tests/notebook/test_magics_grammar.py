"""The words of the magics: what a line means and what is said about a wrong one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl_lab.config import KEYS
from automl_lab.core.errors import RequestError
from automl_lab.notebook.grammar import BODY_KEYS, COMMANDS, OPTIONS, help_text, parse_cell_line, parse_command_line
from automl_lab.notebook.magics import complete_cell


def test_a_full_line():
    line = parse_cell_line("""data/churn.csv --target "Churn rate" --time=10m --as churn --wait""")
    assert line.values == {"data": ("DATA", "data/churn.csv"), "target": ("--target", "Churn rate"), "time": ("--time", "10m"), "name": ("--as", "churn")}
    assert line.switches == {"--wait"}


def test_an_empty_line_asks_for_nothing():
    assert parse_cell_line("  ").values == {}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("df --targt Churn", "unknown option '--targt'; did you mean '--target'?"),
        ("df --folds 3", "--folds is no option; write it in the body, as a line 'folds: …'"),
        ("df --trial-time 3", "--trial-time is no option; write it in the body, as a line 'trial_time: …'"),
        ("df --target", "--target needs a value: --target C"),
        ("df --time --wait", "--time needs a value: --time 10m"),
        ("df --wait=yes", "--wait takes no value"),
        ("df --time 1m --time 2m", "--time is given twice: '1m' and '2m'"),
        ("df Churn", "'Churn' is one word too many: DATA is 'df' already (options start with --, a name with spaces needs quotes)"),
        ('df --target "Churn', "a quote or backslash in the line is not closed"),
    ],
)
def test_mistakes_in_a_cell_line(line, message):
    with pytest.raises(RequestError) as caught:
        parse_cell_line(line)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("stauts churn", "unknown command 'stauts'; did you mean 'status'? (a search starts with two %: %%automl as a cell's first line)"),
        ("panle", "unknown command 'panle'; did you mean 'panel'? (a search starts with two %: %%automl as a cell's first line)"),
        ("attach", "write it as: %automl attach NAME"),
        ("prune churn", "write it as: %automl prune NAME TRIAL"),
        ("stop churn now", "write it as: %automl stop [NAME]"),
        ("report churn --wiat", "unknown option '--wiat' for %automl report; did you mean '--wait'?"),
        ("list --wait", "unknown option '--wait' for %automl list"),
    ],
)
def test_mistakes_in_a_command_line(line, message):
    with pytest.raises(RequestError) as caught:
        parse_command_line(line)
    assert str(caught.value) == message


@pytest.mark.parametrize("line", ["", "help", "--help", "status --help"])
def test_help_is_a_word_away(line):
    assert parse_command_line(line).command.name == "help"


def test_help_names_everything():
    text = help_text()
    for name in (*OPTIONS, *COMMANDS, *BODY_KEYS):
        assert name in text


def test_the_keys_are_those_of_the_schema():
    assert sorted(BODY_KEYS) == sorted(KEYS)
    assert {option.key for option in OPTIONS.values() if option.key} < set(KEYS)


@given(st.text(max_size=40))
def test_any_line_is_understood_or_refused_on_purpose(line):
    for parse in (parse_cell_line, parse_command_line):
        complaint = None
        try:
            parse(line)
        except RequestError as error:
            complaint = str(error)
        assert complaint is None or complaint


def test_a_cell_without_a_body_gets_one():
    assert complete_cell(["%%automl df --target y"]) == ["%%automl df --target y\n", "\n"]
    assert complete_cell(["%%automl df\n", "seed: 1\n"]) == ["%%automl df\n", "seed: 1\n"]
    assert complete_cell(["%%time\n"]) == ["%%time\n"]
    assert complete_cell(["%%automlx\n"]) == ["%%automlx\n"]


def test_what_may_be_yaml_is_the_rest_of_the_line():
    line = parse_command_line("narrow churn  xgboost.max_depth: [3, 6]")
    assert line.arguments == ("churn", "xgboost.max_depth: [3, 6]")
    assert parse_command_line("narrow churn {linear.numeric.scaler: 'a b', svm.C: 1}").arguments[1] == "{linear.numeric.scaler: 'a b', svm.C: 1}"
    with pytest.raises(RequestError, match=r"write it as: %automl narrow NAME RANGES"):
        parse_command_line("narrow churn")
