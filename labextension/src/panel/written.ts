/** The cell that the form says, to read and to write: what stands here is what "Insert as cell" inserts. */

import { el, into, setAttribute, setText, show } from '../view/dom';
import type { Face, Part, Wishes } from './face';

const PAUSE = 300;

export class WrittenPart implements Part {
  readonly element = el('section', 'aml-panel-part', null, { 'aria-label': 'The cell' });
  private readonly area = el('textarea', 'aml-panel-cell', null, { spellcheck: 'false', autocomplete: 'off', rows: 4, 'aria-label': 'The cell as text' });
  private readonly error = el('p', 'aml-field-error');
  private timer = 0;
  private unsaid = false;

  constructor(wishes: Wishes) {
    const say = (): void => {
      if (this.unsaid) {
        this.unsaid = false;
        window.clearTimeout(this.timer);
        wishes.edit(this.area.value);
      }
    };
    this.area.addEventListener('input', () => {
      this.unsaid = true;
      this.fit();
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(say, PAUSE);
    });
    this.area.addEventListener('change', say);
    into(this.element, el('h4', 'aml-heading', 'The same as a cell'), this.area, this.error);
  }

  update({ text, current, problem }: Face): void {
    const writing = this.unsaid || (this.area === document.activeElement && this.area.value === text);
    if (current && !writing && this.area.value !== text) {
      this.area.value = text;
      this.fit();
    }
    setText(this.error, problem?.text ?? '');
    show(this.error, problem !== null);
    setAttribute(this.area, 'aria-invalid', problem === null ? null : 'true');
  }

  /** As high as its text, so that nothing has to be scrolled for. */
  private fit(): void {
    this.area.style.height = 'auto';
    this.area.style.height = `${this.area.scrollHeight + 2}px`;
  }
}
