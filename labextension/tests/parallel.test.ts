import assert from 'node:assert/strict';
import test from 'node:test';
import { axesOf, drawable, trialsOf } from '../src/model/parallel';
import { readSnapshot } from '../src/model/schema';

const trials = [1, 2, 3, 4, 5, 6].map(number => ({
  number,
  state: 'COMPLETED',
  family: 'xgboost',
  origin: 'search',
  values: { auc: number / 10 },
  params: { family: 'xgboost', 'xgboost.rate': 10 ** -number, 'xgboost.depth': number, 'xgboost.way': number % 2 === 0 ? 'a' : 'b', 'xgboost.same': 1 }
}));
const snapshot = readSnapshot({
  objectives: [{ name: 'auc', title: 'AUC', direction: 'maximize' }],
  families: ['xgboost', 'linear'],
  importances: { xgboost: { 'xgboost.depth': 0.8, 'xgboost.rate': 0.2 } },
  trials: [...trials, { number: 7, state: 'COMPLETED', family: 'linear', values: { auc: 0.5 }, params: { family: 'linear', c: 1 } }]
});

test('the best trials are drawn last, and few enough', () => {
  assert.deepEqual(drawable(snapshot), ['xgboost']);
  assert.deepEqual(
    trialsOf(snapshot, 'xgboost', 3).map(trial => trial.number),
    [4, 5, 6]
  );
});

test('the most important parameter comes first, the score last, and what never differs is no axis', () => {
  const found = trialsOf(snapshot, 'xgboost', 100);
  const axes = axesOf(snapshot, 'xgboost', found);
  assert.deepEqual(
    axes.map(axis => axis.label),
    ['depth', 'rate', 'way', 'AUC']
  );
  const [depth, rate, way] = axes;
  assert.deepEqual(found.map(trial => depth?.place(trial)), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.ok(Math.abs((rate?.place(found[1]!) ?? 0) - 0.8) < 1e-9, 'a wide range is drawn on a logarithmic scale');
  assert.deepEqual(way?.ends, ['a', 'b']);
});
