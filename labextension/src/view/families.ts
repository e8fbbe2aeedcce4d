/** The key to the colours of both charts, and how each family does: one chip per family. */

import { decimals, value } from '../model/format';
import { isBetter, isCounted, mainObjective } from '../model/rank';
import { familiesOf, type Snapshot } from '../model/schema';
import { el, into, Keyed, setClass, setText, show } from './dom';
import { familySlot, familyTitle, type Frame, type Section } from './frame';

interface Standing {
  readonly family: string;
  readonly slot: number;
  readonly trials: number;
  readonly best: number | null;
}

export class Families implements Section {
  readonly element = el('ul', 'aml-families', null, { 'aria-label': 'Families' });
  private readonly chips: Keyed<Standing, HTMLLIElement>;
  private places = 4;

  constructor() {
    this.chips = new Keyed<Standing, HTMLLIElement>(
      this.element,
      () => into(el('li', 'aml-family'), el('span', 'aml-swatch'), el('span', 'aml-family-name'), el('span', 'aml-family-best'), el('span', 'aml-family-count')),
      (node, standing) => {
        const [swatch, name, best, number] = [...node.children] as [Element, Element, Element, Element];
        setClass(swatch, `aml-swatch aml-slot-${standing.slot}`);
        setText(name, familyTitle(standing.family));
        setText(best, value(standing.best, this.places));
        setText(number, `${standing.trials}×`);
      }
    );
  }

  update({ snapshot }: Frame): void {
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
    return { family, slot: familySlot(snapshot, family), trials, best };
  });
}
