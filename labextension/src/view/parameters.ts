/** The parameters of the chosen trial. While the search can be steered each can be frozen at this value, and a number's range narrowed. */

import { parameter } from '../model/format';
import type { Snapshot, Trial } from '../model/schema';
import { button, setLabel } from './controls';
import { el, into, Keyed, setAttribute, setAttributes, setText, show } from './dom';
import { isSteerable, type Frame, type Requests } from './frame';

interface Parameter {
  readonly name: string;
  readonly label: string;
  readonly given: unknown;
  /** The range that holds now, where the user set one. */
  readonly range: unknown;
  readonly steerable: boolean;
  readonly away: boolean;
  /** The least and the largest value that was tried, for a number. */
  readonly tried: readonly [number, number] | null;
}

export class Parameters {
  readonly element = el('div', 'aml-pairs aml-params');
  private readonly rows: Keyed<Parameter, HTMLDivElement>;
  private readonly lines = new Map<Element, Line>();

  constructor(requests: Requests) {
    const list = el('dl');
    into(this.element, el('h5', 'aml-subheading', 'Parameters'), list);
    this.rows = new Keyed<Parameter, HTMLDivElement>(
      list,
      () => {
        const line = new Line(requests);
        this.lines.set(line.element, line);
        return line.element;
      },
      (node, given) => this.lines.get(node)?.update(given)
    );
  }

  update(frame: Frame, trial: Trial): void {
    const found = parametersOf(frame, trial);
    this.rows.update(found, each => `${trial.number} ${each.name}`);
    for (const node of this.lines.keys()) {
      if (!node.isConnected && !this.element.contains(node)) {
        this.lines.delete(node);
      }
    }
    show(this.element, found.length > 0);
  }
}

class Line {
  readonly element = el('div', 'aml-pair');
  private readonly name = el('dt');
  private readonly text = el('span');
  private readonly freeze = button('Freeze', null, 'aml-small aml-quiet', () => this.fix());
  private readonly narrow = button('Range', null, 'aml-small aml-quiet', () => this.open(this.form.hidden));
  private readonly form = el('form', 'aml-range');
  private readonly low = el('input', 'aml-range-end', null, { type: 'number', step: 'any', required: true });
  private readonly high = el('input', 'aml-range-end', null, { type: 'number', step: 'any', required: true });
  private readonly apply = el('button', 'aml-button aml-small', 'Search this range', { type: 'submit' });
  private shown: Parameter | null = null;

  constructor(private readonly requests: Requests) {
    into(this.form, this.low, el('span', '', 'to'), this.high, this.apply);
    into(this.element, this.name, into(el('dd'), this.text, into(el('span', 'aml-pair-actions'), this.freeze, this.narrow), this.form));
    this.form.hidden = true;
    this.form.addEventListener('submit', event => {
      event.preventDefault();
      this.send([this.low.valueAsNumber, this.high.valueAsNumber]);
      this.open(false);
    });
    this.form.addEventListener('keydown', event => {
      event.stopPropagation();
      if (event.key === 'Escape') {
        this.open(false);
        this.narrow.focus();
      }
    });
  }

  update(given: Parameter): void {
    this.shown = given;
    const frozen = given.range !== undefined && !Array.isArray(given.range);
    setText(this.name, given.label);
    setAttribute(this.low, 'aria-label', `least ${given.label}`);
    setAttribute(this.high, 'aria-label', `largest ${given.label}`);
    setText(this.text, `${parameter(given.given)}${rangeWords(given.range, given.given)}`);
    setAttribute(this.text, 'title', parameter(given.given));
    show(this.freeze, given.steerable && !frozen);
    show(this.narrow, given.steerable && given.tried !== null);
    setAttributes(this.freeze, { disabled: given.away, 'aria-label': `Freeze ${given.label} at ${parameter(given.given)}` });
    setAttributes(this.narrow, { disabled: given.away, 'aria-label': `Change the range of ${given.label}`, 'aria-expanded': String(!this.form.hidden) });
    setLabel(this.narrow, frozen ? 'Unfreeze' : 'Range');
    if (!given.steerable) {
      this.form.hidden = true;
    }
  }

  private open(visible: boolean): void {
    const { shown } = this;
    if (visible && shown !== null && shown.tried !== null) {
      const [low, high] = Array.isArray(shown.range) && shown.range.length === 2 ? (shown.range as [unknown, unknown]) : shown.tried;
      this.low.value = String(low);
      this.high.value = String(high);
    }
    show(this.form, visible);
    setAttribute(this.narrow, 'aria-expanded', String(visible));
    if (visible) {
      this.low.focus();
    }
  }

  private fix(): void {
    this.send(this.shown?.given ?? null);
  }

  private send(range: unknown): void {
    if (this.shown !== null) {
      this.requests.send({ type: 'narrow', ranges: { [this.shown.name]: range } });
    }
  }
}

function rangeWords(range: unknown, given: unknown): string {
  if (range === undefined) {
    return '';
  }
  if (Array.isArray(range)) {
    return ` · searched in [${range.map(parameter).join(', ')}]`;
  }
  return range === given ? ' · frozen' : ` · frozen at ${parameter(range)}`;
}

/** The parameters without the family's name in front, which all of them share. */
function parametersOf(frame: Frame, trial: Trial): Parameter[] {
  const { snapshot } = frame;
  const prefix = `${trial.family}.`;
  const steerable = isSteerable(frame) && trial.origin !== 'ensemble';
  const own = Object.entries(trial.params).filter(([name]) => name !== 'family');
  return own.map(([name, given]) => ({
    name,
    label: name.startsWith(prefix) ? name.slice(prefix.length) : name,
    given,
    range: snapshot.ranges[name],
    steerable,
    away: frame.away,
    tried: typeof given === 'number' ? triedOf(snapshot, name) : null
  }));
}

function triedOf(snapshot: Snapshot, name: string): readonly [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const trial of snapshot.trials) {
    const given = trial.params[name];
    if (typeof given === 'number') {
      low = Math.min(low, given);
      high = Math.max(high, given);
    }
  }
  return [low, high];
}
