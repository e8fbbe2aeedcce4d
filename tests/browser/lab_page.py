"""What a user does in JupyterLab's page: open a notebook, run its cells, change the theme. Refuses to check anything."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, expect

from tests.browser.conftest import SCREENSHOTS, Lab

AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = """async () => {
  const found = await axe.run({include: ['.aml-view']}, {resultTypes: ['violations']});
  const serious = found.violations.filter(each => ['serious', 'critical'].includes(each.impact));
  const place = node => `${node.target.join(' ')} (${node.any.map(one => one.message).join(' ')})`;
  return serious.map(each => `${each.id}: ${each.help}: ${each.nodes.map(place).join('; ')}`);
}"""
VIEW = ".aml-view:visible"
ROWS = ".aml-view:visible .aml-board tbody tr"


# A cell that is run before its kernel answers is forgotten by JupyterLab.
KERNEL_IS_READY = """async () => {
  const context = window.jupyterapp.shell.currentWidget.context.sessionContext;
  await context.ready;
  await context.session.kernel.info;
}"""


def write(folder: Path, name: str, *cells: str) -> None:
    notebook = new_notebook(cells=[new_code_cell(source) for source in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / name)


def open_notebook(page: Page, lab: Lab, name: str) -> None:
    page.goto(lab.address(name))
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    page.evaluate(KERNEL_IS_READY)


def run_cells(page: Page, count: int) -> None:
    """Run the first cells one after the other, as a user does with Shift-Enter."""
    page.locator(".jp-Notebook .jp-Cell").first.click()
    page.keyboard.press("Escape")
    for _ in range(count):
        page.keyboard.press("Shift+Enter")


def theme(page: Page, name: str) -> None:
    page.evaluate("name => window.jupyterapp && window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})", name)
    light = "true" if "Light" in name else "false"
    page.locator(f"body[data-jp-theme-light='{light}']").wait_for(state="attached")
    expect(page.locator("#jupyterlab-splash")).to_have_count(0)


def barriers(page: Page) -> list[str]:
    """What axe-core finds serious or critical in the view: each rule with its places."""
    page.evaluate(AXE.read_text())
    return list(page.evaluate(SERIOUS))


def shoot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    page.locator(VIEW).screenshot(path=SCREENSHOTS / f"{name}.png")


def in_both_themes(page: Page, name: str) -> list[str]:
    """Pictures of the view in light and dark, and what is a barrier in either; the light one stays."""
    shoot(page, f"{name}-light")
    found = barriers(page)
    theme(page, "JupyterLab Dark")
    shoot(page, f"{name}-dark")
    found += barriers(page)
    theme(page, "JupyterLab Light")
    return found
