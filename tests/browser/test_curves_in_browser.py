"""A network that trains, watched in a real browser: how far it is stands in its row, and its learning curve grows in the details."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Lab
from tests.browser.lab_page import VIEW, in_both_themes, open_notebook, run_cells, write

CELL = """%%automl sklearn:digits --target target --time 5m --as learned
models: [mlp]
ranges: {mlp.width: 512, mlp.layers: 3}
folds: 5
prune: false
seed: 7"""


def test_the_learning_curve_of_a_running_network_grows_in_the_details(page: Page, lab: Lab) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_viewport_size({"width": 1360, "height": 2200})
    write(lab.folder, "learn.ipynb", "%load_ext automl_lab", CELL, "learned.stop()\nlearned")
    open_notebook(page, lab, "learn.ipynb")
    run_cells(page, 2)

    training = page.locator(f"{VIEW} .aml-rows-now tr.aml-row").filter(has_text=re.compile(r"epoch \d+/100.*loss \d"))
    expect(training.first).to_be_visible(timeout=240_000)  # the first test of the browser waits for the cluster to start
    whole = re.compile(r"Fold \d, epoch \d+ of at most 100: loss \d.* in training, \d.* on rows set aside")
    expect(training.first.locator(".aml-note-text")).to_have_attribute("title", whole)
    training.first.locator("button.aml-open").click()

    drawer = page.locator(f"{VIEW} .aml-drawer")
    curve = drawer.locator(".aml-curve")
    expect(curve.get_by_role("img", name=re.compile(r"Learning curve of trial \d+\. ")).first).to_be_visible()
    expect(curve).to_contain_text("Loss · lower is better")
    expect(curve.locator(".aml-legend")).to_contain_text("loss on rows set aside")
    expect(curve.locator(".aml-legend")).to_contain_text("loss in training")
    strong = curve.locator(".aml-chart path.aml-curve-strong.aml-curve-validation")
    expect(strong).to_have_attribute("d", re.compile(r"^M[\d.]+ [\d.]+h0L"), timeout=60_000)
    said, drawn = curve.locator(".aml-curve-words").inner_text(), strong.get_attribute("d") or ""
    expect(curve.locator(".aml-curve-words")).not_to_have_text(said, timeout=60_000)
    expect(strong).not_to_have_attribute("d", drawn)

    expect(curve.locator(".aml-curve-words")).to_contain_text(re.compile("Fold [2-5]|All training rows"), timeout=120_000)
    expect(curve.locator(".aml-legend")).to_contain_text("other folds")
    paths = curve.locator(".aml-chart path.aml-curve-validation")
    expect(paths.nth(1)).to_be_attached()
    expect(curve.locator(".aml-chart path.aml-curve-strong.aml-curve-validation")).to_have_count(1)
    assert in_both_themes(page, "learning") == []

    page.locator(".jp-Notebook .jp-Cell").nth(2).click()
    page.keyboard.press("Shift+Enter")
    result = page.locator(".jp-Notebook .jp-Cell").nth(2).locator(".jp-OutputArea-output").last
    expect(result).to_contain_text(re.compile("stopped by hand after", re.IGNORECASE), timeout=60_000)
    assert not errors
