import assert from 'node:assert/strict';
import test from 'node:test';
import { alone, count, decimals, difference, duration, headline, parameter, plural, ticking, value } from '../src/model/format';

test('numbers carry the digits that matter', () => {
  assert.equal(alone(0.85364), '0.8536');
  assert.equal(alone(3.3241), '3.324');
  assert.equal(alone(53.217), '53.22');
  assert.equal(alone(535.2), '535.2');
  assert.equal(alone(26318.4), '26,318');
  assert.equal(alone(0), '0.0000');
  assert.equal(alone(null), '–');
  assert.equal(alone(Number.NaN), '–');
  assert.equal(value(0.00001, 4), '1.0e-5');
  assert.equal(count(7043), '7,043');
});

test('a column shares its decimals', () => {
  assert.equal(decimals([0.84, 0.5, null, undefined]), 4);
  assert.equal(decimals([1]), 4);
  assert.equal(decimals([0.9, 12.5]), 2);
  assert.equal(decimals([]), 4);
});

test('differences carry their sign', () => {
  assert.equal(difference(0.0012, 4), '+0.0012');
  assert.equal(difference(-0.0012, 4), '−0.0012');
  assert.equal(difference(0.00001, 4), '±0.0000');
  assert.equal(difference(null, 4), '–');
});

test('durations have two units at the most', () => {
  assert.equal(duration(4.21), '4.2 s');
  assert.equal(duration(59.99), '1m 00s');
  assert.equal(duration(185), '3m 05s');
  assert.equal(duration(7800), '2h 10m');
  assert.equal(duration(null), '–');
  assert.equal(ticking(46.4), '46 s');
  assert.equal(ticking(-3), '0 s');
  assert.equal(ticking(61), '1m 01s');
});

test('parameters and words', () => {
  assert.equal(parameter(0.123456789), '0.12346');
  assert.equal(parameter(1e-7), '1e-7');
  assert.equal(parameter(12), '12');
  assert.equal(parameter('median'), 'median');
  assert.equal(parameter(null), 'null');
  assert.equal(parameter(undefined), 'None');
  assert.equal(parameter('x'.repeat(300)).length, 200);
  assert.equal(plural(1, 'trial'), '1 trial');
  assert.equal(plural(1200, 'trial'), '1,200 trials');
  assert.equal(headline('prediction time'), 'Prediction time');
  assert.equal(headline(''), '');
});
