/**
 * What our JupyterLab plug-in does: it puts the panel's cell below the panel.
 *
 * Uses the notebook's own commands only, so that undo and collaboration work as ever. The click or key that asked for it has made the panel's cell the
 * active one; nothing is inserted where that is not so.
 */

import { onInsert } from './inserting';

interface App {
  readonly commands: { execute(id: string, args?: Record<string, unknown>): Promise<unknown> };
}

async function insert(app: App, text: string, from: Element): Promise<void> {
  const cell = from.closest('.jp-Cell');
  if (cell === null || !cell.classList.contains('jp-mod-active')) {
    console.warn('AutoML Lab: the cell of the panel is not the active one; nothing was inserted');
    return;
  }
  await app.commands.execute('notebook:insert-cell-below');
  await app.commands.execute('notebook:enter-edit-mode');
  await app.commands.execute('notebook:replace-selection', { text });
}

const plugin = {
  id: 'automl-lab:panel',
  description: 'Puts the cell of the AutoML Lab panel into the notebook.',
  autoStart: true,
  activate: (app: App): void => onInsert((text, from) => void insert(app, text, from))
};

export default plugin;
