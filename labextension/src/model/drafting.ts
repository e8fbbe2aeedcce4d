/**
 * The browser's half of the panel's talk with the kernel: a draft that is edited here, checked there, and what is known of it.
 *
 * Owns no DOM. The kernel owns the draft; an answer to an older change than the newest is kept from the form, so that nothing is taken from under the
 * fingers of somebody who types.
 */

import { list, numberOrNull, record, text } from './schema';

export type Path = readonly [key: string, inner?: string];
export type Change = readonly [path: Path, value: unknown];

export type Asking =
  | { readonly type: 'hello' | 'refresh' | 'run'; readonly number: number }
  | { readonly type: 'text'; readonly number: number; readonly text: string }
  | { readonly type: 'set'; readonly number: number; readonly changes: readonly Change[] };

export interface Source {
  readonly name: string;
  readonly text: string;
}

export interface Goal {
  readonly name: string;
  readonly title: string;
  readonly cost: boolean;
  readonly tasks: readonly string[];
  readonly lower: boolean;
  readonly unit: string;
}

export interface Model {
  readonly name: string;
  readonly title: string;
  readonly cost: string;
  readonly tasks: readonly string[];
}

export interface Offers {
  readonly sources: readonly Source[];
  readonly tasks: readonly string[];
  readonly kinds: readonly string[];
  readonly splits: readonly string[];
  readonly deliveries: readonly string[];
  readonly strategies: readonly { readonly name: string; readonly title: string }[];
  readonly objectives: readonly Goal[];
  /** The objective of a task that names none. */
  readonly usual: Readonly<Record<string, unknown>>;
  readonly models: readonly Model[];
  readonly hints: Readonly<Record<string, unknown>>;
  readonly defaults: Readonly<Record<string, unknown>>;
}

export interface Problem {
  readonly text: string;
  readonly path: readonly string[];
}

export interface Finding {
  readonly level: string;
  readonly column: string | null;
  readonly text: string;
}

export interface ColumnSeen {
  readonly name: string;
  readonly kind: string;
  readonly missing: number;
  readonly unique: number;
  readonly example: string | null;
  readonly findings: readonly Finding[];
  readonly bars: { readonly counts: readonly number[]; readonly labels: readonly string[]; readonly rest: number };
}

export interface Outlook {
  readonly names: readonly string[];
  readonly rows: number;
  readonly looked: number;
  readonly columns: readonly ColumnSeen[];
  readonly task: { readonly name: string; readonly reason: string; readonly target: string } | null;
  readonly findings: readonly Finding[];
  /** Why families would not be searched, and those that could not be even if they were asked for. */
  readonly leftOut: Readonly<Record<string, unknown>>;
  readonly refused: readonly string[];
  readonly plan: { readonly validation: string; readonly candidates: string; readonly yaml: string; readonly name: string } | null;
  readonly problem: Problem | null;
}

export interface Notice {
  readonly text: string;
  readonly good: boolean;
}

export type Standing = 'waiting' | 'checking' | 'wrong' | 'ready';

/** Milliseconds without an answer after which the kernel counts as busy or away. */
export const SILENCE = 4_000;

export class Drafting {
  offers: Offers | null = null;
  values: Readonly<Record<string, unknown>> = {};
  text = '';
  outlook: Outlook | null = null;
  notice: Notice | null = null;
  silent = false;

  private number = 0;
  private drafted = -1;
  private looked = -1;
  private wrong: Problem | null = null;
  private asked: number | null = null;

  constructor(private readonly send: (asking: Asking) => void) {}

  hello(now: number): void {
    this.ask({ type: 'hello', number: this.number }, now);
  }

  /** Read the data again. */
  refresh(now: number): void {
    this.number += 1;
    this.ask({ type: 'refresh', number: this.number }, now);
  }

  /** Change some values. They hold here at once; the kernel's answer says how they stand. */
  set(changes: readonly Change[], now: number): void {
    this.number += 1;
    this.values = changed(this.values, changes);
    this.notice = null;
    this.ask({ type: 'set', number: this.number, changes }, now);
  }

  edit(written: string, now: number): void {
    this.number += 1;
    this.notice = null;
    this.ask({ type: 'text', number: this.number, text: written }, now);
  }

  run(now: number): void {
    this.notice = null;
    this.ask({ type: 'run', number: this.number }, now);
  }

  /** Take in one message. Returns whether there is something new to show. */
  receive(message: unknown): boolean {
    const given = record(message);
    this.asked = null;
    this.silent = false;
    switch (given['type']) {
      case 'offers':
        this.offers = readOffers(given['offers']);
        return true;
      case 'draft':
        return this.drafts(given);
      case 'outlook':
        return this.looks(given);
      case 'notice':
        this.notice = { text: text(given['text']), good: given['good'] === true };
        return true;
      default:
        return false;
    }
  }

  /** The passing of time. Returns whether the view has to say something else than before. */
  beat(now: number): boolean {
    const silent = this.asked !== null && now - this.asked >= SILENCE;
    const changed = silent !== this.silent;
    this.silent = silent;
    return changed;
  }

  /** Whether the form may be brought in line with the draft: it is the one of the newest change. */
  get current(): boolean {
    return this.drafted === this.number;
  }

  get problem(): Problem | null {
    return this.wrong ?? (this.looked === this.number ? (this.outlook?.problem ?? null) : null);
  }

  get standing(): Standing {
    if (this.offers === null) {
      return 'waiting';
    }
    if (this.wrong === null && this.looked !== this.number) {
      return 'checking';
    }
    return this.problem === null ? 'ready' : 'wrong';
  }

  private ask(asking: Asking, now: number): void {
    this.asked ??= now;
    this.send(asking);
  }

  private drafts(given: Readonly<Record<string, unknown>>): boolean {
    if (numberOrNull(given['number']) !== this.number) {
      return false;
    }
    this.drafted = this.number;
    this.values = record(given['values']);
    this.text = text(given['text']);
    this.wrong = readProblem(given['problem']);
    return true;
  }

  private looks(given: Readonly<Record<string, unknown>>): boolean {
    const number = numberOrNull(given['number']);
    if (number === null || number < this.looked) {
      return false;
    }
    this.looked = number;
    const found = readOutlook(given['outlook']);
    // While the words of a cell are wrong nothing is known of its data: what was known before stays in view.
    this.outlook = found.names.length === 0 && this.outlook !== null && found.problem?.path[0] !== 'data' ? { ...this.outlook, plan: null, problem: found.problem } : found;
    return true;
  }
}

/** The values with some of them set; null takes one away, and with the last one of a mapping the mapping. The kernel does the same. */
export function changed(values: Readonly<Record<string, unknown>>, changes: readonly Change[]): Readonly<Record<string, unknown>> {
  const found: Record<string, unknown> = { ...values };
  for (const [[key, inner], value] of changes) {
    const next = inner === undefined ? value : changed(record(found[key]), [[[inner], value]]);
    const empty = next === null || (typeof next === 'object' && Object.keys(next as object).length === 0);
    if (empty) {
      delete found[key];
    } else {
      found[key] = next;
    }
  }
  return found;
}

const words = (value: unknown): string[] => list(value).map(each => text(each));

function readProblem(value: unknown): Problem | null {
  const given = record(value);
  return typeof given['text'] === 'string' ? { text: given['text'], path: words(given['path']) } : null;
}

function readFinding(value: unknown): Finding {
  const given = record(value);
  return { level: text(given['level'], 'info'), column: typeof given['column'] === 'string' ? given['column'] : null, text: text(given['text']) };
}

function readColumn(value: unknown): ColumnSeen {
  const given = record(value);
  const bars = record(given['bars']);
  return {
    name: text(given['name']),
    kind: text(given['kind']),
    missing: numberOrNull(given['missing']) ?? 0,
    unique: numberOrNull(given['unique']) ?? 0,
    example: typeof given['example'] === 'string' ? given['example'] : null,
    findings: list(given['findings']).map(readFinding),
    bars: { counts: list(bars['counts']).map(each => numberOrNull(each) ?? 0), labels: words(bars['labels']), rest: numberOrNull(bars['rest']) ?? 0 }
  };
}

export function readOutlook(value: unknown): Outlook {
  const given = record(value);
  const task = record(given['task']);
  const plan = record(given['plan']);
  return {
    names: words(given['names']),
    rows: numberOrNull(given['rows']) ?? 0,
    looked: numberOrNull(given['looked']) ?? 0,
    columns: list(given['columns']).map(readColumn),
    task: typeof task['name'] === 'string' ? { name: task['name'], reason: text(task['reason']), target: text(task['target']) } : null,
    findings: list(given['findings']).map(readFinding),
    leftOut: record(given['left_out']),
    refused: words(given['refused']),
    plan: typeof plan['yaml'] === 'string' ? { validation: text(plan['validation']), candidates: text(plan['candidates']), yaml: plan['yaml'], name: text(plan['name']) } : null,
    problem: readProblem(given['problem'])
  };
}

function readGoal(value: unknown): Goal {
  const given = record(value);
  const name = text(given['name']);
  return { name, title: text(given['title'], name), cost: given['kind'] === 'cost', tasks: words(given['tasks']), lower: given['direction'] === 'minimize', unit: text(given['unit']) };
}

function readModel(value: unknown): Model {
  const given = record(value);
  const name = text(given['name']);
  return { name, title: text(given['title'], name), cost: text(given['cost']), tasks: words(given['tasks']) };
}

function readOffers(value: unknown): Offers {
  const given = record(value);
  return {
    sources: list(given['sources'])
      .map(record)
      .map(each => ({ name: text(each['name']), text: text(each['text']) })),
    tasks: words(given['tasks']),
    kinds: words(given['kinds']),
    splits: words(given['splits']),
    deliveries: words(given['deliveries']),
    strategies: list(given['strategies'])
      .map(record)
      .map(each => ({ name: text(each['name']), title: text(each['title']) })),
    objectives: list(given['objectives']).map(readGoal),
    usual: record(given['usual']),
    models: list(given['models']).map(readModel),
    hints: record(given['hints']),
    defaults: record(given['defaults'])
  };
}
