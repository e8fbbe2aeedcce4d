import assert from 'node:assert/strict';
import test from 'node:test';
import { changed, Drafting, SILENCE, type Asking } from '../src/model/drafting';

function begin(): { drafting: Drafting; sent: Asking[] } {
  const sent: Asking[] = [];
  const drafting = new Drafting(asking => sent.push(asking));
  drafting.hello(0);
  return { drafting, sent };
}

const draft = (number: number, text: string, values: unknown = {}, problem: unknown = null): unknown => ({ type: 'draft', number, text, values, problem });
const outlook = (number: number, more: Record<string, unknown> = {}): unknown => ({ type: 'outlook', number, outlook: { names: ['a', 'b'], rows: 3, problem: null, ...more } });

test('hello, offers, draft, outlook', () => {
  const { drafting, sent } = begin();
  assert.deepEqual(sent, [{ type: 'hello', number: 0 }]);
  assert.equal(drafting.standing, 'waiting');
  drafting.receive({ type: 'offers', offers: { models: [{ name: 'linear', title: 'Linear', cost: 'cheap', tasks: ['binary'] }], sources: 'odd' } });
  assert.equal(drafting.offers?.models[0]?.title, 'Linear');
  assert.deepEqual(drafting.offers?.sources, []);
  drafting.receive(draft(0, '%%automl t', { data: 't' }));
  assert.equal(drafting.standing, 'checking');
  drafting.receive(outlook(0));
  assert.equal(drafting.standing, 'ready');
  assert.deepEqual(drafting.outlook?.names, ['a', 'b']);
});

test('answers to older changes do not touch what is being written', () => {
  const { drafting, sent } = begin();
  drafting.receive({ type: 'offers', offers: {} });
  drafting.receive(draft(0, 'first'));
  drafting.set([[['seed'], 1]], 10);
  drafting.set([[['split', 'kind'], 'kfold']], 20);
  assert.deepEqual(sent.slice(1), [
    { type: 'set', number: 1, changes: [[['seed'], 1]] },
    { type: 'set', number: 2, changes: [[['split', 'kind'], 'kfold']] }
  ]);
  assert.equal(drafting.receive(draft(1, 'second')), false);
  assert.equal(drafting.current, false);
  assert.equal(drafting.text, 'first');
  assert.equal(drafting.receive(draft(2, 'third')), true);
  assert.equal(drafting.current, true);
  drafting.receive(outlook(2));
  assert.equal(drafting.receive(outlook(1, { problem: { text: 'old', path: [] } })), false);
  assert.equal(drafting.problem, null);
});

test('a problem of the words comes before one of the request, and what is known stays in view', () => {
  const { drafting } = begin();
  drafting.receive({ type: 'offers', offers: {} });
  drafting.receive(draft(0, 't'));
  drafting.receive(outlook(0, { plan: { yaml: 'a: 1', validation: 'v', candidates: 'c', name: 'n' } }));
  drafting.edit('seed: [', 5);
  drafting.receive(draft(1, 'seed: [', {}, { text: 'line 1, column 8: invalid YAML', path: [] }));
  assert.equal(drafting.standing, 'wrong');
  assert.equal(drafting.problem?.text, 'line 1, column 8: invalid YAML');
  drafting.edit('seed: -1', 6);
  drafting.receive(draft(2, 'seed: -1', { seed: -1 }));
  assert.equal(drafting.standing, 'checking');
  drafting.receive({ type: 'outlook', number: 2, outlook: { problem: { text: 'too small', path: ['seed'] } } });
  assert.equal(drafting.problem?.text, 'too small');
  assert.deepEqual([drafting.outlook?.names.length, drafting.outlook?.plan], [2, null]);
  drafting.set([[['data'], 'nothing']], 7);
  drafting.receive(draft(3, 'x'));
  drafting.receive({ type: 'outlook', number: 3, outlook: { problem: { text: 'no such data', path: ['data'] } } });
  assert.equal(drafting.outlook?.names.length, 0);
});

test('a kernel that does not answer is said to be busy, until it does', () => {
  const { drafting } = begin();
  assert.equal(drafting.beat(SILENCE - 1), false);
  assert.equal(drafting.beat(SILENCE), true);
  assert.equal(drafting.silent, true);
  drafting.receive({ type: 'notice', text: 'here', good: false });
  assert.equal(drafting.silent, false);
  assert.deepEqual(drafting.notice, { text: 'here', good: false });
  assert.equal(drafting.beat(10 * SILENCE), false);
  drafting.run(20 * SILENCE);
  assert.equal(drafting.notice, null);
  assert.equal(drafting.beat(21 * SILENCE), true);
});

test('a change holds at once, before the kernel has answered', () => {
  const { drafting } = begin();
  drafting.receive({ type: 'offers', offers: {} });
  drafting.receive(draft(0, 't', { models: ['linear'], split: { kind: 'group', column: 'g' } }));
  drafting.set([[['models'], null], [['split', 'column'], null], [['columns', 'a.b'], 'drop']], 1);
  assert.deepEqual(drafting.values, { split: { kind: 'group' }, columns: { 'a.b': 'drop' } });
  assert.deepEqual(changed({ columns: { a: 'drop' } }, [[['columns', 'a'], null]]), {});
  assert.deepEqual(changed({ models: ['x'] }, [[['models'], []], [['seed'], 0], [['prune'], false]]), { seed: 0, prune: false });
});
