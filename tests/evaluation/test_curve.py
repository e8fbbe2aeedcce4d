"""The learning curve of a trial: what is heard of its epochs, for which fold, and how small it is made."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from threadpoolctl import threadpool_limits

from automl_lab.evaluation.candidate import render_candidate
from automl_lab.evaluation.curve import KEPT_POINTS, LOGGER, SHOWN_POINTS, LearningCurve, thinned
from automl_lab.evaluation.trial import TrialOutcome, evaluate
from automl_lab.models.family import FAMILIES
from tests.evaluation.test_trial import made, months


@pytest.fixture(autouse=True)
def _as_in_a_trial() -> Iterator[None]:
    with threadpool_limits(1):
        yield


def log(epoch: int, loss: float = 0.5, validation: float | None = 0.6, epochs: int = 300) -> None:
    """As an emitted network does."""
    logging.getLogger(LOGGER).info("epoch", extra={"epoch": epoch, "epochs": epochs, "loss": loss, "validation": validation})


def heard(*folds: list[int]) -> LearningCurve:
    """A curve of these epochs, fold by fold."""
    curve = LearningCurve()
    with curve.listening():
        for fold, epochs in enumerate(folds):
            curve.fold = fold
            for epoch in epochs:
                log(epoch)
    return curve


def numbers(line: dict[str, Any]) -> list[int]:
    return [epoch for epoch, _, _ in line["points"]]


def test_epochs_are_heard_for_the_fold_that_is_fitted_and_only_while_somebody_listens() -> None:
    log(1)
    curve = heard([1, 2], [1, 2, 3])
    log(4)
    assert [(line["fold"], line["epochs"], numbers(line)) for line in curve.told()] == [(0, 300, [1, 2]), (1, 300, [1, 2, 3])]
    assert curve.told()[0]["points"][0] == [1, 0.5, 0.6]


def interrupted(logger: logging.Logger) -> None:
    with LearningCurve().listening():
        assert logger.isEnabledFor(logging.INFO)
        raise KeyboardInterrupt


def test_a_logger_is_left_as_it_was() -> None:
    logger = logging.getLogger(LOGGER)
    logger.setLevel(logging.ERROR)
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted(logger)
        assert (logger.level, logger.handlers) == (logging.ERROR, [])
    finally:
        logger.setLevel(logging.NOTSET)


def test_a_fit_that_begins_again_begins_its_line_anew() -> None:
    assert [numbers(line) for line in heard([1], [1, 2, 3, 1, 2]).told()] == [[1], [1, 2]]


def test_numbers_are_short_and_what_is_no_number_is_none() -> None:
    curve = LearningCurve()
    with curve.listening():
        log(1, 0.123456789, None)
        log(2, math.nan, math.inf)
    assert curve.told()[0]["points"] == [[1, 0.1235, None], [2, None, None]]


def test_what_others_log_under_that_name_is_no_epoch() -> None:
    curve = LearningCurve()
    with curve.listening():
        logging.getLogger(LOGGER).info("nothing of an epoch")
        logging.getLogger(LOGGER).info("half of one", extra={"epoch": 1})
    assert (curve.told(), curve.news) == ([], False)


def test_there_is_news_until_it_is_told() -> None:
    curve = LearningCurve()
    assert not curve.news
    with curve.listening():
        log(1)
        assert curve.news
        curve.told()
        assert not curve.news
        log(2)
        assert curve.news


def test_the_line_that_grows_has_many_points_and_the_others_few() -> None:
    curve = heard(list(range(1, 301)), list(range(1, 251)))
    assert [len(line["points"]) for line in curve.told()] == [KEPT_POINTS, SHOWN_POINTS]
    assert [len(line["points"]) for line in curve.kept()] == [KEPT_POINTS, KEPT_POINTS]
    for line, last in zip(curve.kept(), (300, 250), strict=True):
        assert (numbers(line)[0], numbers(line)[-1]) == (1, last)
        gaps = {later - earlier for earlier, later in zip(numbers(line), numbers(line)[1:], strict=False)}
        assert max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize(("count", "most"), [(0, 2), (1, 2), (2, 2), (3, 2), (10, 10), (11, 10)])
def test_thinning_keeps_both_ends(count: int, most: int) -> None:
    points = [(epoch, 0.5, None) for epoch in range(1, count + 1)]
    found = thinned(points, most)
    assert len(found) == min(count, most)
    assert found[:1] == points[:1]
    assert found[-1:] == points[-1:]


def trained(family: str, folder: Path, curve: LearningCurve | None, reason: str | None = None) -> TrialOutcome:
    job, data = made(family, months(4), folder, folds=3)
    if family == "mlp":
        params = {"mlp.width": 32}
        job = replace(job, params=params, pipeline=render_candidate(FAMILIES[family], params, job.profile).text)
    return evaluate(job, data, lambda index, _: reason if index == 2 else None, None, curve)


def test_a_trial_of_a_network_has_a_line_for_each_fold_and_for_the_refit(tmp_path: Path) -> None:
    curve = LearningCurve()
    with curve.listening():
        outcome = trained("mlp", tmp_path, curve)
    assert outcome.model is not None
    lines = curve.kept()
    assert [line["fold"] for line in lines] == [0, 1, 2, None]
    assert all(line["points"][0][0] == 1 and line["points"][-1][0] <= line["epochs"] == 100 for line in lines)
    assert all(isinstance(value, float) for line in lines for point in line["points"] for value in point[1:])


def test_without_a_refit_there_is_no_line_of_one(tmp_path: Path) -> None:
    curve = LearningCurve()
    with curve.listening():
        trained("mlp", tmp_path, curve, "no time")
    assert [line["fold"] for line in curve.kept()] == [0, 1, 2]


def test_other_families_have_no_curve(tmp_path: Path) -> None:
    curve = LearningCurve()
    with curve.listening():
        trained("linear", tmp_path, curve)
    assert curve.kept() == []
