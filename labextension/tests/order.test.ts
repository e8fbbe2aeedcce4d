import assert from 'node:assert/strict';
import test from 'node:test';
import { matching, pressed, sorted } from '../src/model/order';
import { readTrials, type Objective } from '../src/model/schema';

const trials = readTrials([
  { number: 0, state: 'COMPLETED', family: 'xgboost', values: { auc: 0.9, ms: 3 }, seconds: 4, params: { 'xgboost.depth': 3 } },
  { number: 1, state: 'COMPLETED', family: 'linear', values: { auc: 0.8, ms: 1 }, seconds: 1 },
  { number: 2, state: 'FAILED', family: 'random_forest', values: {}, error: 'out of memory' }
]);
const objectives: Objective[] = [
  { name: 'auc', title: 'AUC', direction: 'maximize', unit: '' },
  { name: 'ms', title: 'ms', direction: 'minimize', unit: 'ms' }
];
const numbers = (column: string, reversed = false): number[] => sorted(trials, { column, reversed }, objectives).map(trial => trial.number);

test('a column sorts by what is better in it, and what has no value is last either way', () => {
  assert.deepEqual(numbers('objective 0'), [0, 1, 2]);
  assert.deepEqual(numbers('objective 0', true), [1, 0, 2]);
  assert.deepEqual(numbers('objective 1'), [1, 0, 2]);
  assert.deepEqual(numbers('time'), [1, 0, 2]);
  assert.deepEqual(numbers('family'), [1, 2, 0]);
  assert.deepEqual(numbers('trial', true), [2, 1, 0]);
  assert.deepEqual(sorted(trials, null, objectives), trials);
});

test('a head is pressed three times to come back', () => {
  const first = pressed(null, 'time');
  assert.deepEqual(first, { column: 'time', reversed: false });
  const second = pressed(first, 'time');
  assert.deepEqual(second, { column: 'time', reversed: true });
  assert.equal(pressed(second, 'time'), null);
  assert.deepEqual(pressed(second, 'family'), { column: 'family', reversed: false });
});

test('every word that is typed has to be somewhere in the trial', () => {
  const found = (typed: string): number[] => matching(trials, typed).map(trial => trial.number);
  assert.deepEqual(found(''), [0, 1, 2]);
  assert.deepEqual(found('done'), [0, 1]);
  assert.deepEqual(found('DEPTH=3'), [0]);
  assert.deepEqual(found('random forest memory'), [2]);
  assert.deepEqual(found('1'), [1]);
  assert.deepEqual(found('linear failed'), []);
});
