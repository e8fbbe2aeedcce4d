/** Deltas onto a snapshot. Refuses a delta whose base is another revision than ours: then somebody has to ask for the whole again. */

import { numberOrNull, readHead, readTrials, record, type Snapshot } from './schema';

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
  const rows = new Map((whole ? [] : snapshot.trials).map(trial => [trial.number, trial]));
  for (const trial of readTrials(given['trials'])) {
    rows.set(trial.number, trial);
  }
  const trials = [...rows.values()].sort((one, other) => one.number - other.number);
  return { ...readHead(given['head']), revision, trials };
}
