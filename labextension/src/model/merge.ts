/** Deltas onto a snapshot. Refuses a delta whose base is another revision than ours: then somebody has to ask for the whole again. */

import { numberOrNull, readHead, readTrials, record, type Snapshot } from './schema';

/**
 * The snapshot after the delta `{base, revision, head, trials}`, the same snapshot for one that is older than ours, or null when
 * deltas in between were missed. A base of 0 means that the delta holds every row.
 */
export function merge(snapshot: Snapshot, delta: unknown): Snapshot | null {
  const given = record(delta);
  const base = numberOrNull(given['base']);
  const revision = numberOrNull(given['revision']);
  if (base === null || revision === null) {
    return null;
  }
  if (revision <= snapshot.revision && base !== 0) {
    return snapshot;
  }
  if (base !== snapshot.revision && base !== 0) {
    return null;
  }
  const rows = new Map((base === 0 ? [] : snapshot.trials).map(trial => [trial.number, trial]));
  for (const trial of readTrials(given['trials'])) {
    rows.set(trial.number, trial);
  }
  const trials = [...rows.values()].sort((one, other) => one.number - other.number);
  return { ...readHead(given['head']), revision, trials };
}
