/** The figures of the moment: the best score and how many trials went which way. */

import { alone, count } from '../model/format';
import { inUse, mainObjective, rate, shownValue, trialOf } from '../model/rank';
import { el, into, setAttribute, setText } from './dom';
import { familyTitle, type Frame, type Requests, type Section } from './frame';
import { icon, type IconName } from './icons';

type CountName = 'completed' | 'running' | 'pruned' | 'failed' | 'infeasible';

const COUNTS: readonly { readonly name: CountName; readonly word: string; readonly icon: IconName; readonly title: string }[] = [
  { name: 'completed', word: 'Done', icon: 'completed', title: 'trials scored on every fold' },
  { name: 'running', word: 'Running', icon: 'running', title: 'trials on a worker now' },
  { name: 'pruned', word: 'Pruned', icon: 'pruned', title: 'trials given up between folds, as hopeless or by hand' },
  { name: 'failed', word: 'Failed', icon: 'failed', title: 'trials that ended in an error' },
  { name: 'infeasible', word: 'Infeasible', icon: 'infeasible', title: 'trials that are done but break a constraint' }
];

export class Tiles implements Section {
  readonly element = el('section', 'aml-tiles', null, { 'aria-label': 'Figures' });
  private readonly bestTitle = el('span', 'aml-tile-title');
  private readonly bestValue = el('span', 'aml-tile-value');
  private readonly bestTrial: HTMLButtonElement = el('button', 'aml-link aml-tile-note', null, { type: 'button' });
  private readonly values = new Map<CountName, { tile: HTMLElement; value: HTMLElement; icon: SVGSVGElement; note: HTMLElement }>();
  private best: number | null = null;

  constructor(requests: Requests) {
    const best = into(el('div', 'aml-tile aml-tile-best'), into(el('div', 'aml-tile-head'), icon('best'), this.bestTitle), this.bestValue, this.bestTrial);
    this.bestTrial.addEventListener('click', () => requests.select(this.best));
    this.element.append(best);
    for (const { name, word, icon: iconName, title } of COUNTS) {
      const value = el('span', 'aml-tile-value');
      const mark = icon(iconName);
      const tile = into(el('div', `aml-tile aml-tile-${name}`, null, { title }), into(el('div', 'aml-tile-head'), mark, el('span', 'aml-tile-title', word)), value);
      const note = el('span', 'aml-tile-note');
      tile.append(note);
      this.values.set(name, { tile, value, icon: mark, note });
      this.element.append(tile);
    }
  }

  update({ snapshot, live, away, now }: Frame): void {
    const main = mainObjective(snapshot);
    const best = trialOf(snapshot, snapshot.best);
    this.best = snapshot.best;
    setText(this.bestTitle, `Best ${main.title}`);
    setText(this.bestValue, best === null ? '–' : alone(shownValue(best, main.name)));
    setText(this.bestTrial, best === null ? 'no finished trial yet' : `trial ${best.number} · ${familyTitle(best.family)}`);
    setAttribute(this.bestTrial, 'disabled', best === null);
    for (const [name, { tile, value, icon: mark }] of this.values) {
      const number = snapshot.counts[name];
      setText(value, count(number));
      tile.classList.toggle('aml-tile-zero', number === 0);
      if (name === 'running') {
        mark.classList.toggle('aml-icon-spin', number > 0 && live && !away);
      }
    }
    const searching = live && snapshot.phase === 'searching';
    const speed = searching ? rate(snapshot, now) : null;
    this.say('completed', speed === null ? '' : `${speed < 1 ? (60 * speed).toFixed(0) : speed.toFixed(1)} trials/${speed < 1 ? 'min' : 's'}`);
    this.say('running', searching ? inUse(snapshot) : '');
    const constrained = snapshot.constraints.length > 0;
    const infeasible = this.values.get('infeasible');
    if (infeasible !== undefined) {
      infeasible.tile.hidden = !constrained && snapshot.counts.infeasible === 0;
    }
  }

  private say(name: CountName, text: string): void {
    const note = this.values.get(name)?.note;
    if (note !== undefined) {
      setText(note, text);
    }
  }
}
