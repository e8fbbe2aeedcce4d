/** What every section of the panel is handed on each update, and what it may ask for. */

import type { Change, Offers, Outlook, Problem } from '../model/drafting';

export interface Face {
  readonly offers: Offers;
  readonly values: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly outlook: Outlook | null;
  readonly problem: Problem | null;
  /** Whether values and text are those of the user's last change. */
  readonly current: boolean;
}

export interface Wishes {
  set(changes: readonly Change[]): void;
  edit(text: string): void;
  run(): void;
  refresh(): void;
}

export interface Part {
  readonly element: HTMLElement;
  update(face: Face): void;
}

/** The task that is meant: the one asked for, else the one inferred. */
export function taskOf({ values, outlook }: Face): string | null {
  return typeof values['task'] === 'string' ? values['task'] : (outlook?.task?.name ?? null);
}

/** A list of the draft as texts. */
export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(each => String(each)) : [];
}

/** The error of the field at this path, if that is where the problem is. */
export function problemAt(problem: Problem | null, ...path: string[]): string | null {
  return problem !== null && path.every((key, index) => problem.path[index] === key) ? problem.text : null;
}
