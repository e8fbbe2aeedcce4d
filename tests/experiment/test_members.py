"""Which trials an ensemble is chosen from."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from automl_lab.experiment.ensembling import MOST_ALIKE, MOST_OTHERS, different

ROWS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 40)), max_size=60)


@given(ROWS)
def test_the_best_of_every_family_is_there_and_no_family_fills_the_places_of_others(found: list[tuple[str, int]]) -> None:
    rows: list[dict[str, Any]] = [{"number": place, "family": family, "source": f"{family}{source}"} for place, (family, source) in enumerate(found)]
    chosen = different(rows)
    numbers = [row["number"] for row in chosen]
    assert numbers == sorted(numbers)
    assert len({row["source"] for row in chosen}) == len(chosen)
    assert {row["family"] for row in chosen} == {row["family"] for row in rows}
    for family in {row["family"] for row in rows}:
        assert next(row for row in rows if row["family"] == family) in chosen
    assert len(chosen) <= 4 + MOST_OTHERS
    counts = Counter(row["family"] for row in chosen)
    if max(counts.values(), default=0) > MOST_ALIKE:  # only where nobody else is left
        others = {row["source"] for row in rows if counts[row["family"]] <= MOST_ALIKE} - {row["source"] for row in chosen}
        assert all(counts[row["family"]] >= MOST_ALIKE for row in rows if row["source"] in others)
