"""What every model family is held to, whoever wrote it.

    @pytest.mark.parametrize(("family", "task", "check"), family_checks([MINE]), ids=describe)
    def test_my_family(family, task, check, tmp_path):
        check(family, task, tmp_path)

and once for all families, since they start other programs: ``sources_are_clean`` and ``sources_run_alone``. A check raises ``AssertionError``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from automl_lab.core.errors import IntegrityError
from automl_lab.data.profile import Task
from automl_lab.evaluation.candidate import ALLOWED, build_candidate, default_params, parameters, render_candidate
from automl_lab.models.family import ModelFamily
from automl_lab.pipelines.audit import audit, permissions
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.load import build_pipeline, same_build
from automl_lab.pipelines.persist import dump_model, load_model
from automl_lab.pipelines.source import Source
from automl_lab.pipelines.suggest import FixedSuggest
from automl_lab.testing.frames import Sample, sample

FEW_ROUNDS = 10
ENSEMBLED = ("n_estimators", "members")  # how many models one model consists of
Check = Callable[[ModelFamily, Task, Path], None]
# Lints under which a reader's own project may put the source; not the length of lines, since a column's name may be longer than a line.
RULES = "E,F,W,I,UP,B,C4,SIM,RET,PIE,PTH,N,D1,ANN,S,RUF"
# S106 takes `token_pattern` for a password.
IGNORED = "S106,E501,N803,ANN401,D107,RUF001,RUF003"


def expect(condition: bool, message: str) -> None:
    """Raise ``AssertionError`` with the message unless the condition holds: for code that ships, where pytest rewrites no assert."""
    if not condition:
        raise AssertionError(message)


def allowed(family: ModelFamily) -> frozenset[str]:
    """What the audit allows for a family, registered or not."""
    return ALLOWED | permissions(family.uses)


def quick(family: ModelFamily, data: Sample) -> dict[str, Any]:
    """The family's defaults with as few trees or members as its range has, so that a suite stays quick."""
    asked = parameters(family, data.profile)
    params = default_params(family, data.profile)
    few = {name: each.accept(FEW_ROUNDS) for name, each in asked.items() if each.kind == "rounds"}
    return {name: asked[name].low if name.endswith(ENSEMBLED) else value for name, value in params.items()} | few


def variants(family: ModelFamily, data: Sample) -> list[dict[str, Any]]:
    """The options of the model, then those of the preparation, which are turned many at once until each was there: they meet each other in a search too."""
    return [*options(family, data), *preparations(family, data)]


def options(family: ModelFamily, data: Sample) -> list[dict[str, Any]]:
    """The quick defaults; from there every other option of the model, one at a time; all numbers at the low and at the high end.

    Where an option brings up further choices, theirs are there too.
    """
    start = quick(family, data)
    space = parameters(family, data.profile)
    own = [name for name in start if not _of_preparation(name)]
    changes = [{name: option} for name in own for option in space[name].options if option != start[name]]
    numbers = {name: space[name] for name in start if space[name].kind in {"int", "float"} and not name.endswith(ENSEMBLED)}
    if numbers:
        changes.append({name: each.accept(each.low) for name, each in numbers.items()})
        changes.append({name: each.accept(each.high) for name, each in numbers.items()})
    found = [start, *(_applicable(family, data, {**start, **change}) for change in changes)]
    brought = {name: params for params in reversed(found) for name in params if name not in start and not _of_preparation(name)}
    for name, params in brought.items():
        found.extend(_applicable(family, data, {**params, name: option}) for option in space[name].options if option != params[name])
    return found


def preparations(family: ModelFamily, data: Sample) -> list[dict[str, Any]]:
    """Parameters in which every option of the preparation is there at least once, with as few of them as a simple search finds.

    Its numbers are at either end in turns.
    """
    start, space = quick(family, data), parameters(family, data.profile)
    choices = {name: each for name, each in space.items() if _of_preparation(name) and each.kind == "choice"}
    left = {(name, option) for name, each in choices.items() for option in each.options}
    left -= {(name, option) for name, option in start.items() if name in choices}
    found: list[dict[str, Any]] = []
    fixed: dict[str, Any] = {}  # options that bring up choices which no other option does
    while left:
        wanted = {name: next((o for o in each.options if (name, o) in left), fixed.get(name, each.default)) for name, each in choices.items()}
        # Behind the first of the choices stand all those that are no part of the plain preparation.
        wanted |= {name: "engineered" for name in choices if name.endswith(".features")}
        end = "low" if len(found) % 2 else "high"
        ends = {name: each.accept(getattr(each, end)) for name, each in space.items() if _of_preparation(name) and each.kind in {"int", "float"}}
        params = _applicable(family, data, {**start, **ends, **wanted})
        there = left & set(params.items())
        if not there:
            name, option = min(left, key=str)
            expect(bool(fixed) is False, f"{family.name}: the option {option!r} of {name} never comes up")
            fixed = {name: each.options[-1] for name, each in choices.items() if name.endswith((".categories", ".resampled"))}
            continue
        left -= there
        found.append(params)
    return found


def _of_preparation(name: str) -> bool:
    """Whether a parameter of that full name belongs to the preparation, not to the model itself."""
    _, _, rest = name.partition(".")
    return "." in rest or rest.startswith(("features", "selection", "resampl", "categories"))


def _applicable(family: ModelFamily, data: Sample, params: dict[str, Any]) -> dict[str, Any]:
    """Without the parameters that these values leave no use for, with those that they bring up."""
    suggest = FixedSuggest(params)
    build_candidate(family, suggest, data.profile)
    return suggest.params


def fitted(source: Source, data: Sample, folder: Path) -> Any:
    """The pipeline of a source, fitted to all rows, in as many threads as a trial would use."""
    with threadpool_limits(data.profile.threads):
        return build_pipeline(source.load(folder)).fit(data.X, data.y)


def predictions(pipeline: Any, data: Sample) -> np.ndarray:
    """Probabilities, or values: what must not change between runs."""
    with threadpool_limits(data.profile.threads):
        return np.asarray(pipeline.predict(data.X) if data.profile.task == "regression" else pipeline.predict_proba(data.X))


def round_trips_as_json(family: ModelFamily, task: Task, _folder: Path) -> None:
    """The call tree is plain JSON and comes back equal, and a fresh build gives the same tree."""
    data = sample(task)
    for params in variants(family, data):
        call = build_candidate(family, FixedSuggest(params), data.profile)
        expect(Call.from_json(json.loads(json.dumps(call.to_json()))) == call, f"{family.name}: the tree changes by JSON")
        expect(build_candidate(family, FixedSuggest(params), data.profile) == call, f"{family.name}: two builds with the same parameters differ")


def rebuilds_the_same_bytes(family: ModelFamily, task: Task, _folder: Path) -> None:
    """Recorded parameters, as JSON keeps them, give the same source again, and the audit allows it."""
    data = sample(task)
    for params in variants(family, data):
        source = render_candidate(family, params, data.profile)
        again = render_candidate(family, json.loads(json.dumps({"family": family.name, **params})), data.profile)
        expect(source.sha256 == again.sha256, f"{family.name}: {params} give two sources")
        audit(source, allowed(family))


def source_round_trips(family: ModelFamily, task: Task, folder: Path) -> None:
    """The module builds, twice the same, and what it builds is not fitted."""
    data = sample(task)
    module = render_candidate(family, {}, data.profile).load(folder)
    first = build_pipeline(module)
    expect(same_build(first, build_pipeline(module)), f"{family.name}: two builds of one source differ")
    module = render_candidate(family, quick(family, data), data.profile).load(folder)
    first = build_pipeline(module).fit(data.X, data.y)
    expect(not same_build(first, build_pipeline(module)), f"{family.name}: fitting leaves no trace, so a fitted pipeline passes for a fresh one")


def fits_and_stores_every_option(family: ModelFamily, task: Task, folder: Path) -> None:
    """Every option and end of range fits awkward data of all kinds, predicts for rows it has not seen, and predicts the same when stored and loaded."""
    data = sample(task)
    new = sample(task, seed=1)
    for params in variants(family, data):
        source = render_candidate(family, params, data.profile)
        pipeline = fitted(source, data, folder)
        found = predictions(pipeline, new)
        expect(bool(np.isfinite(found).all()) and len(found) == len(new.X), f"{family.name} with {params}: predictions are not finite")
        if task != "regression":
            expect(np.allclose(found.sum(axis=1), 1, atol=1e-5), f"{family.name} with {params}: probabilities do not sum to one")
            expect(list(pipeline.classes_) == list(data.profile.classes or ()), f"{family.name} with {params}: other classes than the data's")
            expect(set(pipeline.predict(new.X)) <= set(data.y), f"{family.name} with {params}: predicts labels that are none")
        stored = load_model(dump_model(pipeline), source, folder)
        expect(np.array_equal(predictions(stored, new), found), f"{family.name} with {params}: the stored model predicts otherwise")


def resamples_rare_classes(family: ModelFamily, task: Task, folder: Path) -> None:
    """Every way to even out classes fits and predicts for all rows, also where the rarest class has a single one; the stored model does the same."""
    data = sample(task, rare=True)
    if data.profile.classes is None:
        return
    first, rarest = data.profile.classes[0], data.profile.classes[-1]
    only = np.flatnonzero(data.y == rarest)[0]
    alone = data.y.where((data.y != rarest) | (np.arange(len(data.y)) == only), first)
    start, space = quick(family, data), parameters(family, data.profile)
    resampled, resampling = f"{family.name}.resampled", f"{family.name}.resampling"
    offered = family.wants.prepared and find_spec("imblearn") is not None
    expect((resampled in space) == offered, f"{family.name}: ways to resample rare classes are {'not ' if offered else ''}offered")
    # Where there is one way only, nobody is asked which.
    ways = [{resampling: way} for way in space[resampling].options] if resampling in space else [{}] * offered
    for way in ways:
        params = _applicable(family, data, {**start, resampled: True, **way})
        source = render_candidate(family, params, data.profile)
        audit(source, allowed(family))
        for y in (data.y, alone):
            pipeline = fitted(source, replace(data, y=y), folder)
            found = predictions(pipeline, data)
            expect(bool(np.isfinite(found).all()) and len(found) == len(data.X), f"{family.name} with {params}: predictions are not finite")
            stored = load_model(dump_model(pipeline), source, folder)
            expect(np.array_equal(predictions(stored, data), found), f"{family.name} with {params}: the stored model predicts otherwise")


def fits_each_kind_alone(family: ModelFamily, task: Task, folder: Path) -> None:
    """Data with only one kind of column is data too, whatever the preparation."""
    for kinds in (("numeric",), ("categorical",), ("boolean",), ("datetime",), ("text",)):
        data, new = (sample(task, seed=seed).only(*kinds) for seed in (0, 1))
        for params in [quick(family, data), *preparations(family, data)]:
            found = predictions(fitted(render_candidate(family, params, data.profile), data, folder), new)
            expect(bool(np.isfinite(found).all()), f"{family.name} with {params} on {kinds[0]} columns: predictions are not finite")


def fits_the_least_rows(family: ModelFamily, task: Task, folder: Path) -> None:
    """Two rows, and one row of each class, are few and no reason to fail, whatever the preparation: a fold of a tiny table has no more."""
    new = sample(task, rows=9, seed=1)
    for rows in {2, 3 if task == "multiclass" else 2}:
        data = sample(task, rows=rows)
        for params in [quick(family, data), *preparations(family, data)]:
            source = render_candidate(family, params, data.profile)
            pipeline = fitted(source, data, folder)
            found = predictions(pipeline, new)
            expect(bool(np.isfinite(found).all()) and len(found) == 9, f"{family.name} with {params} on {rows} rows: predictions are not finite")
            stored = load_model(dump_model(pipeline), source, folder)
            expect(np.array_equal(predictions(stored, new), found), f"{family.name} with {params} on {rows} rows: the stored model predicts otherwise")


def fits_labels_that_read_as_numbers(family: ModelFamily, task: Task, folder: Path) -> None:
    """Text like "1" is a label and no number, whatever the option."""
    if task == "regression":
        return
    data = sample(task, labels=("0", "1") if task == "binary" else ("0", "1", "10"))
    for params in options(family, data):
        pipeline = fitted(render_candidate(family, params, data.profile), data, folder)
        expect(list(pipeline.classes_) == list(data.profile.classes or ()), f"{family.name} with {params}: other classes than the data's")
        expect(set(pipeline.predict(data.X)) <= set(data.y), f"{family.name} with {params}: predicts labels that are none")


def same_seed_same_predictions(family: ModelFamily, task: Task, folder: Path) -> None:
    """Two fits of one source agree to the last bit."""
    data = sample(task)
    source = render_candidate(family, quick(family, data), data.profile)
    first, second = fitted(source, data, folder), fitted(source, data, folder)
    expect(np.array_equal(predictions(first, data), predictions(second, data)), f"{family.name}: two fits with one seed differ")


def audit_refuses_tampering(family: ModelFamily, task: Task, _folder: Path) -> None:
    """Whatever is slipped into the source is refused."""
    text = render_candidate(family, {}, sample(task).profile).text
    build = "    return Pipeline("
    forged = {
        "an import": text.replace("\nfrom sklearn", "\nimport os\nfrom sklearn", 1),
        "a call": text.replace(build, f"    __import__('os').system('true')\n{build}", 1),
        "a call in an argument": text.replace('("model", model)', '("model", eval("model"))', 1),
        "a statement of the module": text + "\nprint('here')\n",
        "another definition": text + "\n\ndef extra():\n    return 1\n",
        "a second builder": text + "\n\ndef build_pipeline():\n    return 1\n",
    }
    for what, changed in forged.items():
        expect(changed != text, f"{family.name}: {what} could not be put in")
        try:
            audit(Source(changed), allowed(family))
        except IntegrityError:
            continue
        raise AssertionError(f"{family.name}: the audit lets {what} pass")


FAMILY_CHECKS: tuple[Check, ...] = (
    round_trips_as_json,
    rebuilds_the_same_bytes,
    source_round_trips,
    fits_and_stores_every_option,
    resamples_rare_classes,
    fits_each_kind_alone,
    fits_the_least_rows,
    fits_labels_that_read_as_numbers,
    same_seed_same_predictions,
    audit_refuses_tampering,
)


def family_checks(families: Iterable[ModelFamily]) -> list[tuple[ModelFamily, Task, Check]]:
    """Every check of every family for each task it declares, for ``pytest.mark.parametrize``."""
    return [(family, task, check) for family in families for task in sorted(family.tasks) for check in FAMILY_CHECKS]


def describe(value: Any) -> str:
    """A short name of a case for pytest's ``ids``."""
    return str(getattr(value, "name", getattr(value, "__name__", value)))


def sources_are_clean(families: Iterable[ModelFamily], folder: Path) -> int:
    """Every source of every variant is as ``ruff format`` leaves it and passes ``ruff check``; the number of sources is returned."""
    written = {
        render_candidate(family, params, data.profile)
        for family in families
        for task in sorted(family.tasks)
        for data in [sample(task)]
        for params in variants(family, data)
    }
    return check_with_ruff(written, folder)


def check_with_ruff(sources: Iterable[Source], folder: Path) -> int:
    """Run ``ruff`` over the sources, with nobody's configuration. Raises ``AssertionError`` with its complaints."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for count, source in enumerate(sources, start=1):  # noqa: B007  (the count is what is wanted)
        (folder / f"{source.module_name()}.py").write_text(source.text, encoding="utf-8")
    for command in (
        ["format", "--isolated", "--diff", "."],
        ["check", "--isolated", "--target-version", "py311", "--select", RULES, "--ignore", IGNORED, "."],
    ):
        done = subprocess.run([sys.executable, "-m", "ruff", *command], cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
        expect(done.returncode == 0, f"ruff {command[0]}: {done.stdout[-3000:]}{done.stderr[-1000:]}")
    return count


_ALONE = """
import importlib.util, json, sys, warnings
from pathlib import Path

class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "automl_lab":
            raise ImportError(name)

sys.meta_path.insert(0, Gone())
import pandas as pd

found = {}
for case in json.loads(Path("cases.json").read_text()):
    X, y = pd.read_parquet(case["task"] + ".parquet"), None
    y = X.pop("target")
    spec = importlib.util.spec_from_file_location(case["module"], case["module"] + ".py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[case["module"]] = module
    spec.loader.exec_module(module)
    pipeline = module.build_pipeline().fit(X, y)
    prediction = pipeline.predict(X) if case["task"] == "regression" else pipeline.predict_proba(X)
    found[case["module"]] = prediction.tolist()
assert not [name for name in sys.modules if name.partition(".")[0] == "automl_lab"]
print(json.dumps(found))
"""


def sources_run_alone(families: Iterable[ModelFamily], folder: Path) -> None:
    """In a process where importing ``automl_lab`` fails, every family's source fits and predicts what it predicts here."""
    folder.mkdir(parents=True, exist_ok=True)
    cases, here = [], {}
    for family in families:
        for task in sorted(family.tasks):
            data = sample(task)
            data.X.assign(target=data.y).to_parquet(folder / f"{task}.parquet")
            source = render_candidate(family, quick(family, data), data.profile)
            (folder / f"{source.module_name()}.py").write_text(source.text, encoding="utf-8")
            here[source.module_name()] = predictions(fitted(source, data, folder), data)
            cases.append({"task": task, "module": source.module_name()})
    (folder / "cases.json").write_text(json.dumps(cases), encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", _ALONE], cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    expect(done.returncode == 0, done.stderr[-3000:])
    for module, found in json.loads(done.stdout).items():
        expect(np.allclose(found, here[module], rtol=1e-9, atol=1e-12), f"{module} predicts otherwise in a process without automl_lab")
