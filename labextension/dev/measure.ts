/** What one update costs the browser's main thread: a delta with one new trial is taken in, merged, drawn and laid out. */

import { Conversation } from '../src/model/conversation';
import { RunView } from '../src/view/view';
import { make } from './scenarios';

type Json = Record<string, unknown>;

/** Milliseconds of each of so many updates of an experiment that has so many trials. */
export async function measure(view: RunView, trials: number, rounds: number): Promise<number[]> {
  const whole = make({ trials: trials + rounds, objectives: 2, elapsed: trials / 10, running: 2 });
  const rows = whole['trials'] as Json[];
  const known = rows.slice(0, trials);
  const talk = new Conversation(() => undefined, performance.now());
  const head = Object.fromEntries(Object.entries(whole).filter(([key]) => key !== 'trials'));
  const importances = { xgboost: { 'xgboost.learning_rate': 0.6, 'xgboost.max_depth': 0.4 }, linear: { 'linear.C': 1 } };
  const headAt = (revision: number): Json => ({ ...head, importances, revision, counts: { ...(head['counts'] as Json), completed: revision } });
  talk.receive({ type: 'snapshot', snapshot: { ...headAt(100), trials: known } }, performance.now());
  const show = (): void => {
    if (talk.snapshot !== null) {
      view.update({ snapshot: talk.snapshot, now: talk.snapshot.clock.now ?? 0, away: false, notice: null, answers: 0, sources: new Map() });
    }
  };
  show();
  await frame();
  const found: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const revision = 100 + round;
    const delta = { base: revision, revision: revision + 1, head: headAt(revision + 1), trials: [rows[trials + round]] };
    found.push(await cost(() => {
      talk.receive({ type: 'delta', delta }, performance.now());
      show();
    }));
  }
  return found;
}

/** The action and all that it has asked the next frame to do, layout included. */
async function cost(action: () => void): Promise<number> {
  let began = 0;
  // Callbacks of one frame run in the order in which they were asked for: this one, those of the action, the one below.
  requestAnimationFrame(() => {
    began = performance.now();
  });
  const from = performance.now();
  action();
  const acted = performance.now() - from;
  const drawn = await new Promise<number>(resolve => {
    requestAnimationFrame(() => {
      void document.body.offsetHeight;
      resolve(performance.now() - began);
    });
  });
  return acted + drawn;
}

async function frame(): Promise<void> {
  await new Promise(resolve => requestAnimationFrame(resolve));
}
