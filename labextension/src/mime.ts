/**
 * JupyterLab's renderer of saved runs: what a notebook shows without a kernel, untrusted, or tomorrow.
 *
 * Safe to run on anybody's notebook: the JSON is read field by field and shown as text only. Steps back while the same experiment
 * is shown live in the same output area.
 */

import '../style/view.css';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { readSnapshot, type Snapshot } from './model/schema';
import { areaOf, isLiveBeside, listen } from './presence';
import { RunView } from './view/view';

export const MIME_TYPE = 'application/vnd.automl-lab.run.v1+json';

class SavedRun extends Widget implements IRenderMime.IRenderer {
  private readonly view = new RunView(false, () => undefined);
  private readonly unlisten: () => void;
  private readonly watcher = new MutationObserver(() => this.quieten());
  private snapshot: Snapshot | null = null;

  constructor(private readonly mimeType: string) {
    super();
    this.addClass('aml-saved');
    this.node.append(this.view.element);
    this.view.whenPlaced(() => this.stepBack());
    this.unlisten = listen(told => {
      if (told.id === this.snapshot?.id && told.area === areaOf(this.node)) {
        this.view.look(told.looking);
        this.stepBack();
      }
    });
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.snapshot = readSnapshot(model.data[this.mimeType]);
    const now = this.snapshot.clock.now ?? this.snapshot.clock.finished ?? 0;
    this.view.update({ snapshot: this.snapshot, now, away: false, notice: null, answers: 0, sources: new Map() });
    this.stepBack();
    return Promise.resolve();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.unlisten();
      this.view.dispose();
    }
    super.dispose();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.watch();
    this.stepBack();
  }

  protected override onBeforeDetach(message: Message): void {
    this.watcher.disconnect();
    super.onBeforeDetach(message);
  }

  private stepBack(): void {
    const beside = this.snapshot !== null && isLiveBeside(this.node, this.snapshot.id);
    this.node.classList.toggle('aml-stepped-back', beside);
  }

  /** The output before ours in the same cell: the live widget's. */
  private before(): Element | null {
    return this.node.closest('.jp-OutputArea-child')?.previousElementSibling ?? null;
  }

  private watch(): void {
    const before = this.before();
    if (before !== null) {
      this.watcher.observe(before, { childList: true, subtree: true, characterData: true });
      this.quieten();
    }
  }

  /** Without its kernel the live widget becomes a line about an error; ours is what it stood for, so the line goes. */
  private quieten(): void {
    const before = this.before();
    const output = before?.querySelector('.jp-OutputArea-output') ?? null;
    const lost = output !== null && output.childElementCount === 0 && (output.textContent ?? '').startsWith('Error displaying widget');
    before?.classList.toggle('aml-replaced', lost);
  }
}

const extension: IRenderMime.IExtension = {
  id: 'automl-lab:run',
  description: 'Shows the saved state of an AutoML Lab experiment.',
  rendererFactory: {
    safe: true,
    mimeTypes: [MIME_TYPE],
    createRenderer: options => new SavedRun(options.mimeType)
  },
  rank: 0,
  dataType: 'json'
};

export default extension;
