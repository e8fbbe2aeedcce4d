"""Source is known by its hash and imported from a file."""

from __future__ import annotations

import inspect
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from automl_lab.core.errors import IntegrityError
from automl_lab.pipelines.source import MOST_KEPT, Source

TEXT = "class Thing:\n    pass\n\n\ndef build_pipeline():\n    return Thing()\n"


def test_a_module_is_a_file_with_a_name_of_its_text(tmp_path: Path):
    source = Source(TEXT)
    module = source.load(tmp_path)
    assert module.__name__ == source.module_name() == f"pipeline_{source.sha256[:16]}"
    assert Path(module.__file__).read_text() == TEXT
    assert sys.modules[module.__name__] is module
    assert inspect.getsource(module.Thing) == "class Thing:\n    pass\n"
    assert source.load(tmp_path) is module
    assert source.load(tmp_path, "other").__name__.startswith("other_")


def test_a_module_whose_file_is_gone_is_loaded_again(tmp_path: Path):
    source = Source(TEXT + "# gone\n")
    first = source.load(tmp_path / "one")
    Path(first.__file__).unlink()
    assert source.load(tmp_path / "two") is not first


def test_a_module_that_fails_leaves_nothing_and_shows_its_lines(tmp_path: Path):
    source = Source("value = 1 / 0\n")
    with pytest.raises(ZeroDivisionError) as caught:
        source.load(tmp_path)
    assert source.module_name() not in sys.modules
    assert "value = 1 / 0" in "".join(traceback.format_exception(caught.value))


def test_modules_whose_files_are_gone_are_forgotten_in_the_end_and_the_last_ones_stay(tmp_path: Path):
    """A worker process loads one module for every trial, as long as its cluster lives; models and caches may still ask for those of now."""
    sources = [Source(f"{TEXT}# candidate {number}\n") for number in range(MOST_KEPT + 20)]
    kept = sources[0].load(tmp_path / "kept")
    for source in sources[1:]:
        Path(source.load(tmp_path).__file__).unlink()
    Source(TEXT + "# one more\n").load(tmp_path)
    names = {module.__name__ for module in Source.modules()}
    assert names <= set(sys.modules)
    assert kept.__name__ in names, "its file still stands"
    assert not {source.module_name() for source in sources[1:10]} & set(sys.modules)
    assert {source.module_name() for source in sources[-10:]} <= names


def test_threads_load_one_whole_module(tmp_path: Path):
    source = Source("import time\n\n" + TEXT)
    with ThreadPoolExecutor(8) as pool:
        assert len({id(module.Thing) for module in pool.map(lambda _: source.load(tmp_path), range(32))}) == 1


def test_a_changed_text_is_no_longer_the_source():
    source = Source(TEXT)
    assert Source.checked(TEXT, source.sha256) == source
    with pytest.raises(IntegrityError, match="has changed"):
        Source.checked(TEXT + " ", source.sha256)
