/** Which parameters made the difference: by family their shares as bars, once there are enough trials to say so, and all trials in parallel coordinates. */

import { drawable } from '../model/parallel';
import { el, into, Keyed, setAttribute, setAttributes, setText, show } from './dom';
import { familySlot, familyTitle, type Frame, type Requests, type Section } from './frame';
import { Parallel } from './parallel';

const MOST = 6;

interface Share {
  readonly name: string;
  readonly share: number;
  readonly slot: number;
}

export class Importances implements Section {
  readonly element = el('section', 'aml-importances', null, { 'aria-label': 'Importance of parameters' });
  private readonly tabs = el('div', 'aml-tabs', null, { role: 'group', 'aria-label': 'Family' });
  private readonly buttons: Keyed<string, HTMLButtonElement>;
  private readonly bars: Keyed<Share, HTMLLIElement>;
  private readonly list: HTMLElement;
  private picked: string | null = null;
  private chosen = '';
  private last: Frame | null = null;

  private readonly parallel: Parallel;

  constructor(requests: Requests) {
    const list = el('ul', 'aml-bars');
    this.parallel = new Parallel(requests);
    const head = into(el('div', 'aml-chart-head'), el('h4', 'aml-heading', 'What made the difference'), this.tabs);
    into(this.element, head, into(el('div', 'aml-importances-room'), list, this.parallel.element));
    this.list = list;
    this.buttons = new Keyed<string, HTMLButtonElement>(
      this.tabs,
      family => this.tab(family),
      (node, family) => {
        setText(node, familyTitle(family));
        setAttribute(node, 'aria-pressed', String(family === this.chosen));
      }
    );
    this.bars = new Keyed<Share, HTMLLIElement>(
      list,
      () => into(el('li', 'aml-bar'), el('span', 'aml-bar-name'), into(el('span', 'aml-bar-track', null, { 'aria-hidden': 'true' }), el('span')), el('span', 'aml-bar-share')),
      (node, { name, share, slot }) => {
        const [label, track, figure] = [...node.children] as [Element, Element, Element];
        setText(label, name);
        setAttribute(label, 'title', name);
        setAttributes(track.firstElementChild as Element, { class: `aml-slot-${slot}`, style: `width:${(100 * share).toFixed(1)}%` });
        setText(figure, `${(100 * share).toFixed(0)}%`);
      }
    );
  }

  update(frame: Frame): void {
    this.last = frame;
    const { importances } = frame.snapshot;
    const families = [...new Set([...drawable(frame.snapshot), ...Object.keys(importances)])];
    show(this.element, families.length > 0);
    // As long as the reader has not chosen: a family of which something can be said.
    this.chosen = this.picked !== null && families.includes(this.picked) ? this.picked : (Object.keys(importances)[0] ?? families[0] ?? '');
    this.buttons.update(families, family => family);
    show(this.tabs, families.length > 1);
    const slot = familySlot(frame.snapshot, this.chosen);
    const shares = Object.entries(importances[this.chosen] ?? {}).slice(0, MOST);
    const found = shares.map(([name, share]) => ({ name: withoutFamily(name, this.chosen), share: share ?? 0, slot }));
    this.bars.update(found, each => `${this.chosen} ${each.name}`);
    show(this.list, found.length > 0);
    if (this.chosen !== '') {
      this.parallel.update(frame, this.chosen);
    }
  }

  private tab(family: string): HTMLButtonElement {
    const node = el('button', 'aml-tab', null, { type: 'button' });
    node.addEventListener('click', () => {
      this.picked = family;
      if (this.last !== null) {
        this.update(this.last);
      }
    });
    return node;
  }
}

function withoutFamily(name: string, family: string): string {
  return name.startsWith(`${family}.`) ? name.slice(family.length + 1) : name;
}
