"""Large tables: when the first model can be used, what is fitted on how many rows, when it ends, and the memory of all processes together.

    python -m benchmarks.large [--rows 50000 1000000] [--seconds 15 120]

Two classes from twenty columns: nineteen numbers with gaps, products and waves among them, and a category of forty values. Each search runs on the local
cluster of a lab home of its own, whose processes are warm; memory is the proportional share (PSS) of its processes and of this one, read once a second.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil

import automl_lab
from automl_lab.cluster import daemon
from automl_lab.experiment import lab
from automl_lab.models.family import FAMILIES

LOOK_SECONDS = 1.0


def table(rows: int) -> pd.DataFrame:
    """The generated rows."""
    random = np.random.default_rng(0)
    X, kind = random.normal(size=(rows, 19)), random.integers(0, 40, rows)
    signal = 1.2 * X[:, 0] + 1.5 * np.sin(2 * X[:, 1]) + X[:, 2] * X[:, 3] + random.normal(size=40)[kind] + 0.5 * np.abs(X[:, 4])
    frame = pd.DataFrame(X, columns=[f"x{place}" for place in range(19)]).mask(random.random(X.shape) < 0.03)
    noisy = signal + random.normal(size=rows)
    return frame.assign(kind=np.array([f"k{place}" for place in range(40)])[kind], y=np.where(noisy > 0.8, "yes", "no"))


@contextmanager
def peak(home: Path) -> Iterator[Callable[[], float]]:
    """The most memory so far, in gigabytes."""
    most, over = [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_SECONDS):
            cluster = daemon.find(home)
            watched = [psutil.Process(), *(daemon.processes(cluster) if cluster else ())]
            most[0] = max(most[0], sum(map(_share, watched)))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield lambda: most[0] / 2**30
    finally:
        over.set()
        thread.join()


def _share(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return float(process.memory_full_info().pss)
    return 0.0


def search(rows: int, seconds: float, home: Path) -> None:
    """One search, and what can be said of it."""
    frame = table(rows)
    lab.connect(None).connection.call("ready", patience=lab.WARM_SECONDS)
    with peak(home) as most:
        began = time.time()
        experiment = automl_lab.automl(frame, target="y", time=seconds, name=f"rows{rows}")
        experiment.wait()
        took = time.time() - began
    found = experiment.snapshot()
    print(f"{rows:,} rows, {seconds:g} s: {found['data']['validation']}")
    print(f"  ended {took:.1f} s after the call, {len(found['trials'])} trials, {most():.1f} GB at most")
    for what, done in (("first usable model", _usable(found, baseline=True)), ("first that is no constant", _usable(found, baseline=False))):
        print(f"  {what}: {done}", flush=True)
    winner = next(row for row in found["trials"] if row["number"] == found["result"]["winner"])
    sizes = sorted({row["rows"] for row in found["trials"] if row["rows"] is not None})
    print(f"  samples of {', '.join(f'{size:,}' for size in sizes) or 'no'} rows; the winner: {winner['family']}, {winner['note'] or 'on all rows'}")
    print(f"  {experiment.config['objectives'][0]} {found['result']['holdout']}, delivered on all rows: {bool(found['result']['delivered'])}", flush=True)


def _usable(found: dict[str, Any], *, baseline: bool) -> str:
    """The first trial that left a model, after so many seconds from the call."""
    constant = {name for name, family in FAMILIES.items() if not family.wants.prepared}
    rows = [row for row in found["trials"] if row["model"] is not None and (baseline or row["family"] not in constant)]
    if not rows:
        return "none"
    first = min(rows, key=lambda row: row["finished"])
    return f"after {first['finished'] - found['clock']['created']:.1f} s, {first['family']}"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="*", default=[50_000, 1_000_000])
    parser.add_argument("--seconds", type=float, nargs="*", default=[15.0, 120.0])
    given = parser.parse_args()
    if len(given.rows) != len(given.seconds):
        parser.error("as many --seconds as --rows, please")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AUTOML_LAB_HOME"] = folder
        try:
            for rows, seconds in zip(given.rows, given.seconds, strict=True):
                search(rows, seconds, Path(folder))
        finally:
            import ray  # noqa: PLC0415

            ray.shutdown()
            daemon.stop(Path(folder))


if __name__ == "__main__":
    main()
