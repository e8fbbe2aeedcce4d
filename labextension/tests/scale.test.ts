import assert from 'node:assert/strict';
import test from 'node:test';
import { focus, linear, nice, niceStep, quantile, ticks, timeScale, timeStep } from '../src/model/scale';

test('steps are 1, 2 or 5 times a power of ten', () => {
  assert.equal(niceStep(1, 5), 0.2);
  assert.equal(niceStep(0.06, 4), 0.02);
  assert.equal(niceStep(1000, 3), 500);
  assert.equal(niceStep(0, 5), 1);
  assert.equal(niceStep(Number.POSITIVE_INFINITY, 5), 1);
});

test('ticks lie inside the domain and have no rounding dust', () => {
  assert.deepEqual(ticks([0, 0.3], 3), [0, 0.1, 0.2, 0.3]);
  assert.deepEqual(ticks([0.81, 0.86], 5), [0.81, 0.82, 0.83, 0.84, 0.85, 0.86]);
  assert.deepEqual(ticks([-1, 1], 2), [-1, 0, 1]);
});

test('a domain is widened to whole steps and never empty', () => {
  assert.deepEqual(nice([0.812, 0.857], 4), [0.8, 0.86]);
  const [low, high] = nice([0.5, 0.5], 4);
  assert.ok(low < 0.5 && high > 0.5);
  const [zero, one] = nice([0, 0], 4);
  assert.ok(zero < 0 && one > 0);
});

test('a scale holds what is outside at its edge and says so', () => {
  const scale = linear([0, 10], [100, 200], 5);
  assert.equal(scale(5), 150);
  assert.equal(scale(-3), 100);
  assert.equal(scale(12), 200);
  assert.equal(scale.outside(12), true);
  assert.equal(scale.outside(10), false);
  assert.equal(scale.label(2), '2');
  assert.equal(linear([0.8, 0.86], [0, 1], 4).label(0.82), '0.82');
});

test('time has the ticks of a clock', () => {
  assert.equal(timeStep(60, 6), 10);
  assert.equal(timeStep(3600, 6), 600);
  const scale = timeScale(90, [0, 300], 4);
  assert.deepEqual(scale.ticks, [0, 30, 60, 90]);
  assert.deepEqual(scale.ticks.map(tick => scale.label(tick)), ['0 s', '30 s', '1 m', '1m 30s']);
  assert.equal(timeScale(7200, [0, 300], 3).label(3600), '1 h');
  assert.equal(timeScale(7200, [0, 300], 3).label(5400), '1h 30m');
});

test('the focus leaves a bad tail out, whichever way is better', () => {
  const race = [0.841, 0.842, 0.843, 0.845, 0.846, 0.848, 0.85];
  const [low, high] = focus([0.5, ...race], 'maximize');
  assert.ok(low > 0.8 && high > 0.85);
  const [best, worst] = focus([900, ...race.map(each => each * 10)], 'minimize');
  assert.ok(best <= 8.41 && worst < 100);
  assert.deepEqual(focus([], 'maximize'), [0, 1]);
  const [shown] = focus(race, 'maximize', [0.7]);
  assert.ok(shown <= 0.7, 'what has to be seen is inside');
  assert.equal(focus([0.5, 0.98, 0.99], 'maximize')[1] <= 1, true, 'a score gets no axis above one');
  const [cost] = focus([0.1, 5, 9], 'minimize');
  assert.ok(cost >= 0, 'a cost gets no axis below zero');
});

test('quantiles', () => {
  assert.equal(quantile([1, 2, 3], 0.5), 2);
  assert.equal(quantile([1, 2], 0.25), 1.25);
  assert.equal(quantile([], 0.5), 0);
});
