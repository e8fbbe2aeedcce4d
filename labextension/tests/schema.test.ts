import assert from 'node:assert/strict';
import test from 'node:test';
import { SCENARIOS } from '../dev/scenarios';
import { familiesOf, readCurve, readSnapshot } from '../src/model/schema';

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

test('a learning curve is read, its lines and epochs in their order', () => {
  const [trial] = readSnapshot({ trials: [{ number: 0, curve: [{ fold: 0, epochs: 60, points: [[1, 0.7, 0.6], [2, 0.5, null]] }, { fold: null, epochs: 60, points: [[1, 0.6, 0.5]] }] }] }).trials;
  assert.deepEqual(trial?.curve, [
    { fold: 0, epochs: 60, points: [[1, 0.7, 0.6], [2, 0.5, null]] },
    { fold: null, epochs: 60, points: [[1, 0.6, 0.5]] }
  ]);
  assert.deepEqual(readSnapshot({ trials: [{ number: 0 }] }).trials[0]?.curve, []);
});

test('whatever stands for a curve, reading it gives a harmless and short one', () => {
  for (const given of [3, 'x', null, {}, [null, 3, 'x', {}], [{ points: 7 }], [{ points: [null, 'x', [], [0, 1, 1], [-1, 1, 1], ['1', 1, 1], [NaN, 1, 1]] }]]) {
    assert.deepEqual(readCurve(given), []);
  }
  const unordered = [[2, 'a', Infinity], [1, 0.5, 0.5], [2, 0.5, 0.5], [5, 0.4, {}]];
  assert.deepEqual(readCurve([{ fold: '<b>', epochs: 'x', points: unordered }]), [{ fold: null, epochs: 5, points: [[2, null, null], [5, 0.4, null]] }]);
  const endless = Array.from({ length: 10_000 }, (_, index) => [index + 1, 1, 1]);
  const read = readCurve(Array.from({ length: 1000 }, () => ({ points: endless })));
  assert.deepEqual([read.length, read[0]?.points.length], [50, 200]);
});

test('families come from the trials when the configuration names none', () => {
  const snapshot = readSnapshot({ ...SCENARIOS['searching']?.(), families: [] });
  assert.deepEqual(familiesOf(snapshot), ['baseline', 'linear', 'random_forest', 'xgboost']);
});

test('a result without a holdout is told from one that met it', () => {
  const read = (estimate: unknown) => readSnapshot({ result: { winner: 1, estimate, holdout: null, finalists: [] } }).result?.held;
  assert.deepEqual([read('out of fold'), read('holdout'), read(undefined)], [false, true, true]);
});
