"""Every kind of column as it comes in real tables."""

from __future__ import annotations

import datetime
import decimal
import uuid

import numpy as np
import pandas as pd
import pytest

from automl_lab.core.errors import RequestError
from automl_lab.data.kinds import understand

pytestmark = pytest.mark.filterwarnings("error")

N = 200
RNG = np.random.default_rng(5)
DAYS = pd.date_range("2024-01-01", periods=N)
NUMBERS = RNG.uniform(1, 9999, N)
CODES = RNG.integers(1, 6, N)


def column(values, name="x", dtype=None):
    return pd.Series(values, name=name, dtype=dtype)


@pytest.mark.parametrize(
    ("series", "kind", "dtype"),
    [
        pytest.param(column(NUMBERS), "numeric", "float64", id="floats"),
        pytest.param(column(CODES), "numeric", "int64", id="few whole numbers stay numeric"),
        pytest.param(column([0, 1] * 100), "numeric", "int64", id="0 and 1 stay numeric"),
        pytest.param(column(NUMBERS, dtype="float32"), "numeric", "float64", id="float32"),
        pytest.param(column([1, None] * 100, dtype="Int64"), "numeric", "float64", id="nullable integers with gaps"),
        pytest.param(column([1, 2] * 100, dtype="Int64"), "numeric", "int64", id="nullable integers without"),
        pytest.param(column([1, 2] * 100, dtype="uint8"), "numeric", "int64", id="small integers"),
        pytest.param(column([1, 2] * 100, dtype="int64[pyarrow]"), "numeric", "int64", id="Arrow integers"),
        pytest.param(column([decimal.Decimal("1.5"), None] * 100), "numeric", "float64", id="decimals"),
        pytest.param(column([1, 2.5] * 100, dtype=object), "numeric", "float64", id="Python numbers"),
        pytest.param(column([2**70, 1] * 100, dtype=object), "numeric", "float64", id="huge Python integers"),
        pytest.param(column([pd.Timedelta("1h"), pd.Timedelta("2h")] * 100), "numeric", "float64", id="durations"),
        pytest.param(column(pd.arrays.SparseArray([0, 0, 1, 2])), "numeric", "int64", id="sparse"),
        pytest.param(column([f"{v:,.2f}" for v in NUMBERS]), "numeric", "float64", id="thousands"),
        pytest.param(column([f"${v:,.2f}" for v in NUMBERS]), "numeric", "float64", id="dollars"),
        pytest.param(column([f"{v:.1f}%" for v in NUMBERS]), "numeric", "float64", id="percent"),
        pytest.param(column([f"{v:.2f}".replace(".", ",") for v in NUMBERS]), "numeric", "float64", id="decimal comma"),
        pytest.param(column([" ", *(f"{v:.2f}" for v in NUMBERS)]), "numeric", "float64", id="numbers with a blank"),
        pytest.param(column(["?", *map(str, CODES)]), "numeric", "float64", id="codes with a question mark for missing"),
        pytest.param(column([str(v) for v in CODES]), "categorical", "str", id="few codes written as text"),
        pytest.param(column([f"{v:05d}" for v in CODES]), "categorical", "str", id="codes with leading zeros"),
        pytest.param(column(["red", "green", None, "blue"] * 50), "categorical", "str", id="words"),
        pytest.param(column(["a", "b"] * 100, dtype="category"), "categorical", "str", id="category of words"),
        pytest.param(column([1, 2] * 100, dtype="category"), "categorical", "str", id="category of numbers"),
        pytest.param(column(pd.cut(NUMBERS, 4)), "categorical", "str", id="intervals"),
        pytest.param(column(["a", 1] * 100), "categorical", "str", id="mixed types"),
        pytest.param(column([["x"], ["x", "y"]] * 100), "categorical", "str", id="lists"),
        pytest.param(column(["A+", "B-"] * 100), "categorical", "str", id="grades"),
        pytest.param(column(["1.2.3", "1.2.4"] * 100), "categorical", "str", id="versions"),
        pytest.param(column(["10-20", "20-30"] * 100), "categorical", "str", id="ranges"),
        pytest.param(column(["12:30", "13:45"] * 100), "categorical", "str", id="times of day"),
        pytest.param(column([f"A/5 {v}" for v in RNG.integers(0, 120, N)]), "categorical", "str", id="tickets that repeat"),
        pytest.param(column([True, False] * 100), "boolean", "str", id="bool"),
        pytest.param(column([True, None, False, None] * 50), "boolean", "str", id="bool with gaps"),
        pytest.param(column([True, None] * 100, dtype="boolean"), "boolean", "str", id="nullable bool"),
        pytest.param(column(["yes", "No", "YES", None] * 50), "boolean", "str", id="yes and no"),
        pytest.param(column(["t", "f"] * 100), "boolean", "str", id="t and f"),
        pytest.param(column(DAYS), "datetime", "datetime64[us]", id="moments"),
        pytest.param(column(DAYS.tz_localize("Europe/Berlin")), "datetime", "datetime64[us]", id="moments of a zone"),
        pytest.param(column(DAYS.to_period("D")), "datetime", "datetime64[us]", id="periods"),
        pytest.param(column([datetime.date(2024, 1, 2), None, datetime.date(2024, 3, 2)] * 50), "datetime", "datetime64[us]", id="dates"),
        pytest.param(column(DAYS.strftime("%Y-%m-%d")), "datetime", "datetime64[us]", id="ISO dates"),
        pytest.param(column(DAYS.strftime("%Y-%m-%dT%H:%M:%SZ")), "datetime", "datetime64[us]", id="ISO moments"),
        pytest.param(column(DAYS.strftime("%d.%m.%Y")), "datetime", "datetime64[us]", id="dates with points"),
        pytest.param(column(DAYS.strftime("%d/%m/%Y %H:%M")), "datetime", "datetime64[us]", id="day first"),
        pytest.param(column(DAYS.strftime("%b %d, %Y")), "datetime", "datetime64[us]", id="months by name"),
        pytest.param(column(["2024-01-05", "2024-02-03", None] * 60), "datetime", "datetime64[us]", id="few dates"),
        pytest.param(column([f"the {i}th thing that I have to say about it" for i in range(N)]), "text", "str", id="sentences"),
        pytest.param(column([f"Braund, Mr. Owen {i}" for i in range(N)]), "text", "str", id="long names"),
        pytest.param(column([str(uuid.UUID(int=i)) for i in range(N)]), "identifier", "str", id="UUIDs"),
        pytest.param(column([f"{i:04d}-ABCDE" for i in range(N)], "customerID"), "identifier", "str", id="customer ids"),
        pytest.param(column(RNG.permutation(10_000)[:N], "customer_id"), "identifier", "str", id="numbers named id"),
        pytest.param(column([f"p{i}@example.org" for i in range(N)]), "identifier", "str", id="addresses"),
        pytest.param(column(range(N)), "identifier", "str", id="row numbers from 0"),
        pytest.param(column(range(1, N + 1), "Unnamed: 0"), "identifier", "str", id="row numbers from 1"),
        pytest.param(column([f"{v}" for v in RNG.permutation(90_000)[:N] + 10_000]), "identifier", "str", id="digits of one length that never repeat"),
        pytest.param(column(range(1900, 1900 + N), "year"), "numeric", "int64", id="years in order are no row numbers"),
        pytest.param(column(RNG.permutation(10_000)[:N], "paid"), "numeric", "int64", id="amounts that never repeat"),
        pytest.param(column(["a"] * N), "constant", "str", id="constant"),
        pytest.param(column([3] * N), "constant", "int64", id="constant number"),
        pytest.param(column([None] * N), "constant", "float64", id="all missing"),
        pytest.param(column([" "] * N), "constant", "str", id="all blank"),
        pytest.param(column([1.0, None] * 100), "numeric", "float64", id="one number or missing"),
    ],
)
def test_kind(series, kind, dtype):
    found = understand(series)
    assert (found.column.kind, found.column.dtype, str(found.values.dtype)) == (kind, dtype, dtype)
    assert len(found.values) == len(series)


def test_texts_become_the_numbers_they_mean():
    for texts, numbers in [
        (["1,234.5", "$2,000", "3", None], [1234.5, 2000, 3, np.nan]),
        (["1.234,5", "2,5", "3", " "], [1234.5, 2.5, 3, np.nan]),
        (["12 %", "5%", "1e3"], [12, 5, 1000]),
        (["1 234,5", "1’234", "−2"], [1234.5, 1234, -2]),
        ([".5", "-1.", "+2"], [0.5, -1, 2]),
    ]:
        assert understand(column(texts), "numeric").values.tolist() == pytest.approx(numbers, nan_ok=True)


def test_texts_become_the_dates_they_mean():
    expected = [pd.Timestamp("2024-01-31"), pd.Timestamp("2024-02-01")]
    for texts in (
        ["31/01/2024", "01/02/2024"],
        ["01/31/2024", "02/01/2024"],
        ["31.1.2024", "1.2.2024"],
        ["2024/01/31", "2024/02/01"],
        ["31-Jan-24", "01-Feb-24"],
    ):
        assert understand(column(texts)).values.tolist() == expected, texts
    zones = understand(column(["2024-01-31T02:00:00+02:00", "2024-02-01T00:00:00Z"]))
    assert zones.values.tolist() == expected


def test_the_order_of_day_and_month_is_found_in_all_values_not_in_a_sample():
    texts = [f"{day:02d}/{month:02d}/2024" for month in range(1, 13) for day in range(1, 13)] * 9 + ["31/01/2024"]
    found = understand(column(texts))
    assert found.column.written == "%d/%m/%Y"
    assert found.values.iloc[-1] == pd.Timestamp("2024-01-31")


def test_dates_that_can_be_read_either_way_are_reported():
    found = understand(column(["01/02/2024", "03/04/2024"] * 20))
    assert "day and month cannot be told apart; read as %m/%d/%Y, so 2024-01-02T00:00:00" in [each.text for each in found.findings]


def test_a_few_broken_cells_are_missing_and_reported():
    found = understand(column([*(f"{v:.2f}" for v in NUMBERS), "oops", "n/a"]))
    assert found.column.kind == "numeric"
    assert found.values.isna().sum() == 2
    assert [each.text for each in found.findings] == ["1.0% missing", "'oops' cannot be read as numbers; taken as missing", "text read as numbers"]


def test_what_is_said_about_a_column():
    def said(values, name="x"):
        return [(each.level, each.column, each.text) for each in understand(column(values, name)).findings]

    assert said([1.0, 2.5] * 10) == []
    assert said(["a"] * 10) == [("warning", "x", "one value only (a); left out")]
    assert said([None] * 10) == [("warning", "x", "no value at all; left out")]
    assert said([None] * 6 + [1.5, 2.5] * 2) == [("warning", "x", "60.0% missing")]
    assert said([None] + [1.5, 2.5] * 10) == [("info", "x", "4.8% missing")]
    assert said([*range(30)], "row_id") == [("warning", "row_id", "looks like an identifier (30 distinct values); left out")]
    assert said([1.5, np.inf] * 10)[-1] == ("warning", "x", "holds infinite values (10), taken as missing")
    assert said([1, "a"] * 10) == [("warning", "x", "holds values of different types int, str, taken as text")]


def test_the_column_carries_share_count_and_example():
    found = understand(column([None, "b ", "a", "b"])).column
    assert (found.missing, found.unique, found.example, found.usable) == (0.25, 2, "b", True)
    assert understand(column(["x" * 500] * 3)).column.example == "x" * 80


@pytest.mark.parametrize(
    ("series", "asked", "values"),
    [
        (column([1, 2, 1]), "categorical", ["1", "2", "1"]),
        (column([1.0, 2.5, None]), "categorical", ["1", "2.5", np.nan]),
        (column(["1", "2", "1"]), "numeric", [1, 2, 1]),
        (column([True, False, True]), "numeric", [1.0, 0.0, 1.0]),
        (column([1, 0, 1]), "boolean", ["1", "0", "1"]),
        (column([20240131, 20240201]), "datetime", [pd.Timestamp("2024-01-31"), pd.Timestamp("2024-02-01")]),
        (column(["a", "b"]), "identifier", ["a", "b"]),
        (column([3.5, 1.5]), "constant", [3.5, 1.5]),
        (column(["some words", " "]), "text", ["some words", np.nan]),
    ],
)
def test_an_override_is_taken(series, asked, values):
    found = understand(series, asked)
    assert found.column.kind == asked
    assert pd.Series(found.values.tolist()).equals(pd.Series(values))


def test_an_override_that_cannot_be():
    with pytest.raises(RequestError, match=r"^column 'x' cannot be numeric: 'b' is no number$") as caught:
        understand(column(["1", "b"]), "numeric")
    assert caught.value.path == ("columns", "x")
    with pytest.raises(RequestError, match=r"^column 'x' cannot be datetime: 'soon' is no date$"):
        understand(column(["2024-01-01", "soon"]), "datetime")
    with pytest.raises(RequestError, match=r"^column 'x' holds dates, which are no numbers$"):
        understand(column(DAYS), "numeric")


def test_complex_numbers_are_refused():
    with pytest.raises(RequestError, match=r"^column 'x' holds complex numbers; give their real and imaginary parts as two columns$"):
        understand(column([1j, 2j]))
