"""A search that is steered from the live view in a real browser: what is pressed happens, is in the history, and its line of Python is shown."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Lab
from tests.browser.lab_page import ROWS, VIEW, in_both_themes, open_notebook, run_cells, shoot, write

CELL = """%%automl sklearn:breast_cancer --target target --time 5m --as grown
models: [linear, random_forest, xgboost]
folds: 3
prune: false
seed: 7"""
STATE = "print(grown.snapshot()['off'], grown.snapshot()['ranges'], grown.snapshot()['budget'])"


def activity(page: Page) -> Locator:
    """The history, opened."""
    fold = page.locator(f"{VIEW} .aml-details details").last
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()
    return fold


def said(page: Page, line: str) -> None:
    """The line of Python that does the same is shown."""
    expect(page.locator(f"{VIEW} .aml-notices code").filter(has_text=line)).to_be_visible()


def test_the_search_is_steered_from_the_view(page: Page, lab: Lab) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_viewport_size({"width": 1360, "height": 2700})  # room for all of it in one picture
    write(lab.folder, "steer.ipynb", "%load_ext automl_lab", CELL, STATE, "grown.stop()\ngrown")
    open_notebook(page, lab, "steer.ipynb")
    run_cells(page, 2)
    view = page.locator(VIEW)
    expect(view).to_have_count(1)
    expect(page.locator(ROWS).nth(11)).to_be_visible(timeout=240_000)

    view.get_by_role("switch", name="Search random forest").click()
    said(page, "grown.switch_off('random_forest')")
    expect(view.get_by_role("switch", name="Search random forest")).to_have_attribute("aria-checked", "false")
    expect(activity(page)).to_contain_text("random_forest switched off by hand")

    view.get_by_role("button", name="More time").click()
    view.get_by_role("button", name="+1 min").click()
    said(page, "grown.extend('1m')")
    expect(activity(page)).to_contain_text("extended by hand by 60 s")

    view.get_by_label("Filter the leaderboard").fill("xgboost done")
    row = page.locator(f"{VIEW} .aml-rows-done tr.aml-row").first
    expect(row).to_contain_text("xgboost")
    row.locator("button.aml-open").click()
    drawer = page.locator(f"{VIEW} .aml-drawer")
    number = re.search(r"Trial (\d+)", drawer.inner_text())
    assert number is not None
    drawer.get_by_role("button", name=re.compile("Try a step")).click()
    said(page, f"grown.around({number[1]})")
    expect(activity(page)).to_contain_text("a configuration of xgboost enqueued by hand")

    drawer.get_by_role("button", name=re.compile(r"Freeze learning_rate")).click()
    expect(activity(page)).to_contain_text("ranges changed by hand: xgboost.learning_rate")
    expect(drawer).to_contain_text("· frozen")
    drawer.get_by_role("button", name=re.compile(r"Change the range of max_depth")).click()
    drawer.get_by_label("least max_depth").fill("2")
    drawer.get_by_label("largest max_depth").fill("4")
    drawer.get_by_label("largest max_depth").press("Enter")
    said(page, "grown.narrow({'xgboost.max_depth': [2, 4]})")
    expect(drawer).to_contain_text("searched in [2, 4]")

    drawer.get_by_role("button", name="Try other values").click()
    drawer.get_by_label("max_depth", exact=True).fill("3")
    drawer.get_by_role("button", name="Try it next").click()
    expect(page.locator(f"{VIEW} .aml-notices code")).to_contain_text("grown.enqueue({'family': 'xgboost'")
    expect(page.locator(f"{VIEW} .aml-notices code")).to_contain_text("'xgboost.max_depth': 3")
    drawer.get_by_text("Source", exact=True).click()
    expect(drawer.locator(".aml-source-code")).to_contain_text("def build_pipeline")
    assert in_both_themes(page, "steered") == []

    view.get_by_label("Filter the leaderboard").fill("")
    view.get_by_role("button", name="Time", exact=True).click()
    expect(view.get_by_role("columnheader", name="Time")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator(f"{VIEW} .aml-parallel-chart")).to_be_visible(timeout=60_000)
    expect(page.locator(f"{VIEW} .aml-bars")).to_be_visible(timeout=240_000)
    shoot(page, "difference-light")

    cells = page.locator(".jp-Notebook .jp-Cell")
    cells.nth(2).click()
    page.keyboard.press("Shift+Enter")
    expect(cells.nth(2).locator(".jp-OutputArea-output").last).to_contain_text("['random_forest'] {'xgboost.learning_rate'", timeout=30_000)
    page.keyboard.press("Shift+Enter")
    expect(cells.nth(3).locator(".jp-OutputArea-output").last).to_contain_text(re.compile("stopped by hand after", re.IGNORECASE), timeout=60_000)
    assert not errors
