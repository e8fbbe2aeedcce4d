"""Fitted pipelines as bytes and back, by skops: no pickle is ever loaded.

A stored model may hold the types that its own audited source defines or imports, what skops trusts by itself and a short list of compiled types of public
libraries. Everything else is refused before anything is built.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from automl_lab.core.errors import IntegrityError
from automl_lab.pipelines.source import Source

# Types skops asks about that are plain state of public libraries: they run no code of the file's choice.
TRUSTED = frozenset(
    {
        "collections.OrderedDict",  # scores that LightGBM keeps
        "functools.partial",  # how histogram boosting checks categories; what a partial calls is asked about by itself
        "lightgbm.basic.Booster",
        "numpy.dtype",
        "scipy._lib.array_api_compat.numpy._aliases.asarray",  # a BSpline keeps it
        "scipy.interpolate._bsplines.BSpline",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
        "sklearn.impute._iterative._ImputerTriplet",  # a column, those it is filled from, and the regression
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.metrics._dist_metrics.ManhattanDistance64",
        "sklearn.neighbors._kd_tree.KDTree",  # for few columns
        "sklearn.tree._tree.Tree",
        "sklearn.utils._bunch.Bunch",  # a dict that a voting estimator keeps its members in
        "sklearn.utils.validation.check_array",
        "xgboost.core.Booster",
    }
)


NAMES = "named_estimators_"
# skops lists the estimators of scikit-learn, which walks all of its packages: this one imports torch, and holds none.
HOLDS_NONE = "sklearn.externals.array_api_compat.torch"


def import_skops() -> ModuleType:
    """skops, imported without torch, which would take seconds and 180 MB in the process of a user who may never need it."""
    if HOLDS_NONE not in sys.modules and "skops.io" not in sys.modules:
        sys.modules[HOLDS_NONE] = None  # type: ignore[assignment]  # an import of it fails, which the walk passes over
        try:
            importlib.import_module("skops.io")
        finally:
            del sys.modules[HOLDS_NONE]
    importlib.import_module("skops.io")
    return sys.modules["skops"]


def dump_model(pipeline: Any) -> bytes:
    """A fitted pipeline as bytes. Its own classes are kept by the name of their module, so that module has to be loaded by ``Source.load``.

    The file is what ``skops.io.dumps`` writes, but for the indentation of its JSON and a search through all names for every array: a large forest takes
    half the time and two thirds of the space.
    """
    skops = import_skops()
    from skops.io._utils import SaveContext, get_state  # noqa: PLC0415

    buffer = io.BytesIO()
    with _Archive(buffer, "w") as archive, _without_names(pipeline):
        context = SaveContext(zip_file=archive)
        state = get_state(pipeline, context)
        context.clear_memo()
        archive.writestr("schema.json", json.dumps({**state, "protocol": context.protocol, "_skops_version": skops.__version__}))
    return buffer.getvalue()


class _Archive(zipfile.ZipFile):
    """A zip file whose names are found at once."""

    def namelist(self) -> Any:
        return self.NameToInfo.keys()


def load_model(data: bytes, source: Source, folder: Path) -> Any:
    """The pipeline of ``dump_model``; its module is loaded from ``source``, which the caller has audited, into ``folder``.

    Raises ``IntegrityError`` when the bytes are no such model or hold a type that is neither trusted nor of that source.
    """
    from sklearn.base import BaseEstimator  # noqa: PLC0415
    from sklearn.utils import Bunch  # noqa: PLC0415

    import_skops()
    from skops.io import get_untrusted_types, loads  # noqa: PLC0415

    module = source.load(folder)
    own = _accounted_for(module)
    try:
        asked = set(get_untrusted_types(data=data))
    except Exception as error:
        raise IntegrityError(f"these bytes hold no model that can be read: {error}") from error
    foreign = sorted(asked - TRUSTED - own)
    if foreign:
        raise IntegrityError(f"the stored model holds types that its source does not account for: {', '.join(foreign)}")
    pipeline = loads(data, trusted=sorted(asked))
    for each in _estimators(pipeline):
        if {"estimators", "estimators_"} <= vars(each).keys() and not hasattr(each, NAMES):
            names = [name for name, member in each.estimators if isinstance(member, BaseEstimator)]  # the others are dropped
            setattr(each, NAMES, Bunch(**dict(zip(names, each.estimators_, strict=True))))
    return pipeline


@contextmanager
def _without_names(pipeline: Any) -> Iterator[None]:
    """A voting or stacking estimator keeps its fitted members twice, in a list and by name, and skops would write what is not an array twice."""
    taken = [(each, vars(each).pop(NAMES)) for each in _estimators(pipeline) if NAMES in vars(each)]
    try:
        yield
    finally:
        for each, named in taken:
            setattr(each, NAMES, named)


def _estimators(pipeline: Any) -> list[Any]:
    """The pipeline, its steps and what they are made of."""
    from sklearn.base import BaseEstimator  # noqa: PLC0415

    found: dict[int, Any] = {}
    left = [pipeline]
    while left:
        each = left.pop()
        if isinstance(each, (list, tuple)):
            left.extend(each)
        elif isinstance(each, BaseEstimator) and id(each) not in found:
            found[id(each)] = each
            left.extend(vars(each).values())
    return list(found.values())


def _accounted_for(module: ModuleType) -> set[str]:
    """The classes that an audited module defines or imports, and the functions it defines."""
    return {
        f"{value.__module__}.{value.__qualname__}"
        for value in vars(module).values()
        if isinstance(value, type) or (isinstance(value, FunctionType) and value.__module__ == module.__name__)
    }
