"""The quick start as a user sees it: a cell, a live view that moves, a stop, a reload, and the result is still there."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Lab
from tests.browser.lab_page import ROWS, VIEW, in_both_themes, open_notebook, run_cells, shoot, theme, write

CELL = """%%automl sklearn:breast_cancer --target target --time 3m --as tumour
objectives: [roc_auc, predict_ms]
constraints: ["predict_ms <= 200"]
seed: 7"""


def done(page: Page) -> int:
    """How many trials the view says are done."""
    found = re.search(r"done\s+(\d+)", page.locator(VIEW).inner_text(), re.IGNORECASE)
    return int(found[1]) if found else 0


def test_the_quick_start_in_a_real_browser(page: Page, lab: Lab) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    write(
        lab.folder,
        "quick.ipynb",
        "%load_ext automl_lab",
        CELL,
        "tumour.predict(__import__('sklearn.datasets').datasets.load_breast_cancer(as_frame=True).data.head(3))",
    )
    open_notebook(page, lab, "quick.ipynb")
    run_cells(page, 2)
    view = page.locator(VIEW)
    expect(view).to_have_count(1)  # counted until it holds: the saved output is on the page a moment before the live one makes it step back
    expect(view).to_contain_text("tumour")
    expect(page.locator(ROWS).nth(2)).to_be_visible(timeout=240_000)
    before = done(page)
    expect(page.locator(ROWS).nth(11)).to_be_visible(timeout=240_000)
    assert done(page) > before, "the view moves"
    shoot(page, "live-light")
    theme(page, "JupyterLab Dark")
    shoot(page, "live-dark")
    theme(page, "JupyterLab Light")

    page.get_by_role("button", name="Stop and keep the best").click()
    page.get_by_role("button", name="Stop now").click()
    expect(page.locator(f"{VIEW} .aml-pill").first).to_contain_text(re.compile("stopped", re.IGNORECASE), timeout=30_000)
    expect(page.locator("[data-automl-live]")).to_have_count(0, timeout=30_000)  # the saved view has taken the live one's place
    expect(page.locator(VIEW)).to_contain_text("stopped by hand after")
    assert in_both_themes(page, "result") == []
    expect(page.locator(VIEW)).to_have_count(1)

    run_cells_after = page.locator(".jp-Notebook .jp-Cell").nth(2)
    run_cells_after.click()
    page.keyboard.press("Shift+Enter")
    expect(run_cells_after.locator(".jp-OutputArea-output").last).to_contain_text("target", timeout=60_000)  # the kernel imports what the model needs

    page.keyboard.press("Control+s")
    page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')")
    page.reload()
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    again = page.locator(VIEW)
    expect(again).to_have_count(1)
    expect(again).to_contain_text("stopped by hand after")
    expect(again.get_by_role("button", name="Stop and keep the best")).to_have_count(0)
    assert not errors
