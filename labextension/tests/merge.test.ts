import assert from 'node:assert/strict';
import test from 'node:test';
import { SCENARIOS } from '../dev/scenarios';
import { merge } from '../src/model/merge';
import { readSnapshot, type Snapshot } from '../src/model/schema';

type Json = Record<string, unknown>;

function scene(): { json: Json; snapshot: Snapshot } {
  const json = SCENARIOS['searching']?.() as Json;
  return { json, snapshot: readSnapshot(json) };
}

function headOf(json: Json, changes: Json = {}): Json {
  const { trials: _, ...head } = json;
  return { ...head, ...changes };
}

test('a delta replaces the head and the changed rows', () => {
  const { json, snapshot } = scene();
  const rows = json['trials'] as Json[];
  const changed = { ...rows[42], state: 'COMPLETED', values: { roc_auc: 0.9 } };
  const added = { ...rows[43], number: 44 };
  const merged = merge(snapshot, { base: 99, revision: 101, head: headOf(json, { best: 42 }), trials: [added, changed] });
  assert.equal(merged?.revision, 101);
  assert.equal(merged?.best, 42);
  assert.equal(merged?.trials.length, 45);
  assert.equal(merged?.trials[42]?.values['roc_auc'], 0.9);
  assert.deepEqual(
    merged?.trials.map(trial => trial.number),
    Array.from({ length: 45 }, (_, index) => index)
  );
  assert.equal(snapshot.trials[42]?.state, 'RUNNING', 'the old snapshot stays as it was');
});

test('a delta from another base asks for the whole', () => {
  const { json, snapshot } = scene();
  assert.equal(merge(snapshot, { base: 97, revision: 101, head: headOf(json), trials: [] }), null);
  assert.equal(merge(snapshot, { base: 100, revision: 101, head: headOf(json), trials: [] }), null);
});

test('an older delta changes nothing', () => {
  const { json, snapshot } = scene();
  assert.equal(merge(snapshot, { base: 90, revision: 98, head: headOf(json), trials: [] }), snapshot);
});

test('a delta of every row replaces every row', () => {
  const { json, snapshot } = scene();
  const merged = merge(snapshot, { base: 0, revision: 3, head: headOf(json), trials: [(json['trials'] as Json[])[0]] });
  assert.deepEqual(
    merged?.trials.map(trial => trial.number),
    [0]
  );
});

test('the head may change without a new revision', () => {
  const { json, snapshot } = scene();
  const merged = merge(snapshot, { base: 99, revision: 99, head: headOf(json, { message: 'starting the local cluster' }), trials: [] });
  assert.equal(merged?.message, 'starting the local cluster');
  assert.equal(merged?.trials.length, snapshot.trials.length);
});

test('what is no delta is refused', () => {
  const { snapshot } = scene();
  for (const wrong of [null, 'delta', {}, { base: 99 }, { base: '99', revision: 100 }]) {
    assert.equal(merge(snapshot, wrong), null);
  }
});
