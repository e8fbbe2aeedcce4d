"""Call trees hold plain values only and survive JSON."""

from __future__ import annotations

import enum
import json
import math

import numpy as np
import pytest
from hypothesis import given

from automl_lab.pipelines.call import Call, Hoisted
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.load import same_build
from tests.pipelines.trees import trees

RIDGE = "sklearn.linear_model.Ridge"


class Colour(enum.StrEnum):
    RED = "red"


@pytest.mark.parametrize("value", [np.float64(0.1), np.int64(3), np.bool_(True), np.array([1.0]), np.str_("a"), Colour.RED, object(), {1, 2}, b"x", 1j])
def test_a_call_refuses_what_has_no_faithful_literal(value):
    with pytest.raises(TypeError, match="cannot stand in a pipeline's call tree"):
        Call(RIDGE, [{"deep": (value,)}])


@pytest.mark.parametrize("target", ["Ridge", "os.system('x')", "a b.c", "", "a..b"])
def test_a_target_is_a_dotted_name(target):
    with pytest.raises(TypeError, match="dotted name"):
        Call(target)


def test_a_variable_has_a_plain_name():
    with pytest.raises(TypeError, match="no name for a variable"):
        Hoisted("import os\nx", [1])
    with pytest.raises(TypeError, match="for a list or a call"):
        Hoisted("x", 1)


@given(trees())
def test_json_round_trip(tree: Call):
    again = Call.from_json(json.loads(json.dumps(tree.to_json(), allow_nan=False)))
    assert same_build(again, tree)


def test_json_keeps_definitions_and_special_floats():
    topics = Definition.of("automl_lab.features.emitted", "datetime_names")
    call = Call(topics, Hoisted("far", [math.inf, -math.inf, -0.0]), (1,), {"a": (2, [3])})
    assert Call.from_json(json.loads(json.dumps(call.to_json()))) == call


def test_json_of_another_shape_is_refused():
    for data in ({"spawn": 1}, [1], "x", {"dict": []}):
        with pytest.raises(TypeError):
            Call.from_json(data)


def test_a_definition_brings_what_it_needs_in_order():
    names = [each.name for each in Definition.of("automl_lab.features.emitted", "datetime_names").closure()]
    assert names == ["datetime_parts", "datetime_names"]


def test_a_missing_definition_is_named():
    with pytest.raises(LookupError, match="defines no Nothing"):
        Definition.of("automl_lab.features.emitted", "Nothing")
