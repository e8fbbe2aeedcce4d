/** The trials in order of merit or as the reader sorts and filters them, those on a worker now above. A row opens its trial; a running one can be pruned. */

import { count, decimals, headline, plural } from '../model/format';
import { matching, pressed, sorted, type Sorting } from '../model/order';
import { mainObjective, ranked, running, shownValue } from '../model/rank';
import { focus, linear, type Scale } from '../model/scale';
import type { Objective, Snapshot, Trial } from '../model/schema';
import { el, into, Keyed, setAttribute, setText, show } from './dom';
import { isSearching, type Frame, type Requests, type Section } from './frame';
import { Row, STRIP, type Columns } from './row';

const TOP = 10;
/** More rows than a reader reads; the rest is a method call away. */
const MOST = 300;
/** Slots for running trials that are kept open, so that the table below does not jump with every start and end. */
const SLOTS = 6;

/** A row of the table: a trial, a free slot without one, or the place for the details of the chosen trial. */
interface Line {
  readonly key: string;
  readonly trial: Trial | null;
  readonly rank: number | null;
}

interface Heading {
  readonly name: string;
  readonly text: string;
  readonly title: string;
  readonly className: string;
  readonly sortable: boolean;
}

const DETAILS = 'details';

export class Leaderboard implements Section {
  readonly element = el('section', 'aml-board', null, { 'aria-label': 'Leaderboard' });
  private readonly headings: Keyed<Heading, HTMLTableCellElement>;
  private readonly filter = el('input', 'aml-filter', null, { type: 'search', placeholder: 'Filter: family, state, parameter=value', 'aria-label': 'Filter the leaderboard' });
  private sorting: Sorting | null = null;
  private readonly rows = new WeakMap<Element, Row>();
  private readonly now: Keyed<Line, HTMLTableRowElement>;
  private readonly done: Keyed<Line, HTMLTableRowElement>;
  private readonly nowBody = el('tbody', 'aml-rows-now');
  private readonly shown = el('span', 'aml-board-count');
  private readonly more = el('button', 'aml-link aml-board-more', null, { type: 'button' });
  private readonly rest = el('span', 'aml-board-rest');
  private columns: Columns | null = null;
  private last: Frame | null = null;
  private hidden = 0;
  all = false;

  constructor(
    private readonly requests: Requests,
    private readonly drawer: HTMLElement
  ) {
    const head = el('tr');
    const doneBody = el('tbody', 'aml-rows-done');
    const table = into(el('table', 'aml-table'), into(el('thead'), head), this.nowBody, doneBody);
    this.headings = new Keyed(
      head,
      heading => this.heading(heading),
      (node, heading) => {
        setText(heading.sortable ? (node.firstElementChild as Element) : node, heading.text);
        setAttribute(node, 'title', heading.title === '' ? null : heading.title);
        setAttribute(node, 'class', heading.className);
        const by = this.sorting?.column === heading.name ? this.sorting : null;
        setAttribute(node, 'aria-sort', by === null ? null : by.reversed ? 'descending' : 'ascending');
      }
    );
    this.now = this.lines(this.nowBody);
    this.done = this.lines(doneBody);
    const foot = into(el('div', 'aml-board-foot'), this.more, this.rest);
    const title = into(el('div', 'aml-board-head'), el('h4', 'aml-heading', 'Leaderboard'), this.shown, this.filter);
    this.filter.addEventListener('input', () => this.redraw());
    this.filter.addEventListener('keydown', event => event.stopPropagation());
    into(this.element, title, into(el('div', 'aml-table-room'), table), foot);
    this.more.addEventListener('click', () => {
      this.all = !this.all;
      this.redraw();
    });
  }

  private redraw(): void {
    if (this.last !== null) {
      this.update(this.last);
    }
  }

  private heading({ name, sortable }: Heading): HTMLTableCellElement {
    const node = el('th', '', null, { scope: 'col' });
    if (sortable) {
      const button = el('button', 'aml-sort', null, { type: 'button' });
      button.addEventListener('click', () => {
        this.sorting = pressed(this.sorting, name);
        this.redraw();
      });
      node.append(button);
    }
    return node;
  }

  update(frame: Frame): void {
    this.last = frame;
    const { snapshot } = frame;
    const merit = ranked(snapshot);
    const objectives = snapshot.objectives.length === 0 ? [mainObjective(snapshot)] : snapshot.objectives;
    const order = sorted(matching(merit, this.filter.value), this.sorting, objectives);
    const ranks = new Map(merit.map((trial, index) => [trial.number, index + 1]));
    const limit = this.all ? MOST : TOP;
    this.columns = columnsOf(frame, order.slice(0, limit));
    this.headings.update(headingsOf(snapshot), heading => heading.name);
    this.now.update(runningLines(snapshot), line => line.key);
    show(this.nowBody, isSearching(snapshot) && frame.live);
    this.done.update(withDetails(frame, finishedLines(frame, order, limit, ranks)), line => line.key);
    show(this.filter, merit.length > TOP || this.filter.value !== '');
    this.foot(snapshot, order.length, merit.length);
  }

  private foot(snapshot: Snapshot, finished: number, whole: number): void {
    const some = finished < whole ? `${count(finished)} of ${plural(whole, 'trial')}` : `by ${mainObjective(snapshot).title}, mean of the folds`;
    setText(this.shown, whole === 0 ? 'no trial has finished yet' : some);
    show(this.more, finished > TOP);
    setText(this.more, this.all ? `Show the first ${TOP}` : `Show all ${count(finished)} trials`);
    setAttribute(this.more, 'aria-expanded', String(this.all));
    this.hidden = Math.max(0, finished - MOST);
    const counted = snapshot.counts.completed + snapshot.counts.pruned + snapshot.counts.failed;
    const trimmed = counted - whole;
    const words = this.all && this.hidden + trimmed > 0 ? `${plural(this.hidden + trimmed, 'trial')} more: ${snapshot.name}.leaderboard()` : '';
    setText(this.rest, words);
  }

  /** Where there is no room beside the table, the details of a trial open below its row. */
  private hold(cell: Element): void {
    if (this.drawer.parentElement !== cell) {
      cell.append(this.drawer);
    }
  }

  private lines(body: HTMLElement): Keyed<Line, HTMLTableRowElement> {
    return new Keyed<Line, HTMLTableRowElement>(
      body,
      (_, key) => {
        if (key === DETAILS) {
          return into(el('tr', 'aml-row-details'), el('td', '', null, { colspan: 20 }));
        }
        const row = new Row(this.requests);
        this.rows.set(row.element, row);
        return row.element;
      },
      (node, line) => {
        if (line.key === DETAILS) {
          this.hold(node.firstElementChild as Element);
        } else if (this.columns !== null) {
          this.rows.get(node)?.update(line.trial, line.rank, this.columns);
        }
      }
    );
  }
}

function runningLines(snapshot: Snapshot): Line[] {
  const trials = running(snapshot);
  const slots = Math.min(SLOTS, Math.max(snapshot.workers, trials.length));
  return Array.from({ length: slots }, (_, index) => ({ key: `slot ${index}`, trial: trials[index] ?? null, rank: null }));
}

/** The ranked rows that are shown, and the chosen one even if it ranks below them. */
function finishedLines(frame: Frame, order: readonly Trial[], limit: number, ranks: ReadonlyMap<number, number>): Line[] {
  const line = (trial: Trial): Line => ({ key: String(trial.number), trial, rank: ranks.get(trial.number) ?? null });
  const lines = order.slice(0, limit).map(line);
  const chosen = order.findIndex(trial => trial.number === frame.selected);
  const trial = order[chosen];
  return trial !== undefined && chosen >= limit ? [...lines, line(trial)] : lines;
}

/** The details below the chosen row; on top for a trial that is still running. */
function withDetails(frame: Frame, lines: Line[]): Line[] {
  if (frame.wide || frame.selected === null) {
    return lines;
  }
  const at = lines.findIndex(line => line.trial?.number === frame.selected);
  return [...lines.slice(0, at + 1), { key: DETAILS, trial: null, rank: null }, ...lines.slice(at + 1)];
}

/** Columns that nothing can be sorted by: the rank is the order that there is anyway. */
const FIXED: ReadonlySet<string> = new Set(['rank', 'folds', 'note']);

function columnsOf(frame: Frame, order: readonly Trial[]): Columns {
  const { snapshot } = frame;
  const main = mainObjective(snapshot);
  const objectives = snapshot.objectives.length === 0 ? [main] : snapshot.objectives;
  return {
    frame,
    objectives,
    places: objectives.map(each => decimals(order.map(trial => shownValue(trial, each.name)))),
    strip: stripScale(order, main),
    front: new Set(snapshot.objectives.length > 1 ? snapshot.pareto : [])
  };
}

/** One scale for the folds of all rows, so that the strips can be compared down the column. */
function stripScale(order: readonly Trial[], main: Objective): Scale {
  const values = order.filter(trial => trial.state === 'COMPLETED').flatMap(trial => trial.folds.map(fold => fold[main.name]));
  const known = values.filter(each => each !== null && each !== undefined);
  const [low, high] = focus(known, main.direction);
  return linear(high > low ? [low, high] : [low - 0.5, high + 0.5], [3, STRIP - 3], 2);
}

function headingsOf(snapshot: Snapshot): Heading[] {
  const heading = (name: string, text: string, title = '', className = ''): Heading => ({ name, text, title, className, sortable: !FIXED.has(name) });
  const objectives = snapshot.objectives.length === 0 ? [mainObjective(snapshot)] : snapshot.objectives;
  return [
    heading('rank', '#', 'rank', 'aml-col-rank'),
    heading('trial', 'Trial', '', 'aml-col-trial'),
    heading('family', 'Family', '', 'aml-col-family'),
    ...objectives.map((each, index) => heading(`objective ${index}`, headline(each.title), `${each.name}, ${each.direction}${each.unit === '' ? '' : `, ${each.unit}`}`, 'aml-col-value')),
    heading('folds', 'Folds', `${mainObjective(snapshot).title} of each fold, and their mean`, 'aml-col-folds'),
    heading('time', 'Time', 'seconds the trial took', 'aml-col-time'),
    heading('note', 'Notes', '', 'aml-col-note')
  ];
}
