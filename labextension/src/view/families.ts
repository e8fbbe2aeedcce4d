/** The key to the colours of both charts, and how each family does: one chip per family. */

import { decimals, value } from '../model/format';
import { isBetter, isCounted, mainObjective } from '../model/rank';
import { familiesOf, type Snapshot } from '../model/schema';
import { el, into, Keyed, setAttribute, setAttributes, setClass, setText, show } from './dom';
import { familySlot, familyTitle, isSteerable, type Frame, type Requests, type Section } from './frame';

interface Standing {
  readonly family: string;
  readonly slot: number;
  readonly trials: number;
  readonly best: number | null;
  readonly on: boolean;
}

export class Families implements Section {
  readonly element = el('ul', 'aml-families', null, { 'aria-label': 'Families' });
  private readonly chips: Keyed<Standing, HTMLLIElement>;
  private places = 4;
  private steerable = false;
  private away = false;

  constructor(private readonly requests: Requests) {
    this.chips = new Keyed<Standing, HTMLLIElement>(
      this.element,
      standing => this.made(standing.family),
      (node, standing) => {
        const [swatch, name, best, number, toggle] = [...node.children] as [Element, Element, Element, Element, HTMLElement];
        this.setSwitch(node, toggle, standing);
        setClass(swatch, `aml-swatch aml-slot-${standing.slot}`);
        setText(name, familyTitle(standing.family));
        setText(best, value(standing.best, this.places));
        setText(number, `${standing.trials}×`);
      }
    );
  }

  private made(family: string): HTMLLIElement {
    const toggle = el('button', 'aml-switch', null, { type: 'button', role: 'switch' });
    toggle.addEventListener('click', () => this.requests.send({ type: toggle.getAttribute('aria-checked') === 'true' ? 'switch_off' : 'switch_on', family }));
    const words = [el('span', 'aml-family-name'), el('span', 'aml-family-best'), el('span', 'aml-family-count')];
    return into(el('li', 'aml-family'), el('span', 'aml-swatch'), ...words, toggle);
  }

  /** The ensemble is no family of the search: nothing is to be switched there. */
  private setSwitch(node: Element, toggle: HTMLElement, { family, on }: Standing): void {
    show(toggle, this.steerable && family !== 'ensemble');
    const title = `${familyTitle(family)}: ${on ? 'searched; press to begin no more trials' : 'switched off; press to search it again'}`;
    setAttributes(toggle, { 'aria-checked': String(on), 'aria-label': `Search ${familyTitle(family)}`, title, disabled: this.away });
    node.classList.toggle('aml-family-off', !on);
    setAttribute(node, 'title', on ? null : 'switched off by hand');
  }

  update(frame: Frame): void {
    const { snapshot } = frame;
    this.steerable = isSteerable(frame);
    this.away = frame.away;
    const standings = standingsOf(snapshot);
    this.places = decimals(standings.map(each => each.best));
    this.chips.update(standings, each => each.family);
    show(this.element, standings.length > 0);
  }
}

function standingsOf(snapshot: Snapshot): Standing[] {
  const main = mainObjective(snapshot);
  return familiesOf(snapshot).map(family => {
    let best: number | null = null;
    let trials = 0;
    for (const trial of snapshot.trials) {
      if (trial.family !== family) {
        continue;
      }
      trials += 1;
      const score = isCounted(trial) ? (trial.values[main.name] ?? null) : null;
      if (score !== null && (best === null || isBetter(score, best, main.direction))) {
        best = score;
      }
    }
    return { family, slot: familySlot(snapshot, family), trials, best, on: !snapshot.off.includes(family) };
  });
}
