/** What every section of the view is handed on each update, and what it may ask for. */

import type { Command } from '../model/command';
import type { Question } from '../model/conversation';
import { familiesOf, type Snapshot, type Trial } from '../model/schema';

export interface Frame {
  readonly snapshot: Snapshot;
  /** The experiment's clock in epoch seconds. */
  readonly now: number;
  /** The number of the trial that the reader has chosen. */
  readonly selected: number | null;
  /** Whether commands can be sent at all: false in a saved output. */
  readonly live: boolean;
  /** Whether there is room for two panels side by side. */
  readonly wide: boolean;
  /** The kernel is silent: commands would not arrive. */
  readonly away: boolean;
  /** Rises with every answer of the kernel to a command. */
  readonly answers: number;
  /** Sources of trials that have arrived. */
  readonly sources: ReadonlyMap<number, string>;
}

export interface Requests {
  select(number: number | null): void;
  send(command: Command): void;
  ask(question: Question): void;
}

export interface Section {
  readonly element: HTMLElement;
  update(frame: Frame): void;
}

/** Words for the state of one trial. */
export const TRIAL_WORDS: Readonly<Record<Trial['state'], string>> = {
  QUEUED: 'queued',
  RUNNING: 'running',
  COMPLETED: 'done',
  PRUNED: 'pruned',
  FAILED: 'failed'
};

/** The families' colour slots, in the order of the snapshot; the baseline keeps the grey one. */
export function slotsOf(snapshot: Snapshot): (family: string) => number {
  const others = familiesOf(snapshot).filter(each => each !== 'baseline');
  const slots = new Map(others.map((family, index) => [family, 1 + (index % 7)]));
  return family => slots.get(family) ?? 0;
}

/** One family's colour slot. */
export function familySlot(snapshot: Snapshot, family: string): number {
  return slotsOf(snapshot)(family);
}

/** A family's name for reading: "random forest". */
export function familyTitle(family: string): string {
  return family.replaceAll('_', ' ');
}

/** Whether a search can be steered from here now. */
export function isSteerable(frame: Frame): boolean {
  return frame.live && isSearching(frame.snapshot) && frame.snapshot.phase !== 'refitting';
}

export function isSearching(snapshot: Snapshot): boolean {
  return snapshot.state === 'RUNNING' || snapshot.state === 'PAUSED' || snapshot.state === 'QUEUED';
}
