"""The index of prepared folds: what stays is what was used last, within the room there is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from automl_lab.cluster.fold_cache import Shelf


@given(st.integers(1, 100), st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 60), st.booleans()), max_size=40))
def test_a_shelf_never_holds_more_than_it_has_room_for_and_drops_what_was_used_first(most: int, calls: list[tuple[str, int, bool]]) -> None:
    shelf = Shelf(most)
    used: list[tuple[str, int]] = []  # the last one was used last
    for key, size, looking in calls:
        known = dict(used)
        if looking:
            assert shelf.find(key) == ([f"{key}{known[key]}"] if key in known else [])
            used = [each for each in used if each[0] != key] + ([(key, known[key])] if key in known else [])
        else:
            shelf.keep(key, [f"{key}{size}"], size)
            used = [each for each in used if each[0] != key] + [(key, size)]
            while sum(held for _, held in used) > most:
                used.pop(0)
    assert [(key, shelf.find(key)) for key, _ in used] == [(key, [f"{key}{size}"]) for key, size in used]
