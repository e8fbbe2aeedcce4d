import assert from 'node:assert/strict';
import test from 'node:test';
import { SCENARIOS } from '../dev/scenarios';
import { familiesOf, readSnapshot } from '../src/model/schema';

test('a whole snapshot is read', () => {
  const snapshot = readSnapshot(SCENARIOS['completed']?.());
  assert.equal(snapshot.name, 'churn');
  assert.equal(snapshot.state, 'COMPLETED');
  assert.equal(snapshot.trials.length, 52);
  assert.equal(snapshot.result?.finalists.length, 3);
  assert.equal(snapshot.data.findings[0]?.column, 'customerID');
});

test('whatever a notebook holds, reading it gives a harmless snapshot', () => {
  for (const given of [undefined, null, 3, 'x', [], {}, { trials: 'no', history: [[1], 'x'], objectives: [null], clock: [], result: 7, events: [1] }]) {
    const snapshot = readSnapshot(given);
    assert.equal(snapshot.state, 'QUEUED');
    assert.deepEqual(snapshot.trials, []);
    assert.deepEqual(snapshot.history, []);
  }
});

test('values that are no numbers become none', () => {
  const snapshot = readSnapshot({ trials: [{ number: 0, values: { a: 'nan', b: Infinity, c: 0.5 }, state: '<b>' }, { number: 'x' }] });
  assert.equal(snapshot.trials.length, 1);
  assert.deepEqual(snapshot.trials[0]?.values, { a: null, b: null, c: 0.5 });
  assert.equal(snapshot.trials[0]?.state, 'QUEUED');
});

test('families come from the trials when the configuration names none', () => {
  const snapshot = readSnapshot({ ...SCENARIOS['searching']?.(), families: [] });
  assert.deepEqual(familiesOf(snapshot), ['baseline', 'linear', 'random_forest', 'xgboost']);
});

test('a result without a holdout is told from one that met it', () => {
  const read = (estimate: unknown) => readSnapshot({ result: { winner: 1, estimate, holdout: null, finalists: [] } }).result?.held;
  assert.deepEqual([read('out of fold'), read('holdout'), read(undefined)], [false, true, true]);
});
