"""The portfolio: every entry fits every kind of data, none is tried twice, and another list can stand in its place."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from automl_lab.core.errors import RequestError
from automl_lab.data.profile import TASKS, Task
from automl_lab.evaluation.candidate import default_params, render_candidate
from automl_lab.models.family import FAMILIES
from automl_lab.search.portfolio import LARGE, OTHER, closest, entries, opening
from automl_lab.testing.frames import Sample, sample

KINDS = [("numeric",), ("categorical", "boolean"), ("numeric", "categorical", "boolean", "datetime", "text")]


def families(task: Task) -> list[str]:
    return [name for name, family in FAMILIES.items() if task in family.tasks]


def narrowed(task: Task, kinds: tuple[str, ...]) -> Sample:
    return sample(task).only(*kinds)  # type: ignore[arg-type]


@pytest.mark.parametrize("kinds", KINDS, ids="+".join)
@pytest.mark.parametrize("task", TASKS)
def test_every_entry_is_a_candidate_of_every_kind_of_data(task: Task, kinds: tuple[str, ...]) -> None:
    profile = narrowed(task, kinds).profile
    asked = opening([FAMILIES[name] for name in families(task)], profile)
    assert len(asked) > len(families(task))
    for each in asked:
        render_candidate(FAMILIES[each.family], each.params, profile)
    assert len({(each.family, json.dumps(each.params, sort_keys=True)) for each in asked}) == len(asked)
    assert {each.family for each in asked} == set(families(task))
    assert asked[0].family == "baseline"


@pytest.mark.parametrize("task", TASKS)
def test_large_data_begins_with_a_model_that_is_there_within_seconds(task: Task) -> None:
    profile = narrowed(task, ("numeric", "categorical")).profile
    known = [FAMILIES[name] for name in families(task)]
    cheap = [each.name for each in known if each.wants.prepared and each.cost == "cheap"]
    large = opening(known, replace(profile, rows=LARGE))
    assert [each.family for each in large[1 : 1 + len(cheap)]] == cheap
    assert large[1].params == default_params(FAMILIES[cheap[0]], replace(profile, rows=LARGE))


@pytest.mark.parametrize("task", TASKS)
def test_entries_name_parameters_that_there_are(task: Task) -> None:
    """An entry that changes nothing on data of every kind was written for families that are no longer like that."""
    profile = sample(task, rows=2000).profile
    for entry in entries(profile):
        if task in FAMILIES[entry.family].tasks and entry.params:
            found = closest(FAMILIES[entry.family], entry.params, profile)
            assert found != default_params(FAMILIES[entry.family], profile)
            assert len(found.keys() & entry.params.keys()) >= len(entry.params) / 2


def test_another_list_stands_in_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"classification": [{"family": "knn", "params": {"knn.n_neighbors": 3}}], "regression": []}))
    monkeypatch.setenv(OTHER, str(other))
    profile = narrowed("binary", ("numeric",)).profile
    asked = opening([FAMILIES["knn"], FAMILIES["linear"]], profile)
    assert [each.family for each in asked] == ["knn", "knn", "linear"]
    assert asked[0].params["knn.n_neighbors"] == 3


def test_a_list_that_is_not_there_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OTHER, str(tmp_path / "none.json"))
    with pytest.raises(RequestError, match=r"AUTOML_LAB_PORTFOLIO names a portfolio that cannot be read: .*none\.json"):
        entries(narrowed("binary", ("numeric",)).profile)
