/** Who leads: the order of the leaderboard and what each chart shows of a trial. Pure functions over a snapshot. */

import type { Direction, Objective, Snapshot, Trial, Values } from './schema';

/** One constraint that is a bound on a single objective, read from "predict_ms <= 5". */
export interface Bound {
  readonly objective: string;
  readonly operator: '<=' | '>=' | '<' | '>';
  readonly value: number;
}

export function mainObjective(snapshot: Snapshot): Objective {
  return snapshot.objectives[0] ?? { name: 'score', title: 'score', direction: 'maximize', unit: '' };
}

export function isBetter(one: number, other: number, direction: Direction): boolean {
  return direction === 'maximize' ? one > other : one < other;
}

export function meanOfFolds(folds: readonly Values[], objective: string): number | null {
  const values = folds.map(fold => fold[objective]).filter(each => each !== null && each !== undefined);
  return values.length === 0 ? null : values.reduce((sum, each) => sum + each, 0) / values.length;
}

/** The trial's value, or the mean of the folds it got to. */
export function shownValue(trial: Trial, objective: string): number | null {
  return trial.values[objective] ?? meanOfFolds(trial.folds, objective);
}

export function isCounted(trial: Trial): boolean {
  return trial.state === 'COMPLETED' && trial.feasible !== false;
}

const GROUPS: Readonly<Record<Trial['state'], number>> = { COMPLETED: 0, PRUNED: 2, FAILED: 3, RUNNING: 4, QUEUED: 5 };

function group(trial: Trial): number {
  return trial.state === 'COMPLETED' && trial.feasible === false ? 1 : GROUPS[trial.state];
}

/** Finished trials, best first: those that keep the constraints, then those that do not, then pruned, then failed. */
export function ranked(snapshot: Snapshot): Trial[] {
  const { name, direction } = mainObjective(snapshot);
  const sign = direction === 'maximize' ? -1 : 1;
  const rows = snapshot.trials
    .filter(trial => trial.state !== 'RUNNING' && trial.state !== 'QUEUED')
    .map(trial => ({ trial, group: group(trial), loss: sign * (shownValue(trial, name) ?? sign * Infinity) }));
  rows.sort((one, other) => one.group - other.group || (one.loss === other.loss ? one.trial.number - other.trial.number : one.loss - other.loss));
  return rows.map(each => each.trial);
}

export function running(snapshot: Snapshot): Trial[] {
  return snapshot.trials.filter(trial => trial.state === 'RUNNING');
}

export function trialOf(snapshot: Snapshot, number: number | null): Trial | null {
  return number === null ? null : (snapshot.trials.find(trial => trial.number === number) ?? null);
}

export function finishedTrials(snapshot: Snapshot): number {
  return snapshot.counts.completed + snapshot.counts.pruned + snapshot.counts.failed;
}

const RATE_SECONDS = 30;

/** Trials that ended per second, over the last half minute of the search; null before any has. */
export function rate(snapshot: Snapshot, now: number): number | null {
  const { started } = snapshot.clock;
  if (started === null || now <= started) {
    return null;
  }
  const span = Math.min(RATE_SECONDS, now - started);
  const ended = snapshot.trials.filter(trial => trial.finished !== null && trial.finished > now - span && trial.origin !== 'ensemble').length;
  return ended === 0 ? null : ended / span;
}

/** What the running trials take of the cores and GPUs that the experiment may have: "2 of 2 cores, 0.5 of 1 GPU". */
export function inUse(snapshot: Snapshot): string {
  const { cpus, cpusPerTrial, gpus, gpusPerTrial } = snapshot.resources;
  const { running: trials } = snapshot.counts;
  const cores = cpus === null || cpusPerTrial === null ? '' : `${trials * cpusPerTrial} of ${cpus} ${cpus === 1 ? 'core' : 'cores'}`;
  const share = gpus === null || gpusPerTrial === null || gpusPerTrial === 0 ? '' : `up to ${Number((trials * gpusPerTrial).toPrecision(3))} of ${gpus} GPU`;
  return [cores, share].filter(words => words !== '').join(', ');
}

/** The bounds among the constraints; a constraint written in another way is left to the words that show it. */
export function bounds(snapshot: Snapshot): Bound[] {
  const found: Bound[] = [];
  for (const constraint of snapshot.constraints) {
    const match = /^\s*(\w+)\s*(<=|>=|<|>)\s*([-+]?[\d.]+(?:e[-+]?\d+)?)\s*$/i.exec(constraint);
    if (match?.[1] !== undefined && match[2] !== undefined && Number.isFinite(Number(match[3]))) {
      found.push({ objective: match[1], operator: match[2] as Bound['operator'], value: Number(match[3]) });
    }
  }
  return found;
}

/** The moment up to which the budget counts: a pause stops it, until the deadline is moved by its length. */
export function budgetClock(snapshot: Snapshot, now: number): number {
  if (snapshot.state !== 'PAUSED') {
    return now;
  }
  const paused = snapshot.events.filter(event => event.kind === 'paused').pop();
  return paused?.at ?? now;
}

/** Share of the budget that is used, 0 to 1; null when there is no budget to speak of. */
export function progress(snapshot: Snapshot, now: number): number | null {
  const { started, deadline, finished } = snapshot.clock;
  if (snapshot.budget.trials !== null && snapshot.budget.trials > 0) {
    return Math.min(1, finishedTrials(snapshot) / snapshot.budget.trials);
  }
  if (started === null || deadline === null || !(deadline > started)) {
    return null;
  }
  return Math.min(1, Math.max(0, ((finished ?? budgetClock(snapshot, now)) - started) / (deadline - started)));
}
