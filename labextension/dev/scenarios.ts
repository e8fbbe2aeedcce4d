/**
 * Made-up experiments to look at the view with and to test it on: every phase, one and three objectives, a thousand trials,
 * and names that try to be markup. Generated from a fixed seed, so that a picture can be compared with yesterday's.
 */

type Json = Record<string, unknown>;

const START = 1_790_000_000;
const HOSTILE = '<img src=x onerror="document.title=1">';

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

const OBJECTIVES: readonly Json[] = [
  { name: 'roc_auc', title: 'ROC AUC', direction: 'maximize', unit: '', kind: 'score' },
  { name: 'predict_ms', title: 'prediction time', direction: 'minimize', unit: 'ms per 1,000 rows', kind: 'cost' },
  { name: 'model_kb', title: 'model size', direction: 'minimize', unit: 'kB', kind: 'cost' }
];

const FAMILIES = ['baseline', 'linear', 'random_forest', 'xgboost'];
const LEVEL: Readonly<Record<string, readonly [number, number, number]>> = {
  baseline: [0.5, 0.4, 2],
  linear: [0.842, 1.2, 14],
  random_forest: [0.838, 8.5, 5200],
  xgboost: [0.846, 3.4, 640]
};

export interface Wish {
  readonly trials: number;
  readonly objectives: number;
  readonly elapsed: number;
  readonly head?: Json;
  readonly hostile?: boolean;
  readonly running?: number;
}

function trialAt(number: number, wish: Wish, step: number, next: () => number): Json {
  const normal = (): number => next() + next() + next() - 1.5;
  const family = FAMILIES[number < 4 ? number : 1 + Math.floor(next() * 3)] as string;
  const [score, milliseconds, size] = LEVEL[family] as readonly [number, number, number];
  const running = number >= wish.trials;
  const kind = next();
  const state = running ? 'RUNNING' : number > 6 && kind < 0.12 ? 'PRUNED' : number > 6 && kind < 0.15 ? 'FAILED' : 'COMPLETED';
  const level = score + (family === 'baseline' ? 0 : 0.006 * (1 - Math.exp(-number / 12)) + normal() * 0.006 - (state === 'PRUNED' ? 0.025 : 0));
  const cost = milliseconds * Math.exp(normal() * 0.5);
  const names = OBJECTIVES.slice(0, wish.objectives).map(each => each['name'] as string);
  const count = { COMPLETED: 5, PRUNED: 2 + Math.floor(next() * 2), FAILED: 0, RUNNING: (number % 3) + 1 }[state];
  const folds = Array.from({ length: count }, () => {
    const all: Readonly<Record<string, number>> = { roc_auc: level + normal() * 0.006, predict_ms: cost * (0.95 + next() * 0.1), model_kb: size * (0.98 + next() * 0.04) };
    return Object.fromEntries(names.map(name => [name, all[name]]));
  });
  const mean = (name: string): number => folds.reduce((sum, fold) => sum + (fold[name] ?? 0), 0) / folds.length;
  const values = Object.fromEntries(names.map(name => [name, state === 'COMPLETED' ? mean(name) : null]));
  const started = START + 0.4 + Math.floor(number / 2) * step;
  const seconds = 0.7 * step * (0.6 + next() * 0.6);
  const params = { [`${family}.learning_rate`]: 0.01 + next() * 0.29, [`${family}.max_depth`]: 2 + Math.floor(next() * 8), [`${family}.subsample`]: 0.5 + next() / 2, [`${family}.numeric.impute`]: 'median', [`${family}.categorical.encoding`]: 'target', [`${family}.categorical.min_frequency`]: 0.01 };
  return {
    number,
    state,
    attempt: number === 12 ? 2 : 1,
    family,
    origin: number < 4 ? 'default' : number === 20 ? 'user' : 'search',
    params: wish.hostile === true ? { ...params, [HOSTILE]: HOSTILE } : params,
    values,
    feasible: state === 'COMPLETED' ? names.length < 2 || (values['predict_ms'] ?? 0) <= 5 : null,
    folds,
    seconds: running ? null : seconds,
    error: state === 'FAILED' ? (wish.hostile === true ? HOSTILE : "ValueError: Input X contains infinity or a value too large for dtype('float32').") : null,
    note: number === 12 ? 'retried once: the worker died' : state === 'PRUNED' ? `hopeless after ${count} folds` : null,
    started,
    finished: running ? null : started + seconds,
    revision: number + 1
  };
}

function dominates(one: Json, other: Json, names: readonly string[]): boolean {
  const sign = (name: string): number => (name === 'roc_auc' ? 1 : -1);
  const value = (row: Json, name: string): number => sign(name) * (row['values'] as Record<string, number>)[name]!;
  return names.every(name => value(one, name) >= value(other, name)) && names.some(name => value(one, name) > value(other, name));
}

function historyOf(done: readonly Json[]): number[][] {
  const history: number[][] = [];
  for (const row of [...done].sort((one, other) => (one['finished'] as number) - (other['finished'] as number))) {
    const score = (row['values'] as Record<string, number>)['roc_auc']!;
    if (history.length === 0 || score > (history[history.length - 1]?.[2] ?? 0)) {
      history.push([(row['finished'] as number) - START, row['number'] as number, score]);
    }
  }
  return history;
}

export function make(wish: Wish): Json {
  const next = random(11);
  const objectives = OBJECTIVES.slice(0, wish.objectives);
  const names = objectives.map(each => each['name'] as string);
  const running = wish.running ?? 0;
  const step = (2 * Math.max(1, wish.elapsed - 1)) / Math.max(1, wish.trials + running);
  const trials = Array.from({ length: wish.trials + running }, (_, number) => trialAt(number, wish, step, next));
  const in_state = (state: string): number => trials.filter(row => row['state'] === state).length;
  const done = trials.filter(row => row['state'] === 'COMPLETED' && row['feasible'] === true);
  const history = historyOf(done);
  const best = history[history.length - 1]?.[1] ?? null;
  return {
    schema: 1,
    id: 'd3'.repeat(16),
    name: 'churn',
    run: 1,
    owner: 'ann',
    state: 'RUNNING',
    phase: 'searching',
    reason: null,
    message: null,
    data: {
      source: wish.hostile === true ? HOSTILE : 'churn.csv',
      rows: 7043,
      columns: 19,
      target: wish.hostile === true ? '</script><script>document.title=2</script>' : 'Churn',
      task: 'binary',
      task_reason: 'two distinct labels: No, Yes',
      classes: ['No', 'Yes'],
      findings: [
        { level: 'warning', column: wish.hostile === true ? HOSTILE : 'customerID', text: 'looks like an identifier (7,043 distinct values); left out' },
        { level: 'info', column: 'TotalCharges', text: '0.2% missing' }
      ]
    },
    objectives,
    constraints: wish.objectives > 1 ? ['predict_ms <= 5'] : [],
    families: FAMILIES,
    seed: 7,
    workers: 2,
    budget: { seconds: 60, trials: null },
    clock: { created: START - 1, started: START, deadline: START + 60, finished: null, now: START + wish.elapsed },
    timings: { cluster: 4.2, prepare: 0.6 },
    counts: { queued: 0, running, completed: in_state('COMPLETED'), pruned: in_state('PRUNED'), failed: in_state('FAILED'), infeasible: trials.filter(row => row['feasible'] === false).length },
    best,
    pareto: done.filter(row => !done.some(other => dominates(other, row, names))).map(row => row['number']),
    history,
    usable: best,
    result: null,
    events: [
      { seq: 1, at: START, kind: 'started', text: 'the search started with 2 workers' },
      { seq: 2, at: START + 14, kind: 'retried', text: 'trial 12: the worker died; retried once' }
    ],
    trials,
    revision: 99,
    ...wish.head
  };
}

function finished(wish: Wish, head: Json = {}): Json {
  const snapshot = make(wish);
  const winner = snapshot['best'] as number;
  const values = (number: number): Record<string, number> => (snapshot['trials'] as Json[])[number]?.['values'] as Record<string, number>;
  const holdout = (number: number): Json => Object.fromEntries(Object.entries(values(number)).map(([name, value]) => [name, name === 'roc_auc' ? value - 0.0021 : value * 1.04]));
  const others = (snapshot['history'] as number[][]).slice(-3, -1).map(each => each[1] as number);
  const finalists = [winner, ...others].map(number => ({ number, validation: values(number), holdout: holdout(number) }));
  return {
    ...snapshot,
    state: 'COMPLETED',
    phase: 'done',
    reason: 'the time budget of 60 s is used up; 3 finalists were refitted and scored on the holdout',
    clock: { created: START - 1, started: START, deadline: START + 60, finished: START + wish.elapsed, now: START + wish.elapsed },
    timings: { cluster: 4.2, prepare: 0.6, search: wish.elapsed - 8, refit: 3.1 },
    result: { winner, holdout: holdout(winner), finalists },
    ...head
  };
}

/** A network's losses, as they fall: whole folds, one that runs, and after all of them the fit on all rows. */
export function curveOf(folds: number, epoch: number, refit = false): Json[] {
  const line = (fold: number | null, last: number): Json => ({
    fold,
    epochs: 60,
    points: Array.from({ length: last }, (_, index) => {
      const shift = 0.01 * ((fold ?? 3) % 3);
      return [index + 1, 0.31 + shift + 0.4 * Math.exp(-index / 9), 0.42 - shift + 0.3 * Math.exp(-index / 7) + 0.0012 * Math.max(0, index - 18)];
    })
  });
  const whole = Array.from({ length: folds }, (_, index) => line(index, 44 + 3 * index));
  return epoch === 0 ? whole : [...whole, line(refit ? null : folds, epoch)];
}

/** Networks among the trials: two that run, of which one has just begun, and one that has ended. */
function training(): Json {
  const snapshot = make({ trials: 12, objectives: 1, elapsed: 30, running: 2, head: { families: [...FAMILIES, 'mlp'] } });
  const curves: Readonly<Record<number, Json[]>> = { 10: curveOf(5, 50, true), 12: curveOf(2, 23), 13: curveOf(0, 1) };
  const trials = (snapshot['trials'] as Json[]).map((row, number) => (curves[number] === undefined ? row : { ...row, family: 'mlp', curve: curves[number] }));
  return { ...snapshot, trials };
}

const CLOCK = { created: START - 1, started: START, deadline: START + 60, finished: null };

export const SCENARIOS: Readonly<Record<string, () => Json>> = {
  starting: () => make({ trials: 0, objectives: 2, elapsed: 2, head: { phase: 'starting', timings: {}, message: 'starting the local cluster, once per machine (4 to 14 s)', clock: { ...CLOCK, now: START + 2 } } }),
  first: () => make({ trials: 3, objectives: 2, elapsed: 6, running: 1 }),
  searching: () => make({ trials: 42, objectives: 2, elapsed: 46, running: 2 }),
  single: () => make({ trials: 30, objectives: 1, elapsed: 33, running: 2, head: { budget: { seconds: null, trials: 50 }, clock: { ...CLOCK, deadline: null, now: START + 33 } } }),
  paused: () => make({ trials: 20, objectives: 2, elapsed: 25, head: { state: 'PAUSED' } }),
  refitting: () => make({ trials: 50, objectives: 2, elapsed: 54, head: { phase: 'refitting', timings: { cluster: 4.2, prepare: 0.6, search: 47.9 } } }),
  completed: () => finished({ trials: 52, objectives: 2, elapsed: 58 }),
  stopped: () => finished({ trials: 24, objectives: 1, elapsed: 21 }, { state: 'STOPPED', reason: 'stopped by hand; the best model so far is kept' }),
  failed: () => make({ trials: 0, objectives: 1, elapsed: 5, head: { state: 'FAILED', phase: 'preparing', message: "no column 'chrun' in churn.csv; did you mean 'Churn'?", clock: { ...CLOCK, finished: START + 5, now: START + 5 }, timings: { cluster: 4.2 } } }),
  hostile: () => finished({ trials: 30, objectives: 2, elapsed: 58, hostile: true }, { name: HOSTILE, reason: HOSTILE }),
  training,
  three: () => make({ trials: 60, objectives: 3, elapsed: 50, running: 2 }),
  thousand: () => make({ trials: 1500, objectives: 2, elapsed: 3300, running: 2, head: { budget: { seconds: 3600, trials: null }, clock: { ...CLOCK, deadline: START + 3600, now: START + 3300 } } })
};
