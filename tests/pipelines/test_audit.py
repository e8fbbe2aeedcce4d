"""The audit takes what the renderer writes from registered parts and nothing else."""

from __future__ import annotations

import pytest

from automl_lab.core.errors import IntegrityError
from automl_lab.pipelines.audit import audit, permissions
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.render import render
from automl_lab.pipelines.source import Source

AS_NUMBERS = Definition.of("automl_lab.features.emitted", "as_numbers")
ALLOWED = permissions(["sklearn.linear_model.Ridge", AS_NUMBERS])
HEAD = "from sklearn.linear_model import Ridge\n\n\n"


def built(body: str, head: str = HEAD) -> Source:
    return Source(f"{head}def build_pipeline():\n    {body}\n")


@pytest.mark.parametrize(
    "body",
    ["return Ridge(alpha=-1.5)", "a = [1, {'x': (None, True)}]\n    return Ridge(a)", "return Ridge()"],
)
def test_plain_builders_pass(body: str):
    audit(built(body), ALLOWED)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("return eval('1')", "line 5"),
        ("return Ridge().fit", "no registered part writes"),
        ("return Ridge.__class__", "no registered part writes"),
        ("return Ridge(*[1])", "no registered part writes"),
        ("return Ridge(**{})", "written out"),
        ("return Ridge([x for x in ()])", "no registered part writes"),
        ("return Ridge(lambda: 1)", "no registered part writes"),
        ("return Ridge(f'{1}')", "no registered part writes"),
        ("return Ridge(b'1')", "no registered part writes"),
        ("return Ridge(alpha=(y := 1))", "no registered part writes"),
        ("return Ridge(1 if True else 2)", "no registered part writes"),
        ("return unknown", "no registered part writes"),
        ("import os\n    return Ridge()", "plain assignments"),
        ("Ridge()\n    return Ridge()", "plain assignments"),
        ("a = b = 1\n    return Ridge()", "plain assignments"),
        ("Ridge = 1\n    return Ridge", "bound twice"),
        ("a = 1\n    a = 2\n    return Ridge(a)", "bound twice"),
        ("a = 1", "ends by returning"),
        ("return", "ends by returning"),
        ("return {**{'a': 1}}", "no registered part writes"),
        ("return np.nan", "no registered part writes"),
    ],
)
def test_other_builders_are_refused(body: str, complaint: str):
    with pytest.raises(IntegrityError, match=complaint):
        audit(built(body), ALLOWED)


@pytest.mark.parametrize(
    "head",
    [
        "import os\n",
        "import sklearn.linear_model as Ridge\n",
        "from os import system as Ridge\n",
        "from sklearn.linear_model import *\n",
        "from . import Ridge\n",
        "from sklearn.linear_model import Ridge, Lasso\n",
        "Ridge = print\n",
        "def Ridge():\n    return 1\n",
        "class Ridge:\n    pass\n",
        "if True:\n    from sklearn.linear_model import Ridge\n",
    ],
)
def test_other_modules_are_refused(head: str):
    with pytest.raises(IntegrityError, match="refused at line 1"):
        audit(built("return 1", head), ALLOWED)


@pytest.mark.parametrize("text", ["def broken(:\n", "x = '\x00'", "", "from sklearn.linear_model import Ridge\n"])
def test_what_builds_nothing_is_refused(text: str):
    with pytest.raises(IntegrityError):
        audit(Source(text), ALLOWED)


@pytest.mark.parametrize("signature", ["build_pipeline(x=print('now'))", "build_pipeline(*a)", "build_pipeline() -> print('now')"])
def test_the_builder_takes_nothing(signature: str):
    with pytest.raises(IntegrityError):
        audit(Source(f"{HEAD}def {signature}:\n    return 1\n"), ALLOWED)


def test_a_definition_is_known_by_its_syntax_tree():
    source = render(Call("sklearn.linear_model.Ridge", AS_NUMBERS), title="A ridge.")
    audit(source, ALLOWED)
    audit(Source(source.text.replace("    numbers =", "    # a comment\n    numbers =")), ALLOWED)
    with pytest.raises(IntegrityError, match="no registered part defines this 'as_numbers'"):
        audit(Source(source.text.replace("np.finfo(np.float32).max", "np.finfo(np.float64).max")), ALLOWED)
    with pytest.raises(IntegrityError, match="no registered part defines"):
        audit(source, permissions(["sklearn.linear_model.Ridge", "numpy.nan", "pandas.DataFrame"]) | {"import pandas as pd"})
