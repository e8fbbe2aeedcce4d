/** How it ended: the winner, what the holdout or the folds say of it, why the search stopped, and what to do next. */

import { decimals, difference, headline, value } from '../model/format';
import { trialOf } from '../model/rank';
import { FINAL, type Finalist, type Snapshot } from '../model/schema';
import { el, into, Keyed, setClass, setText, show } from './dom';
import { familyTitle, type Frame, type Requests, type Section } from './frame';
import { icon, setIcon } from './icons';

interface Line {
  readonly key: string;
  readonly cells: readonly string[];
  readonly className: string;
}

export class Result implements Section {
  readonly element = el('section', 'aml-result', null, { 'aria-label': 'Result' });
  private readonly mark = icon('best');
  private readonly headline = el('h4', 'aml-result-title');
  private readonly open = el('button', 'aml-link', 'show its parameters', { type: 'button' });
  private readonly reason = el('p', 'aml-result-reason');
  private readonly table = el('table', 'aml-table aml-table-small aml-scores');
  private readonly rows: Keyed<Line, HTMLTableRowElement>;
  private readonly caption = el('p', 'aml-result-caption');
  private readonly commands = el('ul', 'aml-commands');
  private readonly next = el('div', 'aml-result-next');
  private readonly steps: Keyed<string, HTMLLIElement>;
  private winner: number | null = null;

  constructor(requests: Requests) {
    const body = el('tbody');
    into(this.table, body);
    this.rows = new Keyed<Line, HTMLTableRowElement>(body, () => el('tr'), fillLine);
    this.steps = new Keyed<string, HTMLLIElement>(
      this.commands,
      () => into(el('li', 'aml-command'), el('code'), copyButton()),
      (node, command) => setText(node.firstElementChild as Element, command)
    );
    this.open.addEventListener('click', () => requests.select(this.winner));
    into(this.next, el('h5', 'aml-subheading', 'Next'), this.commands);
    const left = into(el('div', 'aml-result-words'), into(el('div', 'aml-result-head'), this.mark, this.headline, this.open), this.reason, this.next);
    into(this.element, left, into(el('div', 'aml-result-scores'), this.table, this.caption));
  }

  update({ snapshot }: Frame): void {
    const over = FINAL.has(snapshot.state);
    show(this.element, over);
    if (!over) {
      return;
    }
    this.winner = snapshot.result?.winner ?? snapshot.usable;
    const trial = trialOf(snapshot, this.winner);
    setClass(this.element, `aml-result aml-result-${this.winner === null ? 'none' : 'some'}`);
    setIcon(this.mark, this.winner === null ? 'failed' : 'best');
    setText(this.headline, this.winner === null ? 'No usable model' : `Winner: trial ${this.winner}${trial === null ? '' : ` · ${familyTitle(trial.family)}`}`);
    show(this.open, trial !== null);
    setText(this.reason, [snapshot.reason, snapshot.message].map(each => sentence(each ?? '')).filter(each => each !== '').join('\n'));
    const lines = linesOf(snapshot);
    this.rows.update(lines, line => line.key);
    show(this.table.parentElement as HTMLElement, lines.length > 0);
    const held = snapshot.result?.held !== false;
    const delivered = snapshot.result?.delivered === true;
    const few = delivered ? null : (trial?.rows ?? null);
    const fitted = few === null ? 'all' : few.toLocaleString('en');
    const scored = `the very model that was scored${few === null ? '' : `, fitted on ${fitted} rows`}`;
    const used = delivered ? 'the winner refitted on all rows, the holdout’s included' : scored;
    const caption = held
      ? `Validation is the mean of the folds; the holdout was scored once, at the end. What predict() uses is ${used}.`
      : `The mean of the folds: no rows were held out. What predict() uses is the winner fitted on ${fitted} rows.`;
    setText(this.caption, caption);
    this.steps.update(this.winner === null ? [] : commandsOf(snapshot), command => command);
    show(this.next, this.winner !== null);
  }
}

function sentence(text: string): string {
  return text === '' ? '' : `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

/** The commands that continue from here, each ready to be pasted into a cell. */
export function commandsOf(snapshot: Snapshot): string[] {
  const { name } = snapshot;
  return [`${name}.predict(new_rows)`, `%automl code ${name}`, `%automl report ${name}`];
}

/** The table: one line per objective for the winner, and one block more for each other finalist. */
function linesOf(snapshot: Snapshot): Line[] {
  const finalists = snapshot.result?.finalists ?? [];
  const winner = finalists.find(each => each.number === snapshot.result?.winner);
  if (winner === undefined) {
    return [];
  }
  if (snapshot.result?.held === false) {
    return [{ key: 'head', cells: ['', 'Out of fold'], className: 'aml-line-head' }, ...estimatesOf(snapshot, winner)];
  }
  const others = finalists.filter(each => each !== winner);
  return [
    { key: 'head', cells: ['', 'Validation', 'Holdout', 'Difference'], className: 'aml-line-head' },
    ...scoresOf(snapshot, winner, true),
    ...others.flatMap(each => scoresOf(snapshot, each, false))
  ];
}

/** Where nothing was held out: the winner's scores, one line per objective. */
function estimatesOf(snapshot: Snapshot, winner: Finalist): Line[] {
  return snapshot.objectives.map(({ name, title }) => {
    const score = winner.validation[name] ?? null;
    return { key: `${winner.number} ${name} only`, cells: [headline(title), value(score, decimals([score]))], className: 'aml-line-winner' };
  });
}

function scoresOf(snapshot: Snapshot, finalist: Finalist, winner: boolean): Line[] {
  const objectives = winner ? snapshot.objectives : snapshot.objectives.slice(0, 1);
  return objectives.map(({ name, title }) => {
    const [validation, holdout] = [finalist.validation[name] ?? null, finalist.holdout[name] ?? null];
    const places = decimals([validation, holdout]);
    const gap = validation === null || holdout === null ? null : holdout - validation;
    return {
      key: `${finalist.number} ${name}`,
      cells: [winner ? headline(title) : `${headline(title)}, trial ${finalist.number}`, value(validation, places), value(holdout, places), difference(gap, places)],
      className: winner ? 'aml-line-winner' : 'aml-line-other'
    };
  });
}

function fillLine(node: HTMLTableRowElement, line: Line): void {
  setClass(node, line.className);
  const head = line.key === 'head';
  while (node.childElementCount < line.cells.length) {
    const label = node.childElementCount === 0;
    node.append(head || label ? el('th', '', null, { scope: head ? 'col' : 'row' }) : el('td'));
  }
  line.cells.forEach((text, index) => setText(node.children[index] as Element, text));
}

function copyButton(): HTMLButtonElement {
  const node = into(el('button', 'aml-button aml-quiet aml-small aml-copy', null, { type: 'button', 'aria-label': 'Copy' }), icon('copy'), el('span', 'aml-button-label', 'Copy'));
  node.addEventListener('click', () => {
    const code = node.parentElement?.querySelector('code') ?? null;
    if (code !== null) {
      void copy(code).then(done => confirmCopy(node, done ? 'Copied' : 'Selected: press Ctrl+C'));
    }
  });
  return node;
}

/** To the clipboard, or selected for the reader to copy where a page may not write there. Tells which. */
async function copy(code: Element): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(code.textContent ?? '');
    return true;
  } catch {
    window.getSelection()?.selectAllChildren(code);
    return false;
  }
}

function confirmCopy(node: HTMLElement, word: string): void {
  const label = node.lastElementChild as Element;
  setText(label, word);
  window.setTimeout(() => setText(label, 'Copy'), 2_000);
}
