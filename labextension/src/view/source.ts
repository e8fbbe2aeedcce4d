/** The source of the chosen trial, asked for when it is opened, with a button that copies it. */

import { button, setLabel } from './controls';
import { el, into, setAttribute, setText, show } from './dom';
import type { Frame, Requests } from './frame';

export class SourcePane {
  readonly element = el('details', 'aml-fold aml-source');
  private readonly code = el('pre', 'aml-source-code', null, { tabindex: 0, 'aria-label': 'Source' });
  private readonly line = el('code', 'aml-source-line');
  private readonly copy = button('Copy', 'copy', 'aml-small', () => void this.copyText());
  private trial: number | null = null;
  private live = false;
  private known: string | null = null;

  constructor(private readonly requests: Requests) {
    into(this.element, el('summary', '', 'Source'), into(el('div', 'aml-source-head'), this.line, this.copy), this.code);
    this.element.addEventListener('toggle', () => this.want());
  }

  update(frame: Frame, trial: number): void {
    this.live = frame.live && !frame.away;
    this.known = frame.sources.get(trial) ?? null;
    if (trial !== this.trial) {
      this.trial = trial;
      this.element.open = false;
      setLabel(this.copy, 'Copy');
    }
    setText(this.line, `print(${frame.snapshot.name}.code(${trial}))`);
    setText(this.code, this.known ?? (frame.live ? '…' : ''));
    show(this.code, this.known !== null || frame.live);
    setAttribute(this.copy, 'disabled', this.known === null);
    show(this.copy, frame.live);
  }

  private want(): void {
    if (this.element.open && this.live && this.known === null && this.trial !== null) {
      this.requests.ask({ type: 'source', number: this.trial });
    }
  }

  private async copyText(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.known ?? '');
      setLabel(this.copy, 'Copied');
    } catch (error) {
      // A page that is not served securely may not write to the clipboard: the text is selected instead, for Ctrl-C.
      console.warn('AutoML Lab: the clipboard is closed to this page', error);
      window.getSelection()?.selectAllChildren(this.code);
      setLabel(this.copy, 'Press Ctrl-C');
    }
  }
}

