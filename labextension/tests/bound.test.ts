import assert from 'node:assert/strict';
import test from 'node:test';
import { readBound, writeBound } from '../src/model/bound';

test('a constraint in its parts and back', () => {
  assert.deepEqual(readBound(' predict_ms<=5 ', 0), { index: 0, objective: 'predict_ms', operator: '<=', value: '5' });
  assert.deepEqual(readBound('parity[some column] > 1e-3', 2), { index: 2, objective: 'parity[some column]', operator: '>', value: '1e-3' });
  for (const text of ['predict_ms <= 5', 'x[a] > 0.1', 'f1 >=', 'what is this', '']) {
    assert.equal(writeBound(readBound(text, 0)), text);
  }
});
