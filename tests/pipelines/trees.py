"""Random call trees: every plain value, nested, with calls of public constructors that take anything."""

from __future__ import annotations

import zlib

from hypothesis import strategies as st

from automl_lab.pipelines.call import Call, Hoisted

_TEXT = st.text(max_size=30) | st.sampled_from(
    ['say "hi"', "it's", "both \" and '", "back\\slash", "tab\tnew\nline", "🙂" * 30, "\u200bzero", "x" * 100, "f{x}", "%s", "\\N{DASH}", ""]
)
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | _TEXT
_KEYS = st.sampled_from(["alpha", "n_estimators", "columns", "a_rather_long_name_of_a_keyword_argument_that_some_library_has"])


def trees() -> st.SearchStrategy[Call]:
    """Calls nested a few levels deep."""
    values = st.recursive(_SCALARS, _inside, max_leaves=12)
    return _calls(values)


def _inside(values: st.SearchStrategy) -> st.SearchStrategy:
    return (
        st.lists(values, max_size=5)
        | st.lists(values, max_size=3).map(tuple)
        | st.dictionaries(_TEXT | st.integers(), values, max_size=3)
        | _calls(values)
        | (st.lists(values, max_size=5) | _calls(values)).map(lambda value: Hoisted(f"variable_{zlib.crc32(repr(value).encode())}", value))
    )


def _calls(values: st.SearchStrategy) -> st.SearchStrategy[Call]:
    return st.dictionaries(_KEYS, values, max_size=4).map(lambda kwargs: Call("types.SimpleNamespace", **kwargs))
