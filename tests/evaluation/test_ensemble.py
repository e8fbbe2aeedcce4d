"""Ensembles of fitted candidates: chosen out of fold, written as plain code, equal to what was chosen."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from automl_lab.evaluation.candidate import ALLOWED, render_candidate
from automl_lab.evaluation.ensembles import emitted, layers
from automl_lab.evaluation.ensembles.bagging import BagJob, judge_bag
from automl_lab.evaluation.ensembles.judge import Learned
from automl_lab.evaluation.ensembles.layers import SecondLayer, choose_layers
from automl_lab.evaluation.ensembles.recipe import AS_WRITTEN, Calibration, Combination, Limits, Member, Recipe
from automl_lab.evaluation.ensembles.rows import Measure, pack, unpack_turns
from automl_lab.evaluation.ensembles.source import Part, render_ensemble
from automl_lab.evaluation.final import fit_on_all
from automl_lab.evaluation.trial import build
from automl_lab.models.family import FAMILIES
from automl_lab.pipelines.audit import audit
from automl_lab.pipelines.persist import dump_model, load_model
from automl_lab.pipelines.source import Source
from automl_lab.testing.families import check_with_ruff
from tests.evaluation.known import PARAMS, SETS, Known, trials

AVERAGE = Combination("greedy", {0: 3, 2: 2, 1: 1})
SHIFTS = {"binary": (0.2, -0.2), "multiclass": (0.3, -0.1, -0.25, 0.05), "regression": (-1.25,)}
LINE = ((0.01, 0.4, 0.99), (0.02, 0.55, 0.9))


def recipes(task: str) -> dict[str, Recipe]:
    """Every way to combine and every adjustment of the task, but two layers, which learn another model."""
    found = {
        "vote": Recipe(Combination("vote", {2: 1, 0: 1})),
        "greedy": Recipe(AVERAGE),
        "blend": Recipe(Combination("blend", {1: 0.6213, 0: 0.3787})),
        "pool": Recipe(Combination("pool", {2: 0.8123, 1: 0.3}, SHIFTS[task])),
    }
    if task == "regression":
        return found
    single = Combination("single", {0: 1})
    lines = (LINE,) if task == "binary" else (LINE,) * 4
    found |= {
        "temperature": Recipe(single, Calibration("temperature", 0.7634)),
        "sigmoid": Recipe(AVERAGE, Calibration("sigmoid", 1.2, SHIFTS[task])),
        "isotonic": Recipe(AVERAGE, Calibration("isotonic", points=lines)),
    }
    if task == "binary":
        return {**found, "threshold": Recipe(single, threshold=0.81), "both": Recipe(AVERAGE, Calibration("temperature", 0.5), threshold=0.3)}
    return {**found, "weights": Recipe(AVERAGE, Calibration("temperature", 2.0), label_weights=(0.5, 1.0, 2.0, 1.5))}


CASES = [(task, name) for task in SETS for name in recipes(task)]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As a trial of one core has: threads of several libraries would wait for each other."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Known]:
    return {task: Known(task, tmp_path_factory.mktemp(task)) for task in SETS}


@pytest.fixture(params=list(SETS))
def known(request: pytest.FixtureRequest, every: dict[str, Known]) -> Known:
    return every[request.param]


def test_packed_predictions_come_back() -> None:
    random = np.random.default_rng(0)
    for shape, classes in (((20,), None), ((20, 2), 2), ((20, 4), 4)):
        turns = []
        for _ in range(2):
            found = random.random(shape)
            turns.append(found / found.sum(axis=1, keepdims=True) if classes else found)
            turns[-1][3] = np.nan
        np.testing.assert_allclose(unpack_turns(pack(turns[0]), classes), turns[:1], atol=1e-7)
        np.testing.assert_allclose(unpack_turns(pack(np.mean(turns, axis=0), turns), classes), turns, atol=1e-7)


def test_an_ensemble_beats_its_members_and_says_by_how_much(known: Known) -> None:
    outcome = known.choose()
    best = min(member.values[known.objective] or 0.0 for member in known.members)
    assert outcome.recipe is not None
    assert len(trials(outcome.recipe)) >= 2
    assert outcome.values[known.objective] < best
    assert outcome.values[known.objective] == pytest.approx(np.mean([fold[known.objective] for fold in outcome.folds]))
    assert outcome.values["predict_ms"] == sum(known.members[trial].values["predict_ms"] or 0.0 for trial in trials(outcome.recipe))
    assert set(outcome.compared) >= {"single", outcome.recipe.combination.method}


@pytest.mark.parametrize("holdout", [0.2, 0])
@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_a_single_validation_part_is_judged_in_parts(task: str, holdout: float, tmp_path: Path) -> None:
    known = Known(task, tmp_path, split={"kind": "holdout", "share": 0.4}, holdout=holdout)
    outcome = known.choose(adjust=False)
    best = min(member.values[known.objective] for member in known.members)
    assert outcome.recipe is not None
    assert len(outcome.folds) == 1
    assert outcome.values[known.objective] == outcome.folds[0][known.objective] < best
    if holdout:
        return
    validation = known.data.protocol.folds(known.data.y)[0][1]
    weights = outcome.recipe.combination.weights
    if outcome.recipe.combination.method in ("vote", "greedy", "blend"):
        classes = None if task == "regression" else len(known.data.protocol.CLASSES)
        rows = [unpack_turns(known.stored[list(PARAMS)[trial]], classes)[0][validation] for trial in weights]
        mean = np.average(rows, axis=0, weights=list(weights.values()))
        given = {"value": mean} if task == "regression" else {"probability": mean, "label": np.asarray(known.data.protocol.CLASSES)[mean.argmax(axis=1)]}
        written = known.data.protocol.score(known.data.y.iloc[validation], given)
        assert outcome.values[known.objective + AS_WRITTEN] == pytest.approx(written[known.objective], rel=1e-4)


def test_the_same_job_gives_the_same_outcome(known: Known) -> None:
    one, other = (replace(known.choose(quick=True), seconds=0.0, worked=0.0) for _ in range(2))
    assert one == other


def test_limits_hold(known: Known) -> None:
    assert len(trials(known.choose(most_members=2).recipe)) <= 2
    assert len(trials(known.choose(seconds=1.5).recipe)) <= 1
    dear = known.choose(constraints=("predict_ms <= 6.5",))
    assert sum(known.members[trial].values["predict_ms"] or 0.0 for trial in trials(dear.recipe)) <= 6.5
    assert len(trials(known.choose(constraints=("predict_ms <= 4",)).recipe)) <= 1
    assert known.choose(most_members=1, adjust=False).recipe is None
    measure = Measure(known.data, known.objective, "minimize")
    assert choose_layers(known.held_out(), measure, Limits(known.job(most_members=2))) is None, "the second model is a model too"
    layers = choose_layers(known.held_out(), measure, Limits(known.job(most_members=3)))
    assert layers is not None
    assert len(layers.weights) == 2
    large = tuple(replace(member, storing=50.0) for member in known.members)
    assert len(trials(known.choose(large, adjust=False).recipe)) <= 2


def test_a_choice_ends_with_what_it_has_when_its_seconds_are_over(known: Known) -> None:
    outcome = known.choose(within=0.0)
    assert outcome.recipe is None
    assert set(outcome.compared) == {"single"}


def test_the_luck_of_the_best_of_many_is_not_held_against_an_average(every: dict[str, Known]) -> None:
    """Equally good candidates that differ by chance: the best of 24 owes more to luck than an average gains, and is no better on other rows."""
    known = every["regression"]
    random, y = np.random.default_rng(1), known.data.y.to_numpy()
    common = random.normal(0, 1, len(y))
    members = []
    for number in range(24):
        values = y + common + random.normal(0, 0.05, len(y))
        known.stored[f"lucky {number}"] = pack(values)
        folds = [known.data.protocol.score(known.data.y.iloc[rows], {"value": values[rows]}) for _, rows in known.data.protocol.folds(known.data.y)]
        means = {name: float(np.mean([fold[name] for fold in folds])) for name in folds[0]}
        members.append(Member(number, f"lucky {number}", {**means, "fit_seconds": 0.5, "predict_ms": 2.0}, 1.0, "linear", tuple(folds)))
    outcome = known.choose(members=tuple(members), quick=True)
    assert len(trials(outcome.recipe)) > 1
    assert outcome.values["rmse"] < min(member.values["rmse"] for member in members)


def test_one_that_is_never_better_is_left_alone(known: Known) -> None:
    """A copy of the best candidate under another number brings nothing to an average. A stack may still correct the two as it would the one."""
    best = min(known.members, key=lambda member: member.values[known.objective] or 0.0)
    recipe = known.choose(members=(best, replace(best, trial=9)), adjust=False).recipe
    assert recipe is None or recipe.combination.method == "pool"


def test_an_average_that_is_behind_by_chance_is_preferred_and_one_that_brings_nothing_is_not(every: dict[str, Known]) -> None:
    """Two candidates with errors of their own. On all rows their average is better; the scores of three folds, one of them with outliers, cannot tell."""
    known = every["regression"]
    random, y, folds = np.random.default_rng(2), known.data.y.to_numpy(), [rows for _, rows in known.data.protocol.folds(known.data.y)]

    def member(number: int, errors: np.ndarray) -> Member:
        known.stored[f"chance {number}"] = pack(y + errors)
        scores = [known.data.protocol.score(known.data.y.iloc[rows], {"value": (y + errors)[rows]}) for rows in folds]
        means = {name: float(np.mean([fold[name] for fold in scores])) for name in scores[0]}
        return Member(number, f"chance {number}", {**means, "fit_seconds": 0.5, "predict_ms": 2.0}, 1.0, "linear", tuple(scores))

    own = random.normal(0, 1, len(y))
    other = random.normal(0, 1.1, len(y))
    other[folds[0][:1]] += 34.0
    by_chance = known.choose(members=(best := member(0, own), member(1, other)), quick=True)
    assert by_chance.recipe is not None
    assert set(trials(by_chance.recipe)) == {0, 1}
    assert by_chance.values["rmse"] > best.values["rmse"], "its own score is recorded, though it is behind"
    assert known.choose(members=(best, member(1, 1.3 * own)), quick=True).recipe is None, "it errs alike, and more"


@pytest.mark.parametrize("method", ["vote", "layers"])
def test_members_are_stored_once_and_are_there_by_name_again(every: dict[str, Known], method: str, tmp_path: Path) -> None:
    known = every["multiclass"]
    source = render_ensemble(Recipe(Combination(method, {0: 1, 2: 1})), known.parts, known.profile)  # type: ignore[arg-type]
    pipeline = build(source.load(tmp_path)).fit(known.data.X, known.data.y)
    stored = dump_model(pipeline)
    again = load_model(stored, source, tmp_path)
    holders = [each if hasattr(each, "estimators") else each[-1] for each in (pipeline, again)]
    for each in holders:
        assert [each.named_estimators_[name] for name, _ in each.estimators] == each.estimators_
    count, alone = (_written(each).count(b'"xgboost.core"') for each in (stored, dump_model(holders[0].estimators_[1])))
    others = _written(dump_model(holders[0].final_estimator_)).count(b'"xgboost.core"') if method == "layers" else 0
    assert count == alone + others
    assert alone > 0


def _written(stored: bytes) -> bytes:
    return zipfile.ZipFile(io.BytesIO(stored)).read("schema.json")


@pytest.mark.parametrize(("task", "name"), CASES, ids=[f"{task}-{name}" for task, name in CASES])
def test_the_source_gives_what_was_judged(every: dict[str, Known], task: str, name: str, tmp_path: Path) -> None:
    """Labels, probabilities and values of the fitted source are those of the recipe's arithmetic on its members' predictions, also when stored and loaded."""
    known, recipe = every[task], recipes(task)[name]
    source = render_ensemble(recipe, known.parts, known.profile)
    assert source == render_ensemble(recipe, known.parts[::-1], known.profile)
    audit(source, ALLOWED)
    pipeline = build(source.load(tmp_path)).fit(known.data.X, known.data.y)
    held_out = known.held_out()
    expected = Learned(recipe).predict(held_out, Measure(known.data, known.objective, "minimize"))
    found = known.data.protocol.predict(pipeline, held_out.X)
    stored = known.data.protocol.predict(load_model(dump_model(pipeline), source, tmp_path), held_out.X)
    assert found.keys() == expected.keys()
    for key, values in expected.items():
        if key == "label":
            assert list(found[key]) == list(values)
        else:
            np.testing.assert_allclose(found[key], values, rtol=1e-9, atol=1e-12)
        np.testing.assert_array_equal(stored[key], found[key])
    recorded, again = (known.data.protocol.score(held_out.y, each) for each in (expected, found))
    assert again == pytest.approx(recorded, rel=1e-9)


def test_a_bag_is_the_mean_of_fits_that_each_leave_rows_out(known: Known, tmp_path: Path) -> None:
    source = render_ensemble(Recipe(Combination("vote", {0: 1, 2: 1}), bag=3), known.parts, known.profile)
    audit(source, ALLOWED)
    pipeline = build(source.load(tmp_path)).fit(known.data.X, known.data.y)
    single = render_ensemble(Recipe(Combination("vote", {0: 1, 2: 1})), known.parts, known.profile).load(tmp_path)
    parts = emitted.parts_of_rows(known.data.y, 3, known.profile.task != "regression", known.profile.seed)
    assert sorted(np.concatenate(parts)) == list(range(len(known.data.y)))
    found = []
    for part in parts:
        rows = np.setdiff1d(np.arange(len(known.data.y)), part)
        found.append(known.predicted(build(single).fit(known.data.X.iloc[rows], known.data.y.iloc[rows]), known.data.X_holdout))
    np.testing.assert_allclose(known.predicted(pipeline, known.data.X_holdout), np.mean(found, axis=0), rtol=1e-9, atol=1e-12)


def test_no_part_of_a_bag_has_all_rows_of_a_class() -> None:
    y = pd.Series(["alone"] + ["pair"] * 2 + ["many"] * 30)
    for seed in range(20):
        for part in emitted.parts_of_rows(y, 5, True, seed):
            assert set(y.drop(y.index[part])) == set(y)


def test_two_layers_pass_the_features_through(known: Known, tmp_path: Path) -> None:
    """What the second model is judged with out of fold is laid out as what scikit-learn's stacking gives it."""
    combination = Combination("layers", {0: 1, 2: 1})
    source = render_ensemble(Recipe(combination), known.parts, known.profile)
    audit(source, ALLOWED)
    pipeline = build(source.load(tmp_path)).fit(known.data.X, known.data.y)
    shuffled = known.data.X_holdout[known.data.X_holdout.columns[::-1]].assign(ignored=1)
    found = known.predicted(pipeline, shuffled)
    stacking = pipeline[-1]
    method = "predict" if known.profile.task == "regression" else "predict_proba"
    firsts = {number: getattr(member, method)(known.data.X_holdout) for number, member in zip((0, 2), stacking.estimators_, strict=True)}
    second = SecondLayer(combination, replace(known.held_out(), predictions=firsts), known.profile)
    second.model = stacking.final_estimator_
    np.testing.assert_allclose(second.predict(replace(known.held_out(), predictions=firsts)), found, rtol=1e-9, atol=1e-12)
    stored = load_model(dump_model(pipeline), source, tmp_path)
    np.testing.assert_array_equal(known.predicted(stored, known.data.X_holdout), found)


def sources(known: Known) -> list[Source]:
    task = known.profile.task
    found = [render_ensemble(each, known.parts, known.profile) for each in recipes(task).values()]
    layers = Recipe(Combination("layers", {0: 1, 1: 1, 2: 1}), bag=5)
    return [*found, render_ensemble(layers, known.parts, known.profile)]


def guessing(known: Known) -> tuple[Member, ...]:
    """Members that know next to nothing, as recorded; their predictions are in the store."""
    random, found = np.random.default_rng(0), []
    for member in known.members:
        shape = (len(known.data.y),) if known.data.protocol.CLASSES is None else (len(known.data.y), len(known.data.protocol.CLASSES))
        guess = random.random(shape) + 1.0
        guess = guess / guess.sum(axis=1, keepdims=True) if len(shape) == 2 else known.data.y.mean() + guess
        known.stored[f"guess {member.trial}"] = pack(guess)
        folds = []
        for _, rows in known.data.protocol.folds(known.data.y):
            said = (
                {"value": guess[rows]}
                if len(shape) == 1
                else {"probability": guess[rows], "label": np.asarray(known.data.protocol.CLASSES)[guess[rows].argmax(axis=1)]}
            )
            folds.append(known.data.protocol.score(known.data.y.iloc[rows], said))
        values = {**member.values, **{name: float(np.mean([fold[name] for fold in folds])) for name in folds[0]}}
        found.append(replace(member, predictions=f"guess {member.trial}", values=values, folds=tuple(folds)))
    return tuple(found)


def test_two_layers_are_chosen_where_the_features_say_what_no_member_does(known: Known, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(layers, "LEAST_ROWS", 300)
    members = guessing(known)
    assert "layers" not in known.choose(members).compared, "without a profile nobody thinks of them"
    outcome = known.choose(members, profile=known.profile)
    assert outcome.recipe is not None
    assert outcome.recipe.combination.method == "layers"
    source = render_ensemble(outcome.recipe, known.parts, known.profile)
    audit(source, ALLOWED)
    assert "passthrough=True" in source.text
    # The ranges are those of the search, and the second model is none of its candidates.
    ranges = {"hist_gradient_boosting.max_leaf_nodes": [16, 64], "hist_gradient_boosting.max_iter": [200, 400]}
    ranged = known.choose(members, profile=replace(known.profile, ranges=ranges))
    assert ranged.compared == outcome.compared
    assert "max_leaf_nodes=8" in render_ensemble(outcome.recipe, known.parts, replace(known.profile, ranges=ranges)).text


def test_the_sources_are_clean(every: dict[str, Known], tmp_path: Path) -> None:
    assert check_with_ruff([source for known in every.values() for source in sources(known)], tmp_path) == len(CASES) + len(SETS)


def test_the_sources_build_without_us(every: dict[str, Known], tmp_path: Path) -> None:
    for known in every.values():
        for source in sources(known):
            (tmp_path / f"{source.module_name()}.py").write_text(source.text, encoding="utf-8")
    program = (
        "import pathlib, sys; sys.modules['automl_lab'] = None\nfor each in sorted(pathlib.Path('.').glob('*.py')): __import__(each.stem).build_pipeline()"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_two_members_of_one_family_keep_their_parameters_apart(known: Known, tmp_path: Path) -> None:
    parts = [Part(4, "xgboost", {"xgboost.n_estimators": 7}), Part(5, "xgboost", {"xgboost.n_estimators": 11})]
    pipeline = build(render_ensemble(Recipe(Combination("vote", {4: 1, 5: 1})), parts, known.profile).load(tmp_path))
    text = repr(pipeline.get_params(deep=True))
    assert [name for name, _ in pipeline.estimators] == ["xgboost_4", "xgboost_5"]
    assert "n_estimators': 7" in text
    assert "n_estimators': 11" in text


def test_a_recipe_of_unknown_trials_is_refused(known: Known) -> None:
    with pytest.raises(ValueError, match=re.escape("the recipe needs trial 7, of which nothing is known")):
        render_ensemble(Recipe(Combination("vote", {0: 1, 7: 1})), known.parts, known.profile)


def test_what_is_delivered_has_seen_the_holdout(known: Known, tmp_path: Path) -> None:
    source = render_candidate(FAMILIES["linear"], PARAMS["linear"], known.profile)
    delivered = load_model(fit_on_all(source.text, known.data, 1), source, tmp_path)
    X, y = pd.concat([known.data.X, known.data.X_holdout]), pd.concat([known.data.y, known.data.y_holdout])
    fitted = build(source.load(tmp_path)).fit(X.sort_index(), y.sort_index())
    part = build(source.load(tmp_path)).fit(known.data.X, known.data.y)
    np.testing.assert_array_equal(known.predicted(delivered, known.data.X), known.predicted(fitted, known.data.X))
    assert not np.allclose(known.predicted(delivered, known.data.X), known.predicted(part, known.data.X))


def test_the_words_of_a_recipe() -> None:
    single = Combination("single", {12: 1})
    assert Recipe(single, Calibration("temperature", 1 / 1.31), threshold=0.37).words() == "trial 12, calibrated (temperature 1.31), threshold 0.37"
    assert Recipe(AVERAGE, Calibration("isotonic")).words() == "a weighted average of 3 trials (greedy selection), calibrated (isotonic)"
    assert Recipe(AVERAGE, label_weights=(1.0, 2.0), bag=5).words() == "a weighted average of 3 trials (greedy selection), labels weighted, each fit a bag of 5"


def test_a_bag_is_taken_where_it_is_better_within_the_folds(known: Known, tmp_path: Path) -> None:
    """What is recorded are the scores that fits within the folds gave; it is taken where these are better by more than their error."""
    recipe = Recipe(Combination("single", {2: 1}), bag=3)
    single = sorted(known.members, key=lambda member: member.trial)[2]
    source = render_ensemble(recipe, known.parts, known.profile)
    job = BagJob("e", "p", "d", recipe, source.text, single.folds, known.objective, "minimize")
    always = replace(job, single=tuple({known.objective: 1e9} for _ in single.folds))
    outcome = judge_bag(always, known.data)
    assert outcome.recipe == recipe
    assert (outcome.values["predict_ms"] or 0.0) > 0
    gains = []
    for (fit, validation), alone, bagged in zip(known.data.protocol.folds(known.data.y), single.folds, outcome.folds, strict=True):
        pipeline = build(source.load(tmp_path)).fit(known.data.X.iloc[fit], known.data.y.iloc[fit])
        again = known.data.protocol.score(known.data.y.iloc[validation], known.data.protocol.predict(pipeline, known.data.X.iloc[validation]))
        assert bagged[known.objective] == pytest.approx(again[known.objective], rel=1e-9)
        gains.append((alone[known.objective] or 0.0) - again[known.objective])
    taken = np.mean(gains) > np.std(gains, ddof=1) / np.sqrt(len(gains))
    assert judge_bag(job, known.data).recipe == (recipe if taken else None)
    never = replace(job, single=tuple({known.objective: 0.0} for _ in single.folds))
    assert judge_bag(never, known.data).recipe is None
