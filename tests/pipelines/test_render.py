"""A rendered tree is source that builds exactly the tree, and that ruff leaves as it is."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from automl_lab.pipelines.audit import audit, permissions
from automl_lab.pipelines.call import Call, Hoisted
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.load import build_pipeline, same_build
from automl_lab.pipelines.render import render
from automl_lab.testing.families import check_with_ruff
from tests.pipelines.trees import trees

ALLOWED = permissions(["types.SimpleNamespace"])


def built_by_hand(value):
    """What the tree describes, made without any source."""
    match value:
        case Call():
            return SimpleNamespace(**{key: built_by_hand(each) for key, each in value.kwargs})
        case Hoisted():
            return built_by_hand(value.value)
        case list() | tuple():
            return type(value)(map(built_by_hand, value))
        case dict():
            return {key: built_by_hand(each) for key, each in value.items()}
        case _:
            return value


@settings(max_examples=100, deadline=None)
@given(trees())
def test_source_round_trip(tree: Call):
    source = render(tree, title="Any tree.")
    audit(source, ALLOWED)
    with tempfile.TemporaryDirectory() as folder:
        assert same_build(build_pipeline(source.load(Path(folder))), built_by_hand(tree))


# Shrinking a batch would start ruff hundreds of times; its complaint names the file anyway.
@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])
@given(st.lists(trees(), min_size=30, max_size=30))
def test_ruff_leaves_it_as_it_is(batch: list[Call]):
    with tempfile.TemporaryDirectory() as folder:
        check_with_ruff([render(tree, title="Any tree.", notes=["Some words."]) for tree in batch], Path(folder))


def test_the_text_a_reader_sees():
    numeric = Hoisted("numeric", ["age", 'the "new" one'])
    scaler = Call("sklearn.preprocessing.StandardScaler")
    prepare = Hoisted("prepare", Call("sklearn.compose.ColumnTransformer", [("numeric", scaler, numeric)]))
    model = Hoisted("model", Call("sklearn.linear_model.Ridge", alpha=0.5, random_state=0))
    source = render(Call("sklearn.pipeline.Pipeline", [("prepare", prepare), ("model", model)]), title="A ridge.", notes=["Takes\nnumbers.", "    fit(X, y)"])
    assert (
        source.text
        == '''"""A ridge.

Takes numbers.

    fit(X, y)
"""

from sklearn.compose import ColumnTransformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler


def build_pipeline() -> Pipeline:
    """Build the pipeline, not fitted yet."""
    numeric = ["age", 'the "new" one']

    prepare = ColumnTransformer([("numeric", StandardScaler(), numeric)])
    model = Ridge(alpha=0.5, random_state=0)
    return Pipeline([("prepare", prepare), ("model", model)])
'''
    )


@pytest.mark.parametrize("title", ['"""\nimport os\n"""', "back\\slash \\", 'ends in "', "\u202eturned\x00"])
def test_a_title_cannot_leave_its_docstring(title: str, tmp_path: Path):
    source = render(Call("types.SimpleNamespace"), title=title)
    audit(source, ALLOWED)
    assert "import os\n" not in source.text
    assert build_pipeline(source.load(tmp_path)) == SimpleNamespace()


def test_two_things_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two imports claim the name 'Ridge'"):
        render(Call("a.Ridge", Call("b.Ridge")), title="x")
    with pytest.raises(ValueError, match="two values claim the variable 'v'"):
        render(Call("a.B", Hoisted("v", [1]), Hoisted("v", [2])), title="x")
    with pytest.raises(ValueError, match="claim the name 'as_numbers'"):
        render(Call("a.B", Hoisted("as_numbers", [1]), Definition.of("automl_lab.features.emitted", "as_numbers")), title="x")
