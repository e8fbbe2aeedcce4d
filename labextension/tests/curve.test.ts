import assert from 'node:assert/strict';
import test from 'node:test';
import { curveOf, SCENARIOS } from '../dev/scenarios';
import { brief, epochs, epochScale, foldName, inWords, latest, least, losses, pathOf, TRAINING, VALIDATION } from '../src/model/curve';
import { linear } from '../src/model/scale';
import { readCurve, readSnapshot, readTrial, type Trial } from '../src/model/schema';

function trial(curve: unknown, state = 'RUNNING'): Trial {
  const read = readTrial({ number: 7, state, family: 'mlp', curve });
  assert.ok(read !== null);
  return read;
}

const POINTS = [
  [1, 0.7, 0.65],
  [2, 0.5, 0.4],
  [3, 0.4, 0.45]
];

test('how far a running trial is stands in a few words', () => {
  assert.deepEqual(brief(trial([{ fold: 0, epochs: 60, points: POINTS }])), { epoch: 'epoch 3/60', loss: 'loss 0.4500' });
  assert.equal(brief(trial([{ fold: 0, epochs: 60, points: [[1, 0.7, null]] }]))?.loss, 'loss 0.7000', 'without rows set aside there is the other loss');
  assert.deepEqual(brief(trial([{ fold: 0, epochs: 60, points: [[1, null, null]] }])), { epoch: 'epoch 1/60', loss: '' });
  assert.equal(brief(trial([])), null);
  assert.equal(brief(trial([{ fold: 0, epochs: 60, points: POINTS }], 'COMPLETED')), null, 'what has ended is at no epoch');
});

test('all of it is said of the latest line', () => {
  const curve = readCurve([{ fold: 0, epochs: 60, points: POINTS }, { fold: 1, epochs: 60, points: POINTS }]);
  assert.equal(inWords(curve), 'Fold 2, epoch 3 of at most 60: loss 0.4000 in training, 0.4500 on rows set aside, the least there 0.4000 in epoch 2.');
  assert.equal(inWords(readCurve([{ fold: null, epochs: 60, points: [[1, 0.7, null]] }])), 'All training rows, epoch 1 of at most 60: loss 0.7000 in training.');
  assert.equal(inWords(readCurve([{ fold: 0, epochs: 60, points: [[1, null, 'x']] }])), 'Fold 1, epoch 1 of at most 60: no loss was told.');
  assert.equal(inWords([]), '');
  assert.equal(foldName(latest(curve)!), 'fold 2');
});

test('the weights of the least loss on rows set aside are kept', () => {
  const [line] = readCurve([{ fold: 0, epochs: 60, points: [[1, 0.7, null], [2, 0.1, 0.5], [3, 0.6, 0.3], [4, 0.5, 0.3]] }]);
  assert.deepEqual(least(line!), [3, 0.6, 0.3], 'the first one where two are level');
  assert.equal(least(readCurve([{ fold: 0, points: [[1, 0.5, null]] }])[0]!), null);
});

test('the plane shows all epochs that may come while it runs, and what there was afterwards', () => {
  const curve = readCurve(curveOf(2, 23));
  assert.deepEqual(epochs(curve, true), [1, 60]);
  assert.deepEqual(epochs(curve, false), [1, 47]);
  assert.deepEqual(epochs(readCurve([{ fold: 0, epochs: 1, points: [[1, 1, 1]] }]), true), [1, 2], 'never empty');
  for (const most of [2, 3, 4, 5, 6, 7, 60, 1000]) {
    assert.ok(epochScale([1, most], [0, 300]).ticks.every(Number.isInteger), `no half epochs up to ${most}`);
  }
});

test('a steep beginning does not press the rest into one line, and losses are as they are where there are few', () => {
  const points = Array.from({ length: 40 }, (_, index) => [index + 1, index === 0 ? 9 : 0.5 - index / 1000, 0.5]);
  const [low, high] = losses(readCurve([{ fold: 0, epochs: 60, points }]))!;
  assert.ok(low >= 0.4 && high < 1, `${low} to ${high}`);
  const [, top] = losses(readCurve([{ fold: 0, epochs: 60, points }, { fold: 1, epochs: 60, points: [[1, 2, 1.9]] }]))!;
  assert.ok(top >= 2, 'a fold that has just begun is in sight');
  const [one, other] = losses(readCurve([{ fold: 0, epochs: 60, points: [[1, 0.6, 0.6]] }]))!;
  assert.ok(one < 0.6 && other > 0.6);
  assert.equal(losses(readCurve([{ fold: 0, epochs: 60, points: [[1, null, null]] }])), null);
});

test('a path has a gap where a loss is not known, and a dot where one stands alone', () => {
  const [line] = readCurve([{ fold: 0, epochs: 5, points: [[1, 4, 1], [2, 3, null], [3, 2, 1], [4, 1, 0]] }]);
  const [x, y] = [linear([1, 5], [0, 40], 4), linear([0, 4], [40, 0], 4)];
  assert.equal(pathOf(line!, TRAINING, x, y), 'M0.0 0.0h0L10.0 10.0L20.0 20.0L30.0 30.0');
  assert.equal(pathOf(line!, VALIDATION, x, y), 'M0.0 30.0h0M20.0 30.0h0L30.0 40.0');
});

test('a scene with networks has curves of those that run and of one that has ended', () => {
  const { trials } = readSnapshot(SCENARIOS['training']?.());
  assert.deepEqual(trials.filter(each => each.curve.length > 0).map(each => [each.number, each.state, each.curve.length]), [[10, 'COMPLETED', 6], [12, 'RUNNING', 3], [13, 'RUNNING', 1]]);
});
