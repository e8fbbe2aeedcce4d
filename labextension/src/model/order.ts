/** The order and choice of the leaderboard's rows when the reader asks for another one than merit. Pure functions over trials. */

import { isBetter, shownValue } from './rank';
import type { Objective, Trial } from './schema';

/** A column to sort by, and whether the other way round than is usual for it. */
export interface Sorting {
  readonly column: string;
  readonly reversed: boolean;
}

/** The next sorting when a column's head is pressed: by it, the other way round, by merit again. */
export function pressed(sorting: Sorting | null, column: string): Sorting | null {
  if (sorting?.column !== column) {
    return { column, reversed: false };
  }
  return sorting.reversed ? null : { column, reversed: true };
}

/** Trials in that order; what has no value there comes last, and equal ones stay as they were. */
export function sorted(trials: readonly Trial[], sorting: Sorting | null, objectives: readonly Objective[]): readonly Trial[] {
  if (sorting === null) {
    return trials;
  }
  const objective = objectives.find((_, index) => sorting.column === `objective ${index}`);
  const sign = sorting.reversed ? -1 : 1;
  return trials
    .map((trial, place) => ({ trial, place }))
    .sort((one, other) => {
      const compared = compare(one.trial, other.trial, sorting.column, objective);
      return compared.last !== 0 ? compared.last : sign * compared.order || one.place - other.place;
    })
    .map(each => each.trial);
}

function compare(one: Trial, other: Trial, column: string, objective: Objective | undefined): { last: number; order: number } {
  if (column === 'family') {
    return { last: 0, order: one.family < other.family ? -1 : one.family > other.family ? 1 : 0 };
  }
  const value = (trial: Trial): number | null => (objective !== undefined ? shownValue(trial, objective.name) : column === 'time' ? trial.seconds : trial.number);
  const [left, right] = [value(one), value(other)];
  if (left === null || right === null) {
    return { last: Number(left === null) - Number(right === null), order: 0 };
  }
  const better = objective === undefined ? left < right : isBetter(left, right, objective.direction);
  return { last: 0, order: left === right ? 0 : better ? -1 : 1 };
}

/** The trials that are meant by what the reader typed: every word is in the family, the state, what was noted, a parameter with its value, or is the number. */
export function matching(trials: readonly Trial[], typed: string): readonly Trial[] {
  const words = typed.toLowerCase().split(/\s+/).filter(word => word !== '');
  return words.length === 0 ? trials : trials.filter(trial => isMeant(trial, words));
}

function isMeant(trial: Trial, words: readonly string[]): boolean {
  const params = Object.entries(trial.params).map(([name, given]) => `${name}=${String(given)}`);
  const state = trial.state === 'COMPLETED' ? (trial.feasible === false ? 'infeasible' : 'done') : trial.state;
  const text = [trial.family, trial.family.replaceAll('_', ' '), state, trial.origin, trial.note ?? '', trial.error ?? '', ...params].join('\n').toLowerCase();
  return words.every(word => word === String(trial.number) || text.includes(word));
}
