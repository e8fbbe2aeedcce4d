"""What is learned of out-of-fold predictions, on made-up ones: weights, corrections and decisions, and that none is judged by rows it has seen."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl_lab.config import ExperimentConfig
from automl_lab.data.profile import Column, Profile
from automl_lab.evaluation.ensembles import choose as choosing
from automl_lab.evaluation.ensembles.adjust import KINDS, learn_calibration, learn_label_weights, learn_threshold
from automl_lab.evaluation.ensembles.apply import calibrate, combine, labels
from automl_lab.evaluation.ensembles.averages import blend, greedy, vote
from automl_lab.evaluation.ensembles.choose import _best_trial as best_trial
from automl_lab.evaluation.ensembles.choose import _decision as decision
from automl_lab.evaluation.ensembles.choose import choose
from automl_lab.evaluation.ensembles.judge import Judge, Learned
from automl_lab.evaluation.ensembles.layers import suits
from automl_lab.evaluation.ensembles.quick import BY_COUNTS, counted
from automl_lab.evaluation.ensembles.recipe import EnsembleJob, EnsembleOutcome, Limits, Member, Recipe
from automl_lab.evaluation.ensembles.rows import Measure, Rows, pack
from automl_lab.evaluation.ensembles.stacks import pool
from automl_lab.evaluation.loaded import LoadedData, load_data
from automl_lab.experiment.request import resolve
from automl_lab.objectives import scores
from automl_lab.objectives.objective import OBJECTIVES

WAYS: tuple[Callable[..., Any], ...] = (vote, greedy, blend, pool)
Folds = Sequence[tuple[np.ndarray, np.ndarray]]
SCORES = {
    "binary": ["log_loss", "f1", "roc_auc", "balanced_accuracy", "recall"],
    "multiclass": ["log_loss", "f1_macro", "roc_auc"],
    "regression": ["rmse", "mae", "mape"],
}


class Made:
    """An experiment of 300 rows whose candidates' predictions are made up: the truth, more or less disturbed, and wrong in the same way."""

    def __init__(self, task: str, folder: Path, seed: int = 0, folds: Callable[[int], Folds] | None = None, sharp: float = 1.0) -> None:
        self.random = np.random.default_rng(seed)
        rows = 300
        signal = self.random.normal(size=rows)
        if task == "regression":
            target: Any = signal * 3 + 10
        else:
            cuts = [0.9] if task == "binary" else [-0.5, 0.8]
            target = np.array(["a", "b", "c"])[np.digitize(signal + self.random.normal(size=rows) * 0.5, cuts)]
        frame = pd.DataFrame({"x": signal, "z": self.random.normal(size=rows), "target": target})
        request = resolve(ExperimentConfig.of({"target": "target", "objectives": SCORES[task], "trials": 1, "folds": 4}), frame)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "data.parquet").write_bytes(request.parquet)
        self.data: LoadedData = load_data(request.protocol, folder / "data.parquet", folder)
        own = vars(self.data.protocol)
        if folds is not None:
            own = {**own, "folds": lambda y: folds(len(y))}
        self.data = replace(self.data, protocol=SimpleNamespace(**own))  # type: ignore[arg-type]
        self.stored: dict[str, bytes] = {}
        self.predictions = {trial: self._predicted(0.6 + 0.2 * trial, sharp) for trial in range(4)}

    def _predicted(self, noise: float, sharp: float) -> np.ndarray:
        x = self.data.X["x"].to_numpy()
        disturbed = x + self.random.normal(size=len(x)) * noise
        if self.data.protocol.CLASSES is None:
            return np.asarray(disturbed * 3 + 10)
        centres = np.linspace(-1.2, 1.2, len(self.data.protocol.CLASSES))
        scores = -sharp * (disturbed[:, None] - centres) ** 2
        return np.asarray(np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True))

    def job(self, objective: str, direction: str, validated: np.ndarray | None = None, **changes: Any) -> EnsembleJob:
        for trial, found in self.predictions.items():
            kept = found if validated is None else np.where(validated.reshape(-1, *[1] * (found.ndim - 1)), found, np.nan)
            self.stored[str(trial)] = pack(kept)
        measure = Measure(self.data, objective, direction)
        sign = 1 if direction == "maximize" else -1
        merits = {trial: measure.merit(self.data.y, found) for trial, found in self.predictions.items()}
        order = sorted(merits, key=lambda trial: -merits[trial])
        members = tuple(Member(trial, str(trial), {objective: sign * merits[trial]}, 1.0, f"family{trial}") for trial in order)
        settings_: dict[str, Any] = {"constraints": (), "most_members": 4, "seconds": 100.0, **changes}
        return EnsembleJob("e", "p", "d", members, (objective,), (direction,), **settings_)

    def choose(self, objective: str, direction: str, validated: np.ndarray | None = None, **changes: Any) -> EnsembleOutcome:
        return choose(self.job(objective, direction, validated, **changes), self.data, self.stored.__getitem__)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    return {task: Made(task, tmp_path_factory.mktemp(task)) for task in SCORES}


@pytest.mark.parametrize("task", SCORES)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_weights_are_above_zero_and_what_they_give_is_a_prediction(made: dict[str, Made], task: str, way: Callable[..., Any]) -> None:
    each = made[task]
    for objective in SCORES[task]:
        direction = "minimize" if objective in {"log_loss", "rmse", "mae", "mape"} else "maximize"
        job = each.job(objective, direction)
        judge = Judge(job, each.data, {trial: [found] for trial, found in each.predictions.items()})
        found = way(judge.rows, judge.measure, judge.limits)
        if found is None:  # equal votes are not cast where they would be worse than the best one's
            best = max(each.predictions, key=lambda trial: judge.measure.merit(judge.rows.y, judge.rows.predictions[trial]))
            other = max(set(each.predictions) - {best}, key=lambda trial: judge.measure.merit(judge.rows.y, judge.rows.predictions[trial]))
            pair = (judge.rows.predictions[best] + judge.rows.predictions[other]) / 2
            assert way.__name__ == "vote"
            assert judge.measure.merit(judge.rows.y, pair) <= judge.measure.merit(judge.rows.y, judge.rows.predictions[best])
            continue
        assert all(weight > 0 for weight in found.weights.values())
        assert list(found.weights.values()) == sorted(found.weights.values(), reverse=True)
        if found.method == "blend":
            assert sum(found.weights.values()) == pytest.approx(1.0, abs=1e-12)
        combined = combine(found, each.predictions)
        assert np.isfinite(combined).all()
        if task != "regression":
            np.testing.assert_allclose(combined.sum(axis=1), 1.0)
            assert (combined >= 0).all()
        assert len(way(judge.rows, judge.measure, Limits(each.job(objective, direction, most_members=2))).weights) == 2


@pytest.mark.parametrize("task", SCORES)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_what_is_pinned_is_in_every_combination(made: dict[str, Made], task: str, way: Callable[..., Any]) -> None:
    each, objective = made[task], SCORES[task][0]
    direction = "minimize" if objective in {"log_loss", "rmse", "mae", "mape"} else "maximize"
    worst = each.job(objective, direction).members[-1].trial
    job = each.job(objective, direction, pinned=(worst,), most_members=2)
    judge = Judge(job, each.data, {trial: [found] for trial, found in each.predictions.items()})
    found = way(judge.rows, judge.measure, judge.limits)
    assert found is None or worst in found.weights
    assert found is None or len(found.weights) == 2
    outcome = each.choose(objective, direction, pinned=(worst,))
    assert outcome.recipe is not None
    assert worst in outcome.recipe.combination.weights


@pytest.mark.parametrize(("objective", "direction", "sign"), [("log_loss", "minimize", -1), ("roc_auc", "maximize", 1)])
@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_the_quick_scores_are_those_of_evaluate_py(made: dict[str, Made], task: str, objective: str, direction: str, sign: int) -> None:
    data, found = made[task].data, made[task].predictions[0]
    measure = Measure(data, objective, direction)
    for rows in (slice(None), slice(0, 40), slice(1)):
        for predicted in (found, found.round(1) + 1e-3):  # with ties
            expected = sign * getattr(data.protocol, objective)(data.y[rows], predicted[rows], data.protocol.CLASSES)
            assert measure.merit(data.y[rows], predicted[rows]) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", BY_COUNTS)
@given(st.integers(2, 4).flatmap(lambda classes: st.tuples(st.just(classes), st.lists(st.tuples(*[st.integers(0, classes - 1)] * 2), min_size=1, max_size=25))))
def test_scores_of_counted_labels_are_those_of_evaluate_py(name: str, given: tuple[int, list[tuple[int, int]]]) -> None:
    """Also where a class is never there or never called."""
    count, pairs = given
    named = ["no", "yes"] if count == 2 else [f"class {each}" for each in range(count)]
    codes, called = (np.array(each) for each in zip(*pairs, strict=True))
    with warnings.catch_warnings(action="ignore"):  # of scikit-learn, for a single class
        expected = getattr(scores, name)(np.array(named)[codes], np.array(named)[called], named)
    assert BY_COUNTS[name](counted(codes, called, count)) == pytest.approx(expected, abs=1e-12)


def test_every_score_of_labels_is_counted() -> None:
    """Greedy selection asks hundreds of times: by scikit-learn one among 18 trials on 5,000 rows took thirty times as long."""
    assert {name for name, objective in OBJECTIVES.items() if objective.needs == "label"} <= set(BY_COUNTS)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 5), st.floats(0.2, 5.0))
def test_a_calibration_gives_probabilities_that_lose_nothing_where_it_was_learned(seed: int, classes: int, sharp: float) -> None:
    random = np.random.default_rng(seed)
    truth = random.dirichlet(np.ones(classes), 200)
    codes = np.array([random.choice(classes, p=row) for row in truth])
    said = truth**sharp / (truth**sharp).sum(axis=1, keepdims=True)
    before = -np.log(np.maximum(said[np.arange(200), codes], 1e-6)).mean()
    for kind in KINDS:
        found = calibrate(learn_calibration(kind, said, codes), said)
        np.testing.assert_allclose(found.sum(axis=1), 1.0)
        assert ((found > 0) & (found < 1)).all()
        if kind != "isotonic":
            assert -np.log(found[np.arange(200), codes]).mean() <= before + 1e-3
    again = learn_calibration("temperature", said, codes)
    assert again == learn_calibration("temperature", said, codes)


def test_temperature_finds_how_much_too_sure_a_model_is() -> None:
    random = np.random.default_rng(0)
    share = random.uniform(0.02, 0.98, 20_000)
    codes = (random.uniform(size=share.size) < share).astype(int)
    odds = (share / (1 - share)) ** 3
    said = np.column_stack([1 / (1 + odds), odds / (1 + odds)])
    assert learn_calibration("temperature", said, codes).slope == pytest.approx(1 / 3, rel=0.05)


def test_decisions_follow_their_merit() -> None:
    probability = np.column_stack([1 - np.linspace(0, 1, 101), np.linspace(0, 1, 101)])
    assert learn_threshold(probability, lambda called: -abs(called.sum() - 70)) == pytest.approx(0.31, abs=0.02)
    assert learn_threshold(probability, lambda called: 0.0) == 0.5
    assert learn_label_weights([0.8, 0.1, 0.1], lambda weights: 0.0) == (1.0, 1.0, 1.0)
    rare = learn_label_weights([0.8, 0.1, 0.1], lambda weights: weights[1] / weights[0])
    assert rare[1] > rare[0]


def expanding(rows: int) -> Folds:
    """Each fold fits what came before: the first 60 rows are never validated."""
    starts = [60, 110, 160, 200]
    return [(np.arange(start), np.arange(start, end)) for start, end in zip(starts, [*starts[1:], rows], strict=True)]


def repeated(rows: int) -> Folds:
    """Two times three folds."""
    found = []
    for seed in (0, 1):
        order = np.random.default_rng(seed).permutation(rows)
        found += [(np.sort(np.setdiff1d(order, order[turn::3])), np.sort(order[turn::3])) for turn in range(3)]
    return found


@pytest.mark.parametrize("folds", [expanding, repeated], ids=lambda folds: folds.__name__)
def test_nothing_is_learned_on_rows_that_judge_it(folds: Callable[[int], Folds], tmp_path: Path) -> None:
    each = Made("binary", tmp_path, folds=folds)
    rows = len(each.data.y)
    validated = np.isin(np.arange(rows), np.concatenate([part for _, part in folds(rows)]))
    turns = 2 if folds is repeated else 1
    kept = {trial: [np.where(validated[:, None], found, np.nan)] * turns for trial, found in each.predictions.items()}
    judge = Judge(each.job("log_loss", "minimize", validated), each.data, kept)
    place = {label: position for position, label in enumerate(each.data.y.index)}
    assert len(judge.folds) == len(folds(rows))
    assert len(judge.rows) == validated.sum()
    for fold, (fit, validation) in zip(judge.folds, folds(rows), strict=True):
        learned = {place[label] for label in fold.learn.y.index}
        judged = {place[label] for label in fold.judge.y.index}
        assert judged == set(validation)
        assert not learned & judged
        assert learned <= set(fit) & set(np.flatnonzero(validated))
    outcome = each.choose("log_loss", "minimize", validated)
    assert outcome.recipe is not None
    assert len(outcome.folds) == len(folds(rows))
    assert all(np.isfinite(fold["log_loss"] or np.nan) for fold in outcome.folds)


def test_a_class_that_a_fold_lacks_does_no_harm(tmp_path: Path) -> None:
    def lacking(rows: int) -> Folds:
        rare = np.flatnonzero(each.data.y.to_numpy() == "b")
        others = np.setdiff1d(np.arange(rows), rare)
        parts = [np.sort(np.concatenate([others[:60], rare])), others[60:120], others[120:]]
        return [(np.setdiff1d(np.arange(rows), part), part) for part in parts]

    each = Made("binary", tmp_path, sharp=4.0)
    each.data.protocol.folds = lambda y: lacking(len(y))
    outcome = each.choose("log_loss", "minimize")
    assert len(outcome.folds or [0, 0, 0]) == 3
    assert outcome.recipe is None or outcome.values["log_loss"] is not None


@pytest.mark.parametrize(("task", "objective"), [("binary", "balanced_accuracy"), ("multiclass", "f1_macro")])
def test_a_decision_is_taken_only_where_it_is_better_on_other_rows(made: dict[str, Made], task: str, objective: str) -> None:
    tuned = made[task].choose(objective, "maximize", most_members=1)
    best = made[task].job(objective, "maximize").members[0].values[objective]
    if task == "binary":
        assert tuned.recipe is not None
        assert tuned.recipe.threshold not in {None, 0.5}
    if tuned.recipe is not None:
        assert (tuned.values[objective] or 0.0) > (best or 0.0)


def test_a_threshold_serves_a_constraint_on_labels(made: dict[str, Made]) -> None:
    """The main objective looks at no label here: the threshold is for the constraint alone, and what it asks for is nearer on other rows too."""
    free = made["binary"].choose("roc_auc", "maximize", most_members=1)
    bound = made["binary"].choose("roc_auc", "maximize", constraints=("recall >= 0.95",), most_members=1)
    assert free.recipe is not None
    assert bound.recipe is not None
    assert free.recipe.threshold is None
    assert (bound.recipe.threshold or 1.0) < 0.5
    assert (bound.values["recall"] or 0.0) > (free.values["recall"] or 0.0)
    assert bound.values["roc_auc"] == pytest.approx(free.values["roc_auc"])


def test_probabilities_that_are_too_sure_are_calibrated(tmp_path: Path) -> None:
    outcome = Made("multiclass", tmp_path, sharp=6.0).choose("log_loss", "minimize", most_members=1)
    assert outcome.recipe is not None
    assert outcome.recipe.calibration is not None
    assert list(outcome.recipe.combination.weights) == [0]


def test_a_calibration_that_changes_no_ranking_is_level_with_its_trial(tmp_path: Path) -> None:
    """Its recorded score is the very number of the trial, so that better probabilities alone make it the winner."""
    each = Made("binary", tmp_path, sharp=6.0)
    job = each.job("roc_auc", "maximize", most_members=1)
    said = each.predictions[job.members[0].trial]
    labels = np.full(len(said), "a")
    scored = [(each.data.y.iloc[rows], {"label": labels[rows], "probability": said[rows]}) for _, rows in each.data.protocol.folds(each.data.y)]
    folds = tuple(each.data.protocol.score(*fold) for fold in scored)
    recorded = float(np.mean([fold["roc_auc"] for fold in folds]))
    best = replace(job.members[0], values={"roc_auc": recorded}, folds=folds)
    outcome = choose(replace(job, members=(best,)), each.data, each.stored.__getitem__)
    assert outcome.recipe is not None
    assert outcome.recipe.calibration is not None
    assert outcome.values["roc_auc"] == recorded


def test_nothing_is_learned_for_a_class_that_no_training_row_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where time splits the rows and a class comes up late: what is fitted last knows nothing of it."""
    learned: list[str] = []
    monkeypatch.setattr(choosing, "_decision", lambda *given: learned.append("labels") or decision(*given))  # type: ignore[func-returns-value]
    monkeypatch.setitem(choosing.COMBINED, "pool", lambda *given: learned.append("pool") or pool(*given))  # type: ignore[func-returns-value]
    made = Made("multiclass", tmp_path)
    made.choose("f1_macro", "maximize")
    assert set(learned) == {"labels", "pool"}
    learned.clear()
    made.data = replace(made.data, y=made.data.y.where(made.data.y != "c", "b"))
    recipe = made.choose("f1_macro", "maximize").recipe
    assert learned == []
    assert recipe is None or recipe.calibration is None


@pytest.mark.parametrize("holdout", [True, False])
def test_nothing_is_learned_for_each_class_where_a_fold_that_is_run_again_lacks_one(holdout: bool, tmp_path: Path) -> None:
    """Without a holdout a report fits every fold again: its pipeline gives fewer probabilities there than a stack or a calibration has numbers for."""

    def lacking(y: pd.Series) -> Folds:
        rare, others = np.flatnonzero(y == "c"), np.flatnonzero(y != "c")
        parts = [np.sort(np.concatenate([others[::3], rare])), others[1::3], others[2::3]]
        return [(np.setdiff1d(np.arange(len(y)), part), part) for part in parts]

    each = Made("multiclass", tmp_path, sharp=6.0)
    if not holdout:
        each.data = replace(each.data, y_holdout=each.data.y_holdout.iloc[:0])
    assert (len(each.data.y_holdout) > 0) == holdout
    whole, alone = (each.choose("log_loss", "minimize", most_members=most) for most in (4, 1))
    each.data.protocol.folds = lacking
    lacks, lacks_alone = (each.choose("log_loss", "minimize", most_members=most) for most in (4, 1))
    assert "pool" in whole.compared
    assert ("pool" in lacks.compared) == holdout
    assert alone.recipe is not None
    assert alone.recipe.calibration is not None
    if not holdout:
        assert lacks_alone.recipe is None
        assert lacks.recipe is None or lacks.recipe.calibration is None


def test_two_layers_suit_only_where_every_class_has_rows_enough() -> None:
    rows = 1500
    y = pd.Series(np.resize(["b", "c"], rows))
    X = pd.DataFrame({"x": np.arange(rows) / 7})
    profile = Profile("multiclass", ("a", "b", "c"), rows, (Column("x", "numeric", "float64", 0.0, rows, "0.1"),), 0, 1)
    assert not suits(Rows(X, y, {}), profile)  # the one row of "a" is never judged, and the second model would not know of it
    assert suits(Rows(X, y, {}), replace(profile, task="binary", classes=("b", "c")))
    assert suits(Rows(X, pd.Series(np.resize(["a", "b", "c"], rows)), {}), profile)


def sure_and_cautious(folder: Path) -> Made:
    """Of two candidates the one that orders rows better says "b" too seldom for the constraint."""
    made = Made("binary", folder)
    order, other = made.predictions[0], made.predictions[1]
    odds = 0.05 * order[:, 1] / order[:, 0]
    made.predictions = {0: np.column_stack([1 / (1 + odds), odds / (1 + odds)]), 1: other, 2: 0.9 * other + 0.1 * made.predictions[3], 3: made.predictions[3]}
    return made


def test_only_the_main_objective_is_put_on_the_scale_of_the_best_of_many(tmp_path: Path) -> None:
    """Scores of constraints are those of rows that nothing was learned on: a constraint that is broken is not met by a change of scale."""
    made = sure_and_cautious(tmp_path)
    measure = Measure(made.data, "roc_auc", "maximize")

    def recall(found: np.ndarray) -> float:
        return float(measure.scores(made.data.y, {"label": measure.labels(found), "probability": found})["recall"] or 0.0)

    recalls = {trial: recall(found) for trial, found in made.predictions.items()}
    bound = min(recalls[1], recalls[2]) - 0.02
    assert recalls[0] < bound
    job = made.job("roc_auc", "maximize", constraints=(f"recall >= {bound}",))
    assert job.members[0].trial == 0, "by the main objective alone"
    job = replace(job, members=tuple(sorted(job.members, key=lambda member: (recalls[member.trial] < bound, -(member.values["roc_auc"] or 0.0)))))
    judge = Judge(job, made.data, {trial: [found] for trial, found in made.predictions.items()})
    anew = judge.judge(best_trial(judge))
    assert anew is not None
    assert set(anew.whole.recipe.combination.weights) <= {1, 2}, "the best that keeps to the constraint"
    judge.flattered(replace(anew, values={name: (value or 0.0) - 0.2 for name, value in anew.values.items()}))
    judged = judge.judge(lambda rows: None if (found := vote(rows, judge.measure, judge.limits)) is None else Learned(Recipe(found)))
    assert judged is not None
    plain = [judge.measure.scores(fold.judge.y, each.predict(fold.judge, judge.measure)) for fold, each in zip(judge.folds, judged.learned, strict=True)]
    for name in judged.folds[0]:
        own, crossed = (float(np.mean([fold[name] for fold in folds])) for folds in (judged.folds, plain))
        assert own == (pytest.approx(crossed, abs=1e-12) if name != "roc_auc" else pytest.approx(max(own, crossed)))
    assert judged.values["roc_auc"] != pytest.approx(float(np.mean([fold["roc_auc"] for fold in plain])), abs=1e-9)
    outcome = choose(job, made.data, made.stored.__getitem__)
    if outcome.recipe is not None:
        said = combine(outcome.recipe.combination, made.predictions)
        called = labels(outcome.recipe, calibrate(outcome.recipe.calibration, said), measure.classes)
        found = measure.scores(made.data.y, {"label": called, "probability": said})["recall"]
        assert (found or 0.0) > bound - 0.05
