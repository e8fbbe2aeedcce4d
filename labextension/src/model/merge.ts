/** Deltas onto a snapshot. Refuses a delta whose base is another revision than ours: then somebody has to ask for the whole again. */

import { numberOrNull, readHead, readTrials, record, type Snapshot, type Trial } from './schema';

/**
 * The snapshot after the delta `{base, revision, head, trials}`, the same snapshot for one that is older than ours, or null when
 * deltas in between were missed. A base of 0 or less means that the delta holds every row. A delta may keep the revision and change
 * the head alone, as it does while the cluster starts.
 */
export function merge(snapshot: Snapshot, delta: unknown): Snapshot | null {
  const given = record(delta);
  const base = numberOrNull(given['base']);
  const revision = numberOrNull(given['revision']);
  if (base === null || revision === null) {
    return null;
  }
  const whole = base <= 0;
  if (!whole && base !== snapshot.revision) {
    return revision <= snapshot.revision ? snapshot : null;
  }
  const trials = whole ? [] : [...snapshot.trials];
  for (const trial of readTrials(given['trials'])) {
    const at = placeOf(trials, trial.number);
    trials.splice(at, trials[at]?.number === trial.number ? 1 : 0, trial);
  }
  return { ...readHead(given['head']), revision, trials };
}

/** Where the trial of this number stands, or would, among trials in the order of their numbers. */
function placeOf(trials: readonly Trial[], number: number): number {
  let [low, high] = [0, trials.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((trials[middle]?.number ?? 0) < number) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
