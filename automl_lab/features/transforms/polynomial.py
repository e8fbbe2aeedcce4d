"""Squares and products of columns, for models that only add columns up."""

from __future__ import annotations

from automl_lab.features.option import Asked, Option
from automl_lab.pipelines.call import Call

# So many columns become 230.
MOST_COLUMNS = 20


def build(_asked: Asked) -> list[Call]:
    """Of the second degree, within the range of the training rows: an unusual new row must not explode."""
    return [
        Call("sklearn.preprocessing.MinMaxScaler", feature_range=(-1, 1), clip=True),
        Call("sklearn.preprocessing.PolynomialFeatures", degree=2, include_bias=False),
        Call("sklearn.preprocessing.StandardScaler"),
    ]


def suits(asked: Asked) -> bool:
    """Few columns, in a model that has no products of its own."""
    return asked.wants.additive and len(asked.columns) <= MOST_COLUMNS


POLYNOMIAL = Option(
    "polynomial",
    "squares and products of columns",
    build,
    ("sklearn.preprocessing.MinMaxScaler", "sklearn.preprocessing.PolynomialFeatures", "sklearn.preprocessing.StandardScaler"),
    suits,
    scales=True,
)
