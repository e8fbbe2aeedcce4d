"""Prepared folds in the object store: what stays is what was used last, within the room there is, and any process can use it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from automl_lab.cluster import connect
from automl_lab.cluster.fold_cache import KEEP_SECONDS, RayFoldCache, Shelf, open_shelf
from automl_lab.evaluation.candidate import render_candidate
from automl_lab.evaluation.prepared import Prepared
from automl_lab.models.family import FAMILIES
from automl_lab.testing.families import quick
from automl_lab.testing.frames import sample


@given(st.integers(1, 100), st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 60), st.booleans()), max_size=40))
def test_a_shelf_never_holds_more_than_it_has_room_for_and_drops_what_was_used_first(most: int, calls: list[tuple[str, int, bool]]) -> None:
    shelf = Shelf(most)
    used: list[tuple[str, int]] = []  # the last one was used last
    for key, size, looking in calls:
        known = dict(used)
        if looking:
            assert shelf.find(key) == ([f"{key}{known[key]}", float(known[key])] if key in known else [])
            used = [each for each in used if each[0] != key] + ([(key, known[key])] if key in known else [])
        else:
            shelf.keep(key, [f"{key}{size}"], size, float(size))
            used = [each for each in used if each[0] != key] + [(key, size)]
            while sum(held for _, held in used) > most:
                used.pop(0)
    assert [(key, shelf.find(key)) for key, _ in used] == [(key, [f"{key}{size}", float(size)]) for key, size in used]


class Worker:
    """A worker process of its own; what it needs is imported there."""

    def make(self, shelf: Any, pipeline: str, X: Any, y: Any, folder: str) -> Any:
        """Prepare a fold for a candidate and keep it; the rows to fit and those to predict as the model gets them."""
        from pathlib import Path

        from automl_lab.cluster import fold_cache
        from automl_lab.cluster.fold_cache import RayFoldCache
        from automl_lab.evaluation.prepared import Prepared
        from automl_lab.pipelines.load import build_pipeline
        from automl_lab.pipelines.source import Source

        fold_cache.ANSWER_SECONDS = 60.0
        transformer = build_pipeline(Source(pipeline).load(Path(folder))).steps[0][1]
        fitted = transformer.fit_transform(X, y)
        cache = RayFoldCache(*shelf)
        others = transformer.transform(X)
        cache.keep("fold", Prepared(transformer, fitted, others, 60.0))
        assert cache.find("fold") is not None
        return fitted, others

    def find(self, shelf: Any, X: Any) -> Any:
        """What is kept, and the rows as its transformer makes them here; None where nothing is found."""
        from automl_lab.cluster import fold_cache
        from automl_lab.cluster.fold_cache import RayFoldCache
        from automl_lab.pipelines.persist import dump_model

        fold_cache.ANSWER_SECONDS = 60.0
        found = RayFoldCache(*shelf).find("fold")
        return None if found is None else (found.fitted, found.transformer.transform(X), len(dump_model(found.transformer)))

    def look(self, shelf: Any) -> Any:
        """What is kept, with the patience of a trial for a fold that was made in a moment."""
        from automl_lab.cluster import fold_cache
        from automl_lab.cluster.fold_cache import RayFoldCache

        fold_cache.ANSWER_SECONDS = 60.0
        return RayFoldCache(*shelf).find("fold")


def test_a_fold_that_one_process_prepared_is_found_by_another_that_never_saw_its_candidate(lab_home: Path, tmp_path: Path) -> None:
    """Steps are defined in the candidate's own module, which no other process can import: they travel as they are."""
    connect.join(None, lab_home)
    import ray

    data = sample("binary")
    pipeline = render_candidate(FAMILIES["xgboost"], quick(FAMILIES["xgboost"], data), data.profile).text
    assert "def as_numbers" in pipeline
    one, two = (ray.remote(Worker).options(num_cpus=0).remote() for _ in range(2))
    shelf = open_shelf()
    try:
        made = ray.get(one.make.remote(shelf, pipeline, data.X, data.y, str(tmp_path)))
        found = ray.get(two.find.remote(shelf, data.X))
    finally:
        for actor in (one, two, shelf[0]):
            ray.kill(actor)
    assert found is not None
    np.testing.assert_array_equal(found[0], made[0])
    np.testing.assert_array_equal(found[1], made[1])
    assert found[2] > 0


def test_a_fold_whose_process_is_gone_is_forgotten_by_whoever_misses_it(lab_home: Path, tmp_path: Path) -> None:
    """Ray takes a second for each to find that out, as often as it is asked: whoever runs a cell again after a search was cut would pay for every fold."""
    connect.join(None, lab_home)
    import ray

    data = sample("binary")
    pipeline = render_candidate(FAMILIES["xgboost"], quick(FAMILIES["xgboost"], data), data.profile).text
    one, two = (ray.remote(Worker).options(num_cpus=0).remote() for _ in range(2))
    shelf = open_shelf()
    try:
        ray.get(one.make.remote(shelf, pipeline, data.X, data.y, str(tmp_path)))
        assert ray.get(shelf[0].find.remote("fold"))
        ray.kill(one)
        looks = (ray.get(two.look.remote(shelf)) for _ in range(1000))  # Ray may need a moment to see that it ended
        assert any(found is None for found in looks)
        assert ray.get(shelf[0].find.remote("fold")) == []
    finally:
        for actor in (two, shelf[0]):
            ray.kill(actor)


def test_what_was_made_sooner_than_it_is_kept_is_not_kept(lab_home: Path) -> None:
    connect.join(None, lab_home)
    import ray

    shelf = open_shelf()
    cache = RayFoldCache(*shelf)
    try:
        for key, seconds in (("quick", KEEP_SECONDS / 2), ("slow", 2 * KEEP_SECONDS)):
            cache.keep(key, Prepared(None, np.zeros(10), np.zeros(10), seconds))
        assert ray.get(shelf[0].find.remote("quick")) == []
        assert ray.get(shelf[0].find.remote("slow"))
    finally:
        ray.kill(shelf[0])
