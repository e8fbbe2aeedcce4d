"""Stored models come back only with types that their source accounts for."""

from __future__ import annotations

import pickle
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from automl_lab.core.errors import IntegrityError
from automl_lab.evaluation.candidate import render_candidate
from automl_lab.models.family import FAMILIES
from automl_lab.pipelines.load import build_pipeline, same_build
from automl_lab.pipelines.persist import dump_model, load_model
from automl_lab.testing.frames import sample


class Foreign(Ridge):
    """A type that no source defines."""


@pytest.fixture
def source():
    return render_candidate(FAMILIES["xgboost"], {}, sample("binary").profile)


def test_a_foreign_type_is_refused(source, tmp_path: Path):
    with pytest.raises(IntegrityError, match=r"does not account for: .*test_persist\.Foreign"):
        load_model(skops.io.dumps(Pipeline([("model", Foreign())])), source, tmp_path)


@pytest.mark.parametrize("power", [1, 2])
def test_neighbours_among_few_columns_come_back(power: int, tmp_path: Path):
    """Where columns are few they are looked up in a tree, and the tree is a type of its own."""
    data = sample("binary", rows=300).only("numeric")
    known = render_candidate(FAMILIES["knn"], {"knn.p": power}, data.profile)
    fitted = build_pipeline(known.load(tmp_path)).fit(data.X, data.y)
    again = load_model(dump_model(fitted), known, tmp_path)
    assert np.array_equal(again.predict_proba(data.X), fitted.predict_proba(data.X))


def test_a_foreign_function_is_refused(source, tmp_path: Path):
    with pytest.raises(IntegrityError, match=r"posix\.system"):
        load_model(skops.io.dumps(FunctionTransformer(__import__("os").system)), source, tmp_path)


def test_a_foreign_function_inside_a_partial_is_refused(source, tmp_path: Path):
    with pytest.raises(IntegrityError, match=r"account for: posix\.system$"):
        load_model(skops.io.dumps(FunctionTransformer(partial(__import__("os").system, "true"))), source, tmp_path)


def test_the_type_of_another_source_is_refused(source, tmp_path: Path):
    data = sample("binary")
    other = render_candidate(FAMILIES["xgboost"], {"xgboost.max_depth": 2}, data.profile)
    fitted = build_pipeline(other.load(tmp_path)).fit(data.X, data.y)
    with pytest.raises(IntegrityError, match=other.module_name()):
        load_model(dump_model(fitted), source, tmp_path)


@pytest.mark.parametrize("data", [b"", b"junk", pickle.dumps({"a": 1})])
def test_bytes_that_are_no_model_are_refused(data: bytes, source, tmp_path: Path):
    with pytest.raises(IntegrityError, match="no model that can be read"):
        load_model(data, source, tmp_path)


def test_same_build_sees_every_difference():
    assert same_build(Ridge(alpha=np.nan), Ridge(alpha=np.nan))
    assert not same_build(Ridge(), Ridge(alpha=2.0))
    assert not same_build(Ridge(), Foreign())
    assert not same_build(Ridge(alpha=1), Ridge(alpha=True))
    assert not same_build(Pipeline([("a", Ridge())]), Pipeline([("a", Ridge()), ("b", Ridge())]))
    touched = Ridge()
    touched.hidden_ = np.zeros(3)
    assert not same_build(Ridge(), touched)


def test_a_users_process_pays_for_no_torch() -> None:
    """Importing skops walks all packages of scikit-learn; what reads a model of trees needs a third of what that would import."""
    code = "import sys; from automl_lab.pipelines.persist import import_skops; import_skops(); print('skops.io' in sys.modules, 'torch' in sys.modules); "
    code += "import sklearn.externals.array_api_compat.torch; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["True False", "True"], "and whoever wants torch there gets it"
