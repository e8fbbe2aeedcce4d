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
    this.view.update({ snapshot: this.snapshot, now, away: false, notice: null, answers: 0 });
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
    this.stepBack();
  }

  private stepBack(): void {
    const beside = this.snapshot !== null && isLiveBeside(this.node, this.snapshot.id);
    this.node.classList.toggle('aml-stepped-back', beside);
    if (!beside) {
      this.quieten();
    }
  }

  /** Without its kernel the live widget leaves an error line in the output before ours; ours is what it stood for, so the line goes. */
  private quieten(): void {
    const before = this.node.closest('.jp-OutputArea-child')?.previousElementSibling;
    const widget = before?.querySelector('.jp-OutputArea-output') ?? null;
    if (widget !== null && widget.childElementCount === 0 && (widget.textContent ?? '').startsWith('Error displaying widget')) {
      before?.classList.add('aml-replaced');
    }
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
