import assert from 'node:assert/strict';
import test from 'node:test';
import { SCENARIOS } from '../dev/scenarios';
import { bounds, budgetClock, inUse, meanOfFolds, progress, ranked, rate, running, shownValue } from '../src/model/rank';
import { readSnapshot } from '../src/model/schema';

function scene(name: string, head: Record<string, unknown> = {}): ReturnType<typeof readSnapshot> {
  return readSnapshot({ ...SCENARIOS[name]?.(), ...head });
}

test('the leaderboard: best first, then infeasible, pruned, failed', () => {
  const snapshot = scene('searching');
  const order = ranked(snapshot);
  assert.equal(order.length, 42);
  assert.equal(order[0]?.number, snapshot.best);
  const kinds = order.map(trial => (trial.state === 'COMPLETED' ? (trial.feasible === false ? 1 : 0) : trial.state === 'PRUNED' ? 2 : 3));
  assert.deepEqual(kinds, [...kinds].sort());
  assert.equal(running(snapshot).length, 2);
});

test('lower is better where it is asked for', () => {
  const snapshot = scene('searching', { objectives: [{ name: 'roc_auc', title: 'loss', direction: 'minimize', unit: '' }] });
  const values = ranked(snapshot)
    .filter(trial => trial.state === 'COMPLETED' && trial.feasible !== false)
    .map(trial => trial.values['roc_auc'] ?? 0);
  assert.deepEqual(values, [...values].sort((one, other) => one - other));
});

test('a trial without a value shows the mean of its folds', () => {
  assert.equal(meanOfFolds([{ a: 1 }, { a: 2 }, { a: null }, {}], 'a'), 1.5);
  assert.equal(meanOfFolds([], 'a'), null);
  const trial = running(scene('searching'))[0];
  assert.ok(trial !== undefined && shownValue(trial, 'roc_auc') !== null);
});

test('bounds are read from constraints, others are left alone', () => {
  const snapshot = scene('searching', { constraints: ['predict_ms <= 5', 'roc_auc>=0.8', 'demographic_parity_ratio[gender] >= 0.8', 'x == 3', 'y < 1e3'] });
  assert.deepEqual(bounds(snapshot), [
    { objective: 'predict_ms', operator: '<=', value: 5 },
    { objective: 'roc_auc', operator: '>=', value: 0.8 },
    { objective: 'y', operator: '<', value: 1000 }
  ]);
});

test('the budget: by time, by trials, or none', () => {
  const snapshot = scene('searching');
  assert.equal(progress(snapshot, (snapshot.clock.started ?? 0) + 30), 0.5);
  assert.equal(progress(snapshot, (snapshot.clock.started ?? 0) + 300), 1);
  assert.equal(progress(scene('single'), 0), 0.6);
  assert.equal(progress(scene('single', { budget: { seconds: null, trials: null } }), 0), null);
});

test('a pause stops the budget', () => {
  const at = 1_790_000_020;
  const snapshot = scene('paused', { events: [{ seq: 1, at: at - 9, kind: 'paused' }, { seq: 2, at: at - 5, kind: 'resumed' }, { seq: 3, at, kind: 'paused' }] });
  assert.equal(budgetClock(snapshot, at + 500), at);
  assert.equal(budgetClock(scene('searching'), at + 500), at + 500);
});

test('the pace is that of the last half minute, and what runs is counted in cores', () => {
  const trial = (number: number, finished: number | null, state = 'COMPLETED'): unknown => ({ number, state, family: 'linear', finished });
  const snapshot = readSnapshot({
    clock: { started: 100 },
    counts: { running: 2 },
    resources: { cpus: 4, cpus_per_trial: 1, gpus: 1, gpus_per_trial: 0.25 },
    trials: [trial(0, 105), trial(1, 150), trial(2, 155), trial(3, null, 'RUNNING')]
  });
  assert.equal(rate(snapshot, 160), 2 / 30);
  assert.equal(rate(snapshot, 110), 3 / 10);
  assert.equal(rate(snapshot, 300), null);
  assert.equal(inUse(snapshot), '2 of 4 cores, up to 0.5 of 1 GPU');
  assert.equal(inUse(readSnapshot({})), '');
});
