import assert from 'node:assert/strict';
import test from 'node:test';
import { meant, python, pythonLine, shortDuration } from '../src/model/command';

test('every command is a line of Python', () => {
  assert.equal(pythonLine('churn', { type: 'stop' }), 'churn.stop()');
  assert.equal(pythonLine('churn', { type: 'prune', number: 7 }), 'churn.prune(7)');
  assert.equal(pythonLine('churn', { type: 'around', number: 7 }), 'churn.around(7)');
  assert.equal(pythonLine('churn', { type: 'extend', seconds: 300 }), "churn.extend('5m')");
  assert.equal(pythonLine('churn', { type: 'extend', trials: 20 }), 'churn.extend(trials=20)');
  assert.equal(pythonLine('churn', { type: 'narrow', ranges: { 'xgboost.max_depth': [3, 6] } }), "churn.narrow({'xgboost.max_depth': [3, 6]})");
  assert.equal(pythonLine('churn', { type: 'switch_off', family: 'svm' }), "churn.switch_off('svm')");
  assert.equal(pythonLine('churn', { type: 'enqueue', params: { family: 'linear', a: null, b: true } }), "churn.enqueue({'family': 'linear', 'a': None, 'b': True})");
});

test('no value ends its literal', () => {
  assert.equal(python("a'); import os #"), "'a\\'); import os #'");
  assert.equal(python('a\\'), "'a\\\\'");
  assert.equal(python('a\nb'), "'a\\nb'");
  assert.equal(python([1e-7, 2.5, false]), '[1e-7, 2.5, False]');
});

test('durations are short', () => {
  assert.deepEqual([90, 60, 900, 3600].map(shortDuration), ['90s', '1m', '15m', '1h']);
});

test('what is written in the place of a value is of its kind where it can be', () => {
  assert.deepEqual([meant('3', 1), meant(' 1e-3 ', 0.5), meant('many', 1), meant('', 1)], [3, 0.001, 'many', '']);
  assert.deepEqual([meant('True', false), meant('yes', false), meant('3', 'x'), meant('None', 'x'), meant('null', 3), meant('4', null)], [true, 'yes', '3', null, null, 4]);
});
