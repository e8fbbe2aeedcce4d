/** One line of the leaderboard: a trial's rank, values, folds and what is remarkable about it. */

import { brief, inWords } from '../model/curve';
import { duration, value } from '../model/format';
import { mainObjective, shownValue } from '../model/rank';
import type { Scale } from '../model/scale';
import type { Objective, Trial } from '../model/schema';
import { button, setLabel } from './controls';
import { el, into, Keyed, setAttribute, setAttributes, setClass, setText, show, svg } from './dom';
import { familySlot, familyTitle, TRIAL_WORDS, type Frame, type Requests } from './frame';
import { icon, type IconName } from './icons';

/** Width of the strip of folds, in pixels. */
export const STRIP = 92;
const STRIP_HEIGHT = 16;

export interface Columns {
  readonly frame: Frame;
  readonly objectives: readonly Objective[];
  readonly places: readonly number[];
  readonly strip: Scale;
  readonly front: ReadonlySet<number>;
}

interface Badge {
  readonly key: string;
  readonly word: string;
  readonly icon: IconName | null;
  /** What it says when it is pointed at, where that is more than its word. */
  readonly title?: string;
}

export class Row {
  readonly element = el('tr', 'aml-row');
  private readonly rank = el('td', 'aml-col-rank');
  private readonly open = el('button', 'aml-link aml-open', null, { type: 'button' });
  private readonly swatch = el('span', 'aml-swatch');
  private readonly family = el('span');
  private readonly folds = new Folds();
  private readonly time = el('td', 'aml-col-time');
  private readonly text = el('span', 'aml-note-text');
  private readonly prune: HTMLButtonElement;
  private readonly badges: Keyed<Badge, HTMLSpanElement>;
  private trial: Trial | null = null;
  private asked: { number: number; answers: number } | null = null;
  private columns: Columns | null = null;

  constructor(private readonly requests: Requests) {
    const badges = el('span', 'aml-badges');
    this.prune = button('Prune', null, 'aml-small', () => this.giveUp());
    const trial = into(el('td', 'aml-col-trial'), this.open);
    const family = into(el('td', 'aml-col-family'), this.swatch, this.family);
    const folds = into(el('td', 'aml-col-folds'), this.folds.element);
    const note = into(el('td', 'aml-col-note'), into(el('div', 'aml-note'), badges, this.text, this.prune));
    into(this.element, this.rank, trial, family, folds, this.time, note);
    this.badges = new Keyed<Badge, HTMLSpanElement>(badges, makeBadge, (node, badge) => {
      setText(node.lastElementChild as Element, badge.word);
      setAttribute(node, 'title', badge.title ?? badge.word);
    });
    this.element.addEventListener('click', () => this.choose());
    this.open.addEventListener('click', event => {
      event.stopPropagation();
      this.choose();
    });
  }

  update(trial: Trial | null, rank: number | null, columns: Columns): void {
    this.trial = trial;
    this.columns = columns;
    this.placeValues(columns);
    if (trial === null) {
      this.clear(columns.frame.snapshot.phase === 'searching' ? 'free worker' : 'waiting for the search');
      return;
    }
    const { snapshot, selected } = columns.frame;
    const chosen = selected === trial.number;
    const infeasible = trial.state === 'COMPLETED' && trial.feasible === false;
    setClass(this.element, `aml-row${chosen ? ' aml-row-chosen' : ''}${infeasible || trial.state === 'PRUNED' || trial.state === 'FAILED' ? ' aml-row-faint' : ''}`);
    setText(this.rank, rank === null ? '' : String(rank));
    show(this.open, true);
    setText(this.open, String(trial.number));
    setAttributes(this.open, { 'aria-label': `trial ${trial.number}, show details`, 'aria-expanded': String(chosen) });
    setClass(this.swatch, `aml-swatch aml-slot-${familySlot(snapshot, trial.family)}`);
    setText(this.family, familyTitle(trial.family));
    this.folds.update(trial, mainObjective(snapshot), columns.strip);
    setText(this.time, trial.seconds === null ? '' : duration(trial.seconds));
    this.updateNote(trial, columns);
  }

  private clear(words: string): void {
    setClass(this.element, 'aml-row aml-row-idle');
    setText(this.rank, '');
    show(this.open, false);
    setClass(this.swatch, 'aml-swatch');
    setText(this.family, words);
    setText(this.time, '');
    setText(this.text, '');
    this.folds.clear();
    this.badges.update([], () => '');
    show(this.prune, false);
  }

  private placeValues({ objectives, places, frame }: Columns): void {
    let before: Element = this.element.children[2] as Element;
    objectives.forEach((objective, index) => {
      const next = before.nextElementSibling;
      const cell = next?.classList.contains('aml-col-value') === true ? (next as HTMLTableCellElement) : el('td', 'aml-col-value');
      if (cell !== next) {
        before.after(cell);
      }
      const shown = this.trial === null ? null : shownValue(this.trial, objective.name);
      const partly = this.trial !== null && this.trial.state !== 'COMPLETED' && shown !== null;
      setText(cell, this.trial === null ? '' : `${partly ? '≈ ' : ''}${value(shown, places[index] ?? 4)}`);
      setAttribute(cell, 'title', partly ? `mean of ${this.trial?.folds.length ?? 0} folds so far` : null);
      cell.classList.toggle('aml-partly', partly);
      cell.classList.toggle('aml-value-best', index === 0 && this.trial !== null && this.trial.number === frame.snapshot.best);
      before = cell;
    });
    while (before.nextElementSibling?.classList.contains('aml-col-value') === true) {
      before.nextElementSibling.remove();
    }
  }

  private updateNote(trial: Trial, { frame, front }: Columns): void {
    this.badges.update(badgesOf(trial, frame, front), badge => badge.key);
    const noted = trial.error ?? trial.note ?? '';
    const training = brief(trial);
    const join = (...parts: string[]): string => parts.filter(each => each !== '').join(' · ');
    const title = join(training === null ? '' : inWords(trial.curve), noted);
    setText(this.text, join(training?.loss ?? '', noted));
    setAttribute(this.text, 'title', title === '' ? null : title);
    const prunable = trial.state === 'RUNNING' && frame.live;
    if (this.asked !== null && (this.asked.number !== trial.number || this.asked.answers !== frame.answers)) {
      this.asked = null;
    }
    show(this.prune, prunable);
    setLabel(this.prune, this.asked === null ? 'Prune' : 'Pruning…');
    setAttributes(this.prune, { disabled: frame.away || this.asked !== null, 'aria-label': `Prune trial ${trial.number}` });
  }

  private giveUp(): void {
    if (this.trial !== null && this.columns !== null) {
      this.asked = { number: this.trial.number, answers: this.columns.frame.answers };
      this.requests.send({ type: 'prune', number: this.trial.number });
      this.updateNote(this.trial, this.columns);
    }
  }

  private choose(): void {
    if (this.trial !== null) {
      this.requests.select(this.columns?.frame.selected === this.trial.number ? null : this.trial.number);
    }
  }
}

function makeBadge(badge: Badge): HTMLSpanElement {
  const node = el('span', `aml-badge aml-badge-${badge.key}`);
  if (badge.icon !== null) {
    node.append(icon(badge.icon));
  }
  return into(node, el('span', '', badge.word));
}

const STATE_ICONS: Readonly<Record<Trial['state'], IconName>> = { QUEUED: 'queued', RUNNING: 'running', COMPLETED: 'completed', PRUNED: 'pruned', FAILED: 'failed' };

/** What is remarkable: being the winner or on the front, breaking a constraint, not having come to the end (and how far training is), where it came from. */
export function badgesOf(trial: Trial, frame: Frame, front: ReadonlySet<number>): Badge[] {
  const found: Badge[] = [];
  const winner = frame.snapshot.result?.winner ?? null;
  if (winner === trial.number) {
    found.push({ key: 'winner', word: 'winner', icon: 'best' });
  } else if (winner === null && frame.snapshot.best === trial.number) {
    found.push({ key: 'best', word: 'best', icon: 'best' });
  }
  if (front.has(trial.number)) {
    found.push({ key: 'front', word: 'front', icon: 'front' });
  }
  if (trial.state !== 'COMPLETED') {
    const state = TRIAL_WORDS[trial.state];
    const epoch = brief(trial)?.epoch;
    found.push({ key: trial.state.toLowerCase(), word: epoch ?? state, icon: STATE_ICONS[trial.state], title: epoch === undefined ? state : `${state}, ${epoch}` });
  } else if (trial.feasible === false) {
    found.push({ key: 'infeasible', word: 'infeasible', icon: 'infeasible' });
  }
  if (frame.snapshot.pinned.includes(trial.number)) {
    found.push({ key: 'pinned', word: 'pinned', icon: null });
  }
  if (trial.origin === 'default' || trial.origin === 'user') {
    found.push({ key: 'origin', word: trial.origin === 'user' ? 'by hand' : 'default', icon: null });
  }
  return found;
}

/** A strip of ticks, one per fold, and a dot at their mean. */
class Folds {
  readonly element = svg('svg', { width: STRIP, height: STRIP_HEIGHT, viewBox: `0 0 ${STRIP} ${STRIP_HEIGHT}`, class: 'aml-strip', role: 'img' });
  private readonly base = svg('line', { x1: 3, x2: STRIP - 3, y1: STRIP_HEIGHT / 2, y2: STRIP_HEIGHT / 2, class: 'aml-strip-base' });
  private readonly span = svg('line', { y1: STRIP_HEIGHT / 2, y2: STRIP_HEIGHT / 2, class: 'aml-strip-span' });
  private readonly mean = svg('circle', { r: 3, cy: STRIP_HEIGHT / 2, class: 'aml-strip-mean' });
  private readonly ticks: Keyed<number, SVGLineElement>;

  constructor() {
    const ticks = svg('g');
    this.element.append(this.base, this.span, ticks, this.mean);
    this.ticks = new Keyed<number, SVGLineElement>(
      ticks,
      () => svg('line', { y1: 3.5, y2: STRIP_HEIGHT - 3.5, class: 'aml-strip-tick' }),
      (node, x) => setAttributes(node, { x1: x.toFixed(1), x2: x.toFixed(1) })
    );
  }

  update(trial: Trial, main: Objective, scale: Scale): void {
    const values = trial.folds.map(fold => fold[main.name]).filter(each => each !== null && each !== undefined);
    this.ticks.update(values.map(scale), (_, index) => String(index));
    const mean = shownValue(trial, main.name);
    const known = mean !== null && values.length > 0;
    setAttributes(this.mean, known ? { cx: scale(mean).toFixed(1), visibility: null } : { visibility: 'hidden' });
    setAttributes(this.span, known ? { x1: scale(Math.min(...values)).toFixed(1), x2: scale(Math.max(...values)).toFixed(1), visibility: null } : { visibility: 'hidden' });
    const spoken = values.map(each => each.toPrecision(4)).join(', ');
    setAttribute(this.element, 'aria-label', values.length === 0 ? 'no fold yet' : `folds: ${spoken}`);
    setAttribute(this.element, 'visibility', values.length === 0 && trial.state !== 'RUNNING' ? 'hidden' : null);
  }

  clear(): void {
    this.ticks.update([], () => '');
    setAttribute(this.element, 'visibility', 'hidden');
    for (const node of [this.mean, this.span]) {
      setAttribute(node, 'visibility', 'hidden');
    }
  }
}
