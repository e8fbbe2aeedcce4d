import assert from 'node:assert/strict';
import test from 'node:test';
import { SCENARIOS } from '../dev/scenarios';
import { Conversation, SILENCE, type Outgoing } from '../src/model/conversation';

type Json = Record<string, unknown>;

function begin(): { talk: Conversation; sent: Outgoing[]; json: Json; head: Json } {
  const sent: Outgoing[] = [];
  const talk = new Conversation(message => sent.push(message), 0);
  const json = SCENARIOS['searching']?.() as Json;
  const { trials: _, ...head } = json;
  talk.hello(0);
  return { talk, sent, json, head };
}

/** Beats once a second from one moment to another, in ms. */
function beats(talk: Conversation, from: number, to: number): void {
  for (let now = from; now <= to; now += 1_000) {
    talk.beat(now);
  }
}

test('hello, snapshot, deltas', () => {
  const { talk, sent, json, head } = begin();
  assert.deepEqual(sent, [{ type: 'hello', revision: 0 }]);
  assert.equal(talk.receive({ type: 'snapshot', snapshot: json }, 50), true);
  assert.equal(talk.snapshot?.revision, 99);
  assert.equal(talk.receive({ type: 'delta', delta: { base: 99, revision: 100, head: { ...head, phase: 'refitting' }, trials: [] } }, 60), true);
  assert.equal(talk.snapshot?.phase, 'refitting');
  assert.equal(sent.length, 1);
});

test('a missed delta leads to one hello, not to one for every delta', () => {
  const { talk, sent, json, head } = begin();
  talk.receive({ type: 'snapshot', snapshot: json }, 50);
  for (const base of [120, 121, 122]) {
    assert.equal(talk.receive({ type: 'delta', delta: { base, revision: base + 1, head, trials: [] } }, 100), false);
  }
  assert.deepEqual(sent.slice(1), [{ type: 'hello', revision: 99 }]);
  talk.receive({ type: 'snapshot', snapshot: { ...json, revision: 123 } }, 200);
  assert.equal(talk.snapshot?.revision, 123);
});

test('a tick with another revision asks for the whole', () => {
  const { talk, sent, json } = begin();
  talk.receive({ type: 'snapshot', snapshot: json }, 50);
  talk.receive({ type: 'tick', now: 1_790_000_050, revision: 99 }, 100);
  assert.equal(sent.length, 1);
  talk.receive({ type: 'tick', now: 1_790_000_051, revision: 105 }, 200);
  assert.equal(sent.length, 2);
});

test('an unanswered hello is repeated, less and less often', () => {
  const { talk, sent } = begin();
  beats(talk, 1_000, 60_000);
  assert.ok(sent.length >= 4 && sent.length <= 7, `${sent.length} hellos in a minute`);
});

test('eight silent seconds mean that the kernel is away, any message that it is back', () => {
  const { talk, json } = begin();
  talk.receive({ type: 'snapshot', snapshot: json }, 0);
  beats(talk, 1_000, SILENCE - 1_000);
  assert.equal(talk.away, false);
  assert.equal(talk.beat(SILENCE), true);
  assert.equal(talk.away, true);
  assert.equal(talk.receive({ type: 'tick', now: 1_790_000_060, revision: 99 }, SILENCE + 500), true);
  assert.equal(talk.away, false);
});

test('a timer that the browser held up is no silence of the kernel', () => {
  const { talk, json } = begin();
  talk.receive({ type: 'snapshot', snapshot: json }, 0);
  talk.beat(1_000);
  assert.equal(talk.beat(61_000), false);
  assert.equal(talk.away, false);
});

test('a finished experiment needs no kernel', () => {
  const { talk } = begin();
  talk.receive({ type: 'snapshot', snapshot: SCENARIOS['completed']?.() }, 0);
  beats(talk, 1_000, 30_000);
  assert.equal(talk.away, false);
});

test('the clock is the experiment\'s, whatever the browser\'s says', () => {
  const { talk, json } = begin();
  talk.receive({ type: 'snapshot', snapshot: json }, 5_000);
  assert.equal(talk.clock(7_000), 1_790_000_048);
});

test('notices come and go', () => {
  const { talk } = begin();
  talk.receive({ type: 'notice', text: 'could not prune: it has ended' }, 10);
  assert.equal(talk.notice, 'could not prune: it has ended');
  talk.receive({ type: 'notice', text: '' }, 20);
  assert.equal(talk.notice, null);
  assert.equal(talk.notices, 2);
  assert.equal(talk.receive('nonsense', 30), false);
});

test('a source that was asked for is kept', () => {
  const { talk } = begin();
  assert.equal(talk.receive({ type: 'source', number: 3, text: 'pipeline = 1' }, 50), true);
  assert.equal(talk.receive({ type: 'source', number: 'x', text: 'pipeline = 2' }, 60), false);
  assert.deepEqual([...talk.sources], [[3, 'pipeline = 1']]);
});
