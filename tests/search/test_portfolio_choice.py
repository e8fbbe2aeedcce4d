"""How the shipped portfolio was chosen: the greedy order, what leaving a data set out takes with it, and which of the configurations that were found count."""

from __future__ import annotations

import gzip
import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from automl_lab.models.family import FAMILIES
from benchmarks import portfolio, rdata
from benchmarks.portfolio import Table, better, choose, configurations


def line(data: str, key: str, loss: float | None, seconds: float = 1.0, found_on: str | None = None) -> dict[str, Any]:
    return {"data": data, "kind": "classification", "key": key, "loss": loss, "seconds": seconds, "params": {"of": key}, "found_on": found_on}


def test_what_adds_most_per_second_comes_first() -> None:
    measured = {"a": (0, 1, 9, 9), "b": (9, 0, 9, 9), "c": (9, 1, 0, 9)}
    lines = [line(data, key, loss) for data, losses in measured.items() for key, loss in zip("xyzw", losses, strict=True)]
    order = Table.of(lines, "classification").greedy()
    assert order[0] == "y"  # good everywhere
    assert set(order) == {"x", "y", "z"}  # each of the others is the best somewhere
    dear = [{**each, "seconds": 400.0} if each["key"] == "y" else each for each in lines]
    assert Table.of(dear, "classification").greedy()[0] != "y"


@given(st.lists(st.lists(st.one_of(st.none(), st.floats(0, 1e6)), min_size=3, max_size=3), min_size=1, max_size=6), st.integers(1, 5))
def test_no_configuration_is_chosen_twice_and_regret_never_grows(losses: list[list[float | None]], entries: int) -> None:
    lines = [line(str(place), key, loss) for place, row in enumerate(losses) for key, loss in zip("xyz", row, strict=True)]
    if not all(any(loss is not None for loss in row) for row in losses):
        return
    table = Table.of(lines, "classification")
    order = table.greedy(entries)
    assert len(order) == len(set(order)) <= entries
    for name in table.names:
        reached = table.reached(name, order)
        assert all(0 <= later <= earlier <= 1 for earlier, later in pairwise(reached))


def test_leaving_a_data_set_out_leaves_out_what_was_found_there() -> None:
    lines = [line("a", "x", 0.1), line("b", "x", 0.3), line("b", "found", 0.0, found_on="a"), line("c", "found", 0.0, found_on="a"), line("c", "x", 0.3)]
    assert "found" in Table.of(lines, "classification").keys
    left = Table.of(lines, "classification").without(["a"])
    assert (left.names, left.keys) == (["b", "c"], ["x"])


def found(family: str, on: str, default: float | None, loss: float) -> dict[str, Any]:
    return {"found_on": on, "kind": "classification", "family": family, "params": {"on": on}, "loss": loss, "default": default}


@given(st.lists(st.tuples(st.sampled_from(["svm", "knn"]), st.floats(0, 1), st.floats(0, 1)), max_size=12), st.integers(1, 4))
def test_only_what_gained_counts_and_so_many_of_each_family(rows: list[tuple[str, float, float]], most: int) -> None:
    lines = [found(family, f"t{place}", default, loss) for place, (family, default, loss) in enumerate(rows)]
    kept = better(lines, most)
    assert all(each["loss"] < each["default"] for each in kept)
    for family in ("svm", "knn"):
        own = [each for each in kept if each["family"] == family]
        assert len(own) <= most
        assert bool(own) == any(each["family"] == family and each["loss"] < each["default"] for each in lines)


def test_a_family_whose_default_failed_has_gained() -> None:
    assert better([found("svm", "a", None, 0.5), found("knn", "a", 0.4, math.inf)], 3) == [found("svm", "a", None, 0.5)]


def test_defaults_come_before_what_was_found() -> None:
    keys = [each.key for each in configurations("classification", [found("svm", "a", 0.5, 0.4)])]
    assert keys[-1] == "svm/@a"
    assert all(key.endswith("/default") for key in keys[:-1])
    assert {key.partition("/")[0] for key in keys} <= set(FAMILIES)


def test_the_shipped_list_is_the_one_that_its_results_give() -> None:
    results = Path(portfolio.__file__).with_name("portfolio.jsonl.gz")
    shipped = Path("automl_lab/search/portfolio.json")
    with gzip.open(results, "rt", encoding="utf-8") as file:
        lines = [json.loads(each) for each in file]
    assert choose(lines, []) == json.loads((Path(portfolio.__file__).parents[1] / shipped).read_text("utf-8"))


def test_sources_have_names_of_their_own_and_some_are_kept_apart() -> None:
    names = [source.name for source in rdata.SOURCES]
    assert len(set(names)) == len(names)
    apart = [source.name for source in rdata.SOURCES if rdata.unseen(source)]
    assert "oj" in apart
    with gzip.open(Path(portfolio.__file__).with_name("portfolio.jsonl.gz"), "rt", encoding="utf-8") as file:
        assert not {json.loads(each)["data"] for each in file} & set(apart)
