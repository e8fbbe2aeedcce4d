/** Where trials cross the axes of parallel coordinates: each parameter from 0 (bottom) to 1, in its own scale. Pure functions over trials. */

import { isCounted, mainObjective, shownValue } from './rank';
import type { Snapshot, Trial } from './schema';

export interface Axis {
  readonly name: string;
  readonly label: string;
  /** What stands at the bottom and at the top; the options in their order for a choice. */
  readonly ends: readonly string[];
  readonly place: (trial: Trial) => number | null;
}

/** Fewer show nothing that the leaderboard does not. */
export const LEAST_TRIALS = 5;
const MOST_AXES = 7;
const MOST_OPTIONS = 8;
/** Above this ratio of the largest to the least value a scale is logarithmic. */
const LOGARITHMIC = 50;

/** Completed trials of one family, the best ones last, so that they are drawn on top; at most `most` of them. */
export function trialsOf(snapshot: Snapshot, family: string, most: number): Trial[] {
  const main = mainObjective(snapshot);
  const sign = main.direction === 'maximize' ? 1 : -1;
  const score = (trial: Trial): number => sign * (shownValue(trial, main.name) ?? -Infinity);
  const found = snapshot.trials.filter(trial => trial.family === family && isCounted(trial) && shownValue(trial, main.name) !== null);
  return found.sort((one, other) => score(one) - score(other)).slice(-most);
}

/** Families that have enough trials to be drawn. */
export function drawable(snapshot: Snapshot): string[] {
  const counts = new Map<string, number>();
  for (const trial of snapshot.trials) {
    if ((counts.get(trial.family) ?? 0) < LEAST_TRIALS && isCounted(trial) && trial.origin !== 'ensemble' && Object.keys(trial.params).length > 1) {
      counts.set(trial.family, (counts.get(trial.family) ?? 0) + 1);
    }
  }
  return [...counts].filter(([, count]) => count >= LEAST_TRIALS).map(([family]) => family);
}

/** The axes of a family: parameters that differ, the most important first, and the main objective as the last one. */
export function axesOf(snapshot: Snapshot, family: string, trials: readonly Trial[]): Axis[] {
  const shares = snapshot.importances[family] ?? {};
  const names = new Set(trials.flatMap(trial => Object.keys(trial.params)));
  names.delete('family');
  const order = [...names].sort((one, other) => (shares[other] ?? -1) - (shares[one] ?? -1));
  const found: Axis[] = [];
  for (const name of order) {
    const axis = axisOf(name, name.startsWith(`${family}.`) ? name.slice(family.length + 1) : name, trials, trial => trial.params[name]);
    if (axis !== null && found.length < MOST_AXES) {
      found.push(axis);
    }
  }
  const main = mainObjective(snapshot);
  const scored = axisOf(main.name, main.title, trials, trial => shownValue(trial, main.name));
  return scored === null ? found : [...found, scored];
}

function axisOf(name: string, label: string, trials: readonly Trial[], given: (trial: Trial) => unknown): Axis | null {
  const values = trials.map(given).filter(value => value !== undefined);
  const numbers = values.filter(value => typeof value === 'number');
  return numbers.length === values.length ? numeric(name, label, numbers, given) : choice(name, label, values, given);
}

function numeric(name: string, label: string, values: readonly number[], given: (trial: Trial) => unknown): Axis | null {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (!(high > low)) {
    return null;
  }
  const logarithmic = low > 0 && high / low > LOGARITHMIC;
  const scale = (value: number): number => (logarithmic ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low));
  const place = (trial: Trial): number | null => {
    const value = given(trial);
    return typeof value === 'number' ? scale(value) : null;
  };
  return { name, label, ends: [low, high].map(each => String(Number(each.toPrecision(3)))), place };
}

function choice(name: string, label: string, values: readonly unknown[], given: (trial: Trial) => unknown): Axis | null {
  const options = [...new Set(values.map(String))].sort();
  if (options.length < 2 || options.length > MOST_OPTIONS) {
    return null;
  }
  const place = (trial: Trial): number | null => {
    const value = given(trial);
    return value === undefined ? null : options.indexOf(String(value)) / (options.length - 1);
  };
  return { name, label, ends: options, place };
}
