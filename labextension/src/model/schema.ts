/**
 * What an experiment looks like from outside: the snapshot that the live view, the saved output and the report share.
 *
 * Owns the types and a reader that fills gaps. A notebook file is anybody's text, so nothing is believed: a field of the wrong
 * kind becomes its default, and no value of the snapshot is ever used as anything but text or a number.
 */

export type Direction = 'maximize' | 'minimize';
export type RunState = 'QUEUED' | 'RUNNING' | 'PAUSED' | 'COMPLETED' | 'STOPPED' | 'FAILED';
export type TrialState = 'QUEUED' | 'RUNNING' | 'COMPLETED' | 'PRUNED' | 'FAILED';
export type Phase = 'starting' | 'preparing' | 'searching' | 'refitting' | 'done';

export const RUN_STATES: readonly RunState[] = ['QUEUED', 'RUNNING', 'PAUSED', 'COMPLETED', 'STOPPED', 'FAILED'];
export const TRIAL_STATES: readonly TrialState[] = ['QUEUED', 'RUNNING', 'COMPLETED', 'PRUNED', 'FAILED'];
export const PHASES: readonly Phase[] = ['starting', 'preparing', 'searching', 'refitting', 'done'];

export type Values = Readonly<Record<string, number | null>>;

export interface Objective {
  readonly name: string;
  readonly title: string;
  readonly direction: Direction;
  readonly unit: string;
}

export interface Finding {
  readonly level: string;
  readonly column: string | null;
  readonly text: string;
}

/** One epoch: its number, the loss in its steps, and the loss on the rows set aside; null for what was not measured. */
export type Epoch = readonly [number, number | null, number | null];

/** What the training of one fold told of its epochs, in their order; at least one. */
export interface CurveLine {
  /** From 0; null for the fit on all training rows. */
  readonly fold: number | null;
  /** The most epochs there may be; it may end sooner. */
  readonly epochs: number;
  readonly points: readonly Epoch[];
}

export interface Trial {
  readonly number: number;
  readonly state: TrialState;
  readonly attempt: number;
  readonly family: string;
  readonly origin: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly values: Values;
  readonly feasible: boolean | null;
  readonly folds: readonly Values[];
  readonly seconds: number | null;
  readonly error: string | null;
  readonly note: string | null;
  readonly started: number | null;
  readonly finished: number | null;
  /** How many rows of a fold it was fitted on; null for all of them. */
  readonly rows: number | null;
  /** The learning curve of a network, a line for each fold that began, the latest last; empty for other families, and in a saved output. */
  readonly curve: readonly CurveLine[];
}

export interface Finalist {
  readonly number: number;
  readonly validation: Values;
  readonly holdout: Values;
}

export interface Result {
  /** Whether finalists met a holdout; else the out-of-fold scores are the estimate. */
  readonly held: boolean;
  readonly winner: number | null;
  readonly holdout: Values;
  readonly finalists: readonly Finalist[];
  /** Whether predict() uses the winner refitted on all rows. */
  readonly delivered: boolean;
}

export interface RunEvent {
  readonly seq: number;
  readonly at: number | null;
  readonly kind: string;
  readonly text: string;
}

/** One improvement of the best score: seconds since the start, the trial's number, its main value. */
export type Improvement = readonly [number, number, number];

export interface Head {
  readonly id: string;
  readonly name: string;
  readonly run: number;
  readonly state: RunState;
  readonly phase: Phase;
  readonly reason: string | null;
  readonly message: string | null;
  readonly data: {
    readonly source: string;
    readonly rows: number | null;
    readonly columns: number | null;
    readonly target: string;
    readonly task: string;
    readonly taskReason: string;
    /** How the rows are split and why, in one line; empty before the data is read. */
    readonly validation: string;
    readonly findings: readonly Finding[];
  };
  readonly objectives: readonly Objective[];
  readonly constraints: readonly string[];
  readonly families: readonly string[];
  /** Families that are not searched by now. */
  readonly off: readonly string[];
  /** The ranges of now that are not the families' own, by the parameter's full name. */
  readonly ranges: Readonly<Record<string, unknown>>;
  /** Trials that every ensemble has to hold. */
  readonly pinned: readonly number[];
  readonly seed: number | null;
  readonly workers: number;
  /** What the experiment may take in all, and what one trial takes; null for what is not known or not asked for. */
  readonly resources: Readonly<Record<'cpus' | 'cpusPerTrial' | 'gpus' | 'gpusPerTrial', number | null>>;
  readonly budget: { readonly seconds: number | null; readonly trials: number | null };
  readonly clock: {
    readonly created: number | null;
    readonly started: number | null;
    readonly deadline: number | null;
    readonly finished: number | null;
    readonly now: number | null;
  };
  readonly timings: Values;
  readonly counts: Readonly<Record<'queued' | 'running' | 'completed' | 'pruned' | 'failed' | 'infeasible', number>>;
  readonly best: number | null;
  readonly pareto: readonly number[];
  /** By family the shares of its parameters, the largest first. */
  readonly importances: Readonly<Record<string, Values>>;
  readonly history: readonly Improvement[];
  readonly usable: number | null;
  readonly result: Result | null;
  readonly events: readonly RunEvent[];
  readonly revision: number;
}

export interface Snapshot extends Head {
  readonly trials: readonly Trial[];
}

export const FINAL: ReadonlySet<RunState> = new Set<RunState>(['COMPLETED', 'STOPPED', 'FAILED']);

type Json = Readonly<Record<string, unknown>>;

export function record(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown, otherwise = ''): string {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : otherwise;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

export function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function oneOf<T extends string>(value: unknown, known: readonly T[], otherwise: T): T {
  return known.find(each => each === value) ?? otherwise;
}

function numbers(value: unknown): number[] {
  return list(value)
    .map(numberOrNull)
    .filter(each => each !== null);
}

export function readValues(value: unknown): Values {
  return Object.fromEntries(Object.entries(record(value)).map(([name, each]) => [name, numberOrNull(each)]));
}

/** More lines and points than any trial has: what is beyond is not looked at. */
const MOST_LINES = 50;
const MOST_POINTS = 200;

function readLine(value: unknown): CurveLine {
  const line = record(value);
  const points: Epoch[] = [];
  for (const each of list(line['points']).slice(0, MOST_POINTS)) {
    const [number, loss, validation] = list(each);
    const epoch = numberOrNull(number) ?? 0;
    if (epoch > (points[points.length - 1]?.[0] ?? 0)) {
      points.push([epoch, numberOrNull(loss), numberOrNull(validation)]);
    }
  }
  return { fold: numberOrNull(line['fold']), epochs: Math.max(numberOrNull(line['epochs']) ?? 0, points[points.length - 1]?.[0] ?? 0), points };
}

export function readCurve(value: unknown): CurveLine[] {
  return list(value)
    .slice(0, MOST_LINES)
    .map(readLine)
    .filter(line => line.points.length > 0);
}

export function readTrial(value: unknown): Trial | null {
  const row = record(value);
  const number = numberOrNull(row['number']);
  if (number === null) {
    return null;
  }
  return {
    number,
    state: oneOf(row['state'], TRIAL_STATES, 'QUEUED'),
    attempt: numberOrNull(row['attempt']) ?? 1,
    family: text(row['family'], 'unknown'),
    origin: text(row['origin']),
    params: record(row['params']),
    values: readValues(row['values']),
    feasible: typeof row['feasible'] === 'boolean' ? row['feasible'] : null,
    folds: list(row['folds']).map(readValues),
    seconds: numberOrNull(row['seconds']),
    error: textOrNull(row['error']),
    note: textOrNull(row['note']),
    started: numberOrNull(row['started']),
    finished: numberOrNull(row['finished']),
    rows: numberOrNull(row['rows']),
    curve: readCurve(row['curve'])
  };
}

export function readTrials(value: unknown): Trial[] {
  return list(value)
    .map(readTrial)
    .filter(each => each !== null);
}

function readObjective(value: unknown): Objective {
  const each = record(value);
  const name = text(each['name'], 'score');
  return {
    name,
    title: text(each['title'], name),
    direction: oneOf(each['direction'], ['maximize', 'minimize'] as const, 'maximize'),
    unit: text(each['unit'])
  };
}

function readResult(value: unknown): Result | null {
  if (typeof value !== 'object' || value === null) {
    return null;
  }
  const result = record(value);
  return {
    winner: numberOrNull(result['winner']),
    held: result['estimate'] !== 'out of fold',
    holdout: readValues(result['holdout']),
    delivered: typeof result['delivered'] === 'string',
    finalists: list(result['finalists'])
      .map(record)
      .map(each => ({ number: numberOrNull(each['number']) ?? -1, validation: readValues(each['validation']), holdout: readValues(each['holdout']) }))
  };
}

function readData(value: unknown): Head['data'] {
  const data = record(value);
  const findings = list(data['findings']).map(record);
  return {
    source: text(data['source']),
    rows: numberOrNull(data['rows']),
    columns: numberOrNull(data['columns']),
    target: text(data['target']),
    task: text(data['task']),
    taskReason: text(data['task_reason']),
    validation: text(data['validation']),
    findings: findings.map(each => ({ level: text(each['level'], 'info'), column: textOrNull(each['column']), text: text(each['text']) }))
  };
}

function readHistory(value: unknown): Improvement[] {
  return list(value)
    .map(numbers)
    .filter(each => each.length === 3)
    .map(each => [each[0] ?? 0, each[1] ?? 0, each[2] ?? 0] as const);
}

function readResources(value: unknown): Head['resources'] {
  const given = record(value);
  return {
    cpus: numberOrNull(given['cpus']),
    cpusPerTrial: numberOrNull(given['cpus_per_trial']),
    gpus: numberOrNull(given['gpus']),
    gpusPerTrial: numberOrNull(given['gpus_per_trial'])
  };
}

function readEvents(value: unknown): RunEvent[] {
  return list(value)
    .map(record)
    .map((each, index) => ({
      seq: numberOrNull(each['seq']) ?? index,
      at: numberOrNull(each['at']),
      kind: text(each['kind']),
      text: text(each['text'])
    }));
}

/** The head of a snapshot or delta; whatever is missing gets a harmless default. */
export function readHead(value: unknown): Head {
  const head = record(value);
  const clock = record(head['clock']);
  const budget = record(head['budget']);
  const counts = record(head['counts']);
  const count = (name: string): number => numberOrNull(counts[name]) ?? 0;
  return {
    id: text(head['id']),
    name: text(head['name'], 'experiment'),
    run: numberOrNull(head['run']) ?? 1,
    state: oneOf(head['state'], RUN_STATES, 'QUEUED'),
    phase: oneOf(head['phase'], PHASES, 'starting'),
    reason: textOrNull(head['reason']),
    message: textOrNull(head['message']),
    data: readData(head['data']),
    objectives: list(head['objectives']).map(readObjective),
    constraints: list(head['constraints']).map(each => text(each)),
    families: list(head['families']).map(each => text(each)),
    off: list(head['off']).map(each => text(each)),
    ranges: record(head['ranges']),
    pinned: numbers(head['pinned']),
    seed: numberOrNull(head['seed']),
    workers: numberOrNull(head['workers']) ?? 0,
    resources: readResources(head['resources']),
    budget: { seconds: numberOrNull(budget['seconds']), trials: numberOrNull(budget['trials']) },
    clock: {
      created: numberOrNull(clock['created']),
      started: numberOrNull(clock['started']),
      deadline: numberOrNull(clock['deadline']),
      finished: numberOrNull(clock['finished']),
      now: numberOrNull(clock['now'])
    },
    timings: readValues(head['timings']),
    counts: {
      queued: count('queued'),
      running: count('running'),
      completed: count('completed'),
      pruned: count('pruned'),
      failed: count('failed'),
      infeasible: count('infeasible')
    },
    best: numberOrNull(head['best']),
    pareto: numbers(head['pareto']),
    importances: Object.fromEntries(Object.entries(record(head['importances'])).map(([family, shares]) => [family, readValues(shares)])),
    history: readHistory(head['history']),
    usable: numberOrNull(head['usable']),
    result: readResult(head['result']),
    events: readEvents(head['events']),
    revision: numberOrNull(head['revision']) ?? 0
  };
}

export function readSnapshot(value: unknown): Snapshot {
  return { ...readHead(value), trials: readTrials(record(value)['trials']).sort((one, other) => one.number - other.number) };
}

/** The families of the search; those of its trials where the configuration names none. */
export function familiesOf(snapshot: Snapshot): readonly string[] {
  return snapshot.families.length > 0 ? snapshot.families : [...new Set(snapshot.trials.map(trial => trial.family))].sort();
}
