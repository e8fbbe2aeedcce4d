"""The YAML reader: plain values with places, and everything dangerous refused."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl_lab import yaml_text
from automl_lab.core.errors import RequestError

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")))
)
KEYS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1)


@given(
    st.dictionaries(KEYS, st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6), max_size=4)
)
def test_what_is_dumped_is_read_back(values):
    assert yaml_text.read(yaml_text.dump(values)).values == values


@pytest.mark.parametrize("text", ["yes", "no", "on", "2024-01-01", "10:30", "0x10", "1_000", "<<", "="])
def test_scalars_that_only_old_yaml_converts_stay_text(text):
    assert yaml_text.read(f"target: {text}").values == {"target": text}


def test_keys_stay_text():
    assert yaml_text.read("columns: {5: numeric, true: drop, 1.0: text}").values == {"columns": {"5": "numeric", "true": "drop", "1.0": "text"}}


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing here\n", "~"])
def test_an_empty_body_is_an_empty_mapping(text):
    assert yaml_text.read(text).values == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("target: !!python/object/apply:os.system ['true']", "line 2, column 9: the tag '!!python/object/apply:os.system' is refused; write plain values"),
        ("target: !!python/name:os.system", "line 2, column 9: the tag '!!python/name:os.system' is refused; write plain values"),
        ("seed: 1\ntarget: !mine x", "line 3, column 9: the tag '!mine' is refused; write plain values"),
        ("seed: &a 1\nfolds: *a", "line 3, column 8: the alias '*a' is refused; write the value out, or put the text in quotes"),
        ("seed: 1\nfolds: 2\nseed: 3", "line 4, column 1: the key 'seed' is there twice, first in line 2"),
        ("seed: 1\n---\nseed: 2", "line 3, column 1: a second YAML document ('---') is refused"),
        ("- a\n- b", "line 2, column 1: the body should be lines of 'key: value'"),
        ("roc_auc", "line 2, column 1: the body should be lines of 'key: value'"),
        ("? [a]\n: b", "line 2, column 3: a key should be plain text"),
        ("seed: 1\n  folds: 2", "line 3, column 8: invalid YAML: mapping values are not allowed here"),
        ("models: [xgboost", "line 2, column 17: invalid YAML: expected ',' or ']', but got '<stream end>'"),
        ("target: 'Churn", "line 2, column 15: invalid YAML: found unexpected end of stream"),
        ("\ttarget: x", "line 2, column 1: invalid YAML: found character '\\t' that cannot start any token"),
        ("a: 1\nb: \x07", "line 3, column 1: invalid YAML: the character U+0007 is not allowed"),
    ],
)
def test_what_is_refused_has_one_line_and_a_place(text, message):
    with pytest.raises(RequestError) as caught:
        yaml_text.read(text, first_line=2)
    assert str(caught.value) == message


def test_bombs_end_at_once():
    laughs = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{n}: &{n} [{','.join(['*' + p] * 9)}]\n" for p, n in zip("abcdefgh", "bcdefghi", strict=True))
    started = time.monotonic()
    for text in (laughs, "a: " + "[" * 40_000, "a: " + "x" * 1_000_000, "{" * 50_000):
        with pytest.raises(RequestError):
            yaml_text.read(text)
    assert time.monotonic() - started < 5


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_on_purpose(text):
    complaint = ""
    try:
        yaml_text.read(text)
    except RequestError as error:
        complaint = str(error)
    assert "\n" not in complaint


def test_places():
    text = yaml_text.read("objectives:\n  - roc_auc\n  - predict_ms\ncolumns: {a: drop}\n", first_line=2)
    assert text.places[("objectives", 1)] == (4, 5)
    assert text.keys[("columns", "a")] == (5, 11)
    assert text.places[("columns", "a")] == (5, 14)
