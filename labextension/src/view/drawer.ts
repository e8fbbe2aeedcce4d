/** All that is known of one trial: its values and folds, how its training went, its parameters, what went wrong and what was noted. */

import { decimals, duration, headline, value } from '../model/format';
import { meanOfFolds, trialOf } from '../model/rank';
import type { Objective, Snapshot, Trial } from '../model/schema';
import { button, setLabel } from './controls';
import { Curve } from './curve';
import { el, into, Keyed, setAttribute, setAttributes, setClass, setText, show } from './dom';
import { familySlot, familyTitle, isSteerable, TRIAL_WORDS, type Frame, type Requests, type Section } from './frame';
import { Parameters } from './parameters';
import { SourcePane } from './source';
import { Trying } from './trying';

interface Pair {
  readonly key: string;
  readonly label: string;
  readonly text: string;
}

interface FoldRow {
  readonly label: string;
  readonly cells: readonly string[];
}

const ORIGINS: Readonly<Record<string, string>> = {
  default: "the family's default",
  portfolio: 'the portfolio',
  search: 'the search',
  ensemble: 'the choice of an ensemble',
  user: 'put in by hand'
};

export class Drawer implements Section {
  readonly element = el('aside', 'aml-drawer', null, { 'aria-label': 'Chosen trial' });
  private readonly title = el('h4', 'aml-heading', null, { tabindex: -1 });
  private readonly swatch = el('span', 'aml-swatch');
  private readonly problem = el('pre', 'aml-problem');
  private readonly note = el('p', 'aml-drawer-note');
  private readonly facts = new Pairs();
  private readonly params: Parameters;
  private readonly curve = new Curve();
  private readonly folds = new FoldTable();
  private readonly source: SourcePane;
  private readonly trying: Trying;
  private readonly around: HTMLButtonElement;
  private readonly pin: HTMLButtonElement;
  private pinned = false;
  private shown: number | null = null;

  constructor(requests: Requests) {
    const close = button('', 'close', 'aml-quiet aml-close', () => requests.select(null));
    setAttribute(close, 'aria-label', 'Close the details');
    this.params = new Parameters(requests);
    this.source = new SourcePane(requests);
    this.trying = new Trying(requests);
    this.around = button('Try around this', null, 'aml-small', () => {
      if (this.shown !== null) {
        requests.send({ type: 'around', number: this.shown });
      }
    });
    this.pin = button('Pin into the ensemble', null, 'aml-small', () => {
      if (this.shown !== null) {
        requests.send({ type: this.pinned ? 'unpin' : 'pin', number: this.shown });
      }
    });
    const head = into(el('div', 'aml-drawer-head'), this.swatch, this.title, close);
    const actions = into(el('div', 'aml-drawer-actions'), this.around, this.pin, this.trying.open);
    into(this.element, head, this.facts.element, actions, this.trying.element, this.problem, this.note, this.curve.element, this.folds.element, this.params.element, this.source.element);
    this.element.addEventListener('keydown', event => {
      if (event.key === 'Escape') {
        event.stopPropagation();
        requests.select(null);
      }
    });
  }

  update(frame: Frame): void {
    const { snapshot, selected } = frame;
    const trial = trialOf(snapshot, selected);
    show(this.element, trial !== null);
    if (trial === null) {
      this.shown = null;
      return;
    }
    setText(this.title, `Trial ${trial.number}`);
    setClass(this.swatch, `aml-swatch aml-slot-${familySlot(snapshot, trial.family)}`);
    this.facts.update(factsOf(trial));
    setText(this.problem, trial.error ?? '');
    show(this.problem, trial.error !== null);
    setText(this.note, trial.note ?? '');
    show(this.note, trial.note !== null);
    this.curve.update(trial);
    this.folds.update(trial, snapshot.objectives);
    this.params.update(frame, trial);
    this.source.update(frame, trial.number);
    this.trying.update(frame, trial);
    const goesOn = isSteerable(frame) && trial.origin !== 'ensemble' && Object.keys(trial.params).length > 0;
    this.pinned = snapshot.pinned.includes(trial.number);
    setLabel(this.pin, this.pinned ? 'Unpin from the ensemble' : 'Pin into the ensemble');
    show(this.pin, goesOn && trial.state === 'COMPLETED');
    setAttributes(this.pin, { disabled: frame.away, 'aria-pressed': String(this.pinned) });
    show(this.around, goesOn);
    setAttributes(this.around, { disabled: frame.away, 'aria-label': `Try a step from trial ${trial.number} next` });
    if (this.shown !== trial.number) {
      this.shown = trial.number;
      this.element.scrollTop = 0;
    }
  }

  /** Move the reading place to the drawer, for those who came by keyboard. */
  focus(): void {
    this.title.focus({ preventScroll: true });
  }
}

function factsOf(trial: Trial): Pair[] {
  const infeasible = trial.state === 'COMPLETED' && trial.feasible === false;
  return [
    { key: 'family', label: 'Family', text: familyTitle(trial.family) },
    { key: 'state', label: 'State', text: infeasible ? 'done, breaks a constraint' : TRIAL_WORDS[trial.state] },
    { key: 'origin', label: 'Proposed by', text: ORIGINS[trial.origin] ?? trial.origin },
    { key: 'time', label: 'Time', text: duration(trial.seconds) },
    ...(trial.attempt > 1 ? [{ key: 'attempt', label: 'Attempt', text: String(trial.attempt) }] : [])
  ];
}

class Pairs {
  readonly element = el('div', 'aml-pairs');
  private readonly list = el('dl');
  private readonly rows: Keyed<Pair, HTMLDivElement>;

  constructor() {
    this.element.append(this.list);
    this.rows = new Keyed<Pair, HTMLDivElement>(
      this.list,
      () => into(el('div', 'aml-pair'), el('dt'), el('dd')),
      (node, pair) => {
        setText(node.firstElementChild as Element, pair.label);
        setText(node.lastElementChild as Element, pair.text);
        setAttribute(node.lastElementChild as Element, 'title', pair.text);
      }
    );
  }

  update(pairs: readonly Pair[]): void {
    this.rows.update(pairs, pair => pair.key);
    show(this.element, pairs.length > 0);
  }
}

class FoldTable {
  readonly element = el('div', 'aml-folds');
  private readonly head: Keyed<string, HTMLTableCellElement>;
  private readonly body: Keyed<FoldRow, HTMLTableRowElement>;

  constructor() {
    const head = el('tr');
    const body = el('tbody');
    into(this.element, el('h5', 'aml-subheading', 'Folds'), into(el('table', 'aml-table aml-table-small'), into(el('thead'), head), body));
    this.head = new Keyed<string, HTMLTableCellElement>(head, () => el('th', '', null, { scope: 'col' }), setText);
    this.body = new Keyed<FoldRow, HTMLTableRowElement>(
      body,
      () => el('tr'),
      (node, row) => {
        while (node.childElementCount < row.cells.length + 1) {
          node.append(node.childElementCount === 0 ? el('th', '', null, { scope: 'row' }) : el('td'));
        }
        [row.label, ...row.cells].forEach((text, index) => setText(node.children[index] as Element, text));
        node.classList.toggle('aml-folds-mean', row.label === 'mean');
      }
    );
  }

  update(trial: Trial, objectives: Snapshot['objectives']): void {
    const names = objectives.filter(each => trial.folds.some(fold => typeof fold[each.name] === 'number') || typeof trial.values[each.name] === 'number');
    const places = names.map(each => decimals(trial.folds.map(fold => fold[each.name])));
    const cells = (of: (objective: Objective) => number | null | undefined): string[] => names.map((each, index) => value(of(each), places[index] ?? 4));
    this.head.update(['', ...names.map(each => headline(each.title))], (_, index) => String(index));
    const rows = trial.folds.map((fold, index) => ({ label: String(index + 1), cells: cells(each => fold[each.name]) }));
    const mean = { label: 'mean', cells: cells(each => trial.values[each.name] ?? meanOfFolds(trial.folds, each.name)) };
    this.body.update([...rows, mean], row => row.label);
    show(this.element, names.length > 0);
  }
}
