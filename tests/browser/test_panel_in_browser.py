"""A search that is clicked together in the panel in a real browser: checked while it is written, inserted as a cell, run."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Lab
from tests.browser.lab_page import in_both_themes, open_notebook, run_cells, shoot, write

PANEL = ".aml-panel:visible"
FRAME = "from sklearn.datasets import load_breast_cancer\ntumours = load_breast_cancer(as_frame=True).frame\n%load_ext automl_lab"
CELL = """%%automl tumours --target target --trials 6 --as asked --panel
objectives: [roc_auc, predict_ms]
constraints: [predict_ms <= 50]
models: [linear, naive_bayes]
split: {kind: holdout, share: 0.3}
ranges:
  linear.C: [0.1, 1.0]"""
SAME = CELL.replace(" --panel", "")


def panel_in(page: Page, lab: Lab, name: str, cell: str) -> Locator:
    write(lab.folder, name, FRAME, cell)
    open_notebook(page, lab, name)
    run_cells(page, 2)
    panel = page.locator(PANEL)
    expect(panel).to_have_count(1, timeout=60_000)  # the kernel imports what reads data
    expect(panel.get_by_label("Data", exact=True)).to_be_visible()
    return panel


def written(panel: Locator) -> str:
    return panel.get_by_label("The cell as text").input_value()


def test_a_search_is_clicked_together_and_run(page: Page, lab: Lab) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_viewport_size({"width": 1360, "height": 2000})
    panel = panel_in(page, lab, "panel.ipynb", "%automl panel")
    expect(panel.locator(".aml-pill")).to_have_text("To be mended")
    expect(panel.get_by_role("button", name="Run", exact=True)).to_be_disabled()

    panel.get_by_label("Data", exact=True).fill("tumurs")
    expect(panel.locator(".aml-field-error").first).to_contain_text("did you mean 'tumours'?")
    panel.get_by_label("Data", exact=True).fill("tumours")
    expect(panel).to_contain_text("569 rows, 31 columns")
    expect(panel.get_by_role("row", name=re.compile("mean radius"))).to_contain_text("numeric")
    panel.get_by_label("Target", exact=True).select_option("target")
    expect(panel.locator(".aml-pill")).to_have_text("Ready")
    expect(panel.get_by_label("Task", exact=True)).to_contain_text("inferred: binary")

    panel.get_by_label("Trials", exact=True).fill("6")
    panel.get_by_label("Name", exact=True).fill("clicked")
    panel.get_by_label("Prediction time").check()
    for family in ("Random forest", "Extra trees"):
        panel.get_by_label(family, exact=True).uncheck()
    panel.get_by_label("Kind of mean area").select_option("drop")
    more = panel.locator("summary", has_text="Search and validation")
    more.click()
    panel.get_by_label("Split", exact=True).select_option("holdout")
    more.click()
    panel.get_by_role("button", name="Add a constraint").click()
    panel.locator(".aml-panel-bound input").fill("50")
    expect(panel.get_by_label("The cell as text")).to_have_value(re.compile(r"constraints: \[predict_ms <= 50\]"))
    expect(panel.locator(".aml-pill")).to_have_text("Ready")
    cell = written(panel)
    assert cell.startswith("%%automl tumours --target target --trials 6 --as clicked\n")
    assert "objectives: [roc_auc, predict_ms]" in cell
    assert "split: holdout" in cell
    assert "random_forest" not in cell
    assert "linear" in cell
    expect(panel.locator(".aml-panel-outlook")).to_contain_text("6 candidates")
    panel.get_by_role("button", name="Dry run").click()
    expect(panel).to_contain_text("# nothing was started")

    assert in_both_themes(page, "panel") == []

    panel.get_by_role("button", name="Insert as cell").click()
    cells = page.locator(".jp-Notebook .jp-Cell")
    expect(cells).to_have_count(4)  # the last one is the empty one that was below
    expect(cells.nth(2).locator(".cm-content")).to_contain_text("%%automl tumours --target target")
    inserted = page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets[2].model.sharedModel.getSource()")
    assert inserted == cell

    panel.get_by_role("button", name="Run", exact=True).click()
    expect(panel).to_contain_text("clicked is running; it is the variable clicked here")
    live = page.locator(".aml-view:not(.aml-panel):visible")
    expect(live).to_have_count(1)
    expect(live.locator(".aml-name")).to_have_text("clicked")
    expect(live.locator(".aml-result, .aml-tone-good").first).to_be_visible(timeout=180_000)
    panel.get_by_label("Name", exact=True).fill("tumours")
    expect(panel.locator(".aml-pill")).to_have_text("Ready")
    panel.get_by_role("button", name="Run", exact=True).click()
    expect(panel.locator(".aml-panel-notice")).to_contain_text("the variable 'tumours' is a DataFrame here and would be lost")
    assert not errors


def test_a_cell_comes_into_the_panel_and_out_of_it_as_it_was(page: Page, lab: Lab) -> None:
    panel = panel_in(page, lab, "again.ipynb", CELL)
    expect(panel.locator(".aml-pill")).to_have_text("Ready", timeout=60_000)
    assert written(panel) == SAME
    shoot(page, "panel-of-a-cell")
    expect(panel.get_by_label("Split", exact=True)).to_have_value("holdout")
    panel.get_by_label("The cell as text").fill(SAME.replace("naive_bayes", "naive_bays"))
    expect(panel.locator(".aml-pill")).to_have_text("To be mended")
    wrong = panel.get_by_label("The cell", exact=True).locator(".aml-field-error")
    expect(wrong).to_contain_text("line 4, column 18: unknown model 'naive_bays'; did you mean 'naive_bayes'?")
    panel.get_by_label("The cell as text").fill(SAME)
    expect(panel.locator(".aml-pill")).to_have_text("Ready")
    panel.locator("summary", has_text="Search and validation").click()
    panel.get_by_label("Seed", exact=True).fill("7")
    expect(panel.get_by_label("The cell as text")).to_have_value(re.compile("seed: 7"))
    panel.get_by_label("Seed", exact=True).fill("")
    expect(panel.get_by_label("The cell as text")).to_have_value(SAME)

    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.reload()
    again = page.locator(PANEL)
    expect(again.get_by_label("The cell as text")).to_have_value(SAME)
