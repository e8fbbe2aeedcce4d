"""Parsing from many threads at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from automl_lab.core.syntax import parse


def test_many_threads_parse_nested_source_at_once() -> None:
    text = "value = " + "(" * 40 + "1" + " + 1)" * 40 + "\n" + "\n".join(f"def f{i}(a):\n    return [a, {{'b': (a, [{i}])}}]" for i in range(200))
    with ThreadPoolExecutor(8) as threads:
        trees = list(threads.map(parse, [text] * 64))
    assert {len(tree.body) for tree in trees} == {201}
