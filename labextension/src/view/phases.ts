/** The way of an experiment in five steps, and the clock: how long so far, how much is left. */

import { duration, plural, ticking } from '../model/format';
import { budgetClock, finishedTrials, progress } from '../model/rank';
import { FINAL, PHASES, type Phase, type Snapshot } from '../model/schema';
import { el, into, setAttribute, setClass, setText } from './dom';
import type { Frame, Section } from './frame';
import { icon, setIcon, type IconName } from './icons';

const WORDS: Readonly<Record<Phase, string>> = {
  starting: 'Starting',
  preparing: 'Preparing',
  searching: 'Searching',
  refitting: 'Refitting',
  done: 'Done'
};

/** The timing that belongs to each phase. */
const TIMINGS: Readonly<Record<Phase, string>> = { starting: 'cluster', preparing: 'prepare', searching: 'search', refitting: 'refit', done: '' };

const TELLS: Readonly<Record<Phase, string>> = {
  starting: 'finding or starting the cluster',
  preparing: 'reading, checking and splitting the data',
  searching: 'trying candidates',
  refitting: 'fitting the finalists on all training rows and scoring them once on the holdout',
  done: 'finished'
};

interface Step {
  readonly node: HTMLLIElement;
  readonly icon: SVGSVGElement;
  readonly time: HTMLElement;
}

export class Phases implements Section {
  readonly element = el('section', 'aml-phases', null, { 'aria-label': 'Progress' });
  private readonly steps = new Map<Phase, Step>();
  private readonly spent = el('span', 'aml-clock-spent');
  private readonly left = el('span', 'aml-clock-left');
  private readonly bar = el('div', 'aml-progress', null, { role: 'progressbar', 'aria-label': 'Budget used', 'aria-valuemin': 0, 'aria-valuemax': 100 });
  private readonly fill = el('div', 'aml-progress-fill');

  constructor() {
    const steps = el('ol', 'aml-steps');
    for (const phase of PHASES) {
      const step = { node: el('li', 'aml-step'), icon: icon('queued'), time: el('span', 'aml-step-time') };
      into(step.node, into(el('span', 'aml-step-mark'), step.icon), into(el('span', 'aml-step-words'), el('span', 'aml-step-name', WORDS[phase]), step.time));
      this.steps.set(phase, step);
      steps.append(step.node);
    }
    const clock = into(el('div', 'aml-clock'), this.spent, this.left);
    into(this.element, into(el('div', 'aml-phases-top'), steps, clock), into(this.bar, this.fill));
  }

  update(frame: Frame): void {
    const { snapshot } = frame;
    const at = reached(snapshot);
    PHASES.forEach((phase, index) => {
      const step = this.steps.get(phase);
      if (step === undefined) {
        return;
      }
      const state = index < at ? 'past' : index > at ? 'ahead' : snapshot.state === 'FAILED' ? 'failed' : 'now';
      setClass(step.node, `aml-step aml-step-${state}`);
      setAttribute(step.node, 'aria-current', state === 'now' ? 'step' : null);
      setIcon(step.icon, markOf(state, snapshot));
      step.icon.classList.toggle('aml-icon-spin', state === 'now' && snapshot.state === 'RUNNING' && frame.live && !frame.away);
      const spent = snapshot.timings[TIMINGS[phase]];
      const took = spent === null || spent === undefined || state === 'ahead' ? '' : duration(spent);
      setText(step.time, took);
      setAttribute(step.node, 'title', took === '' ? TELLS[phase] : `${TELLS[phase]}: ${took}`);
    });
    this.updateClock(frame);
  }

  private updateClock({ snapshot, now, live }: Frame): void {
    const over = FINAL.has(snapshot.state);
    const { finished } = snapshot.clock;
    const began = snapshot.clock.started ?? snapshot.clock.created;
    const spent = began === null ? null : Math.max(0, (finished ?? now) - began);
    setText(this.spent, spent === null ? '' : over ? `took ${duration(spent)}` : `${ticking(spent)} so far`);
    setText(this.left, over || !live ? trialsOf(snapshot) : leftOf(snapshot, now));
    const share = over && snapshot.state !== 'FAILED' ? 1 : progress(snapshot, now);
    setClass(this.bar, `aml-progress${share === null ? ' aml-progress-open' : ''}${over ? ' aml-progress-over' : ''}`);
    setAttribute(this.bar, 'aria-valuenow', share === null ? null : Math.round(share * 100));
    this.fill.style.transform = `scaleX(${(share ?? 0).toFixed(4)})`;
  }
}

/** The index of the phase it is in; past the last one when it ended well; the phase that was not completed when it failed. */
function reached(snapshot: Snapshot): number {
  if (snapshot.state === 'COMPLETED' || snapshot.state === 'STOPPED') {
    return PHASES.length;
  }
  if (snapshot.state === 'FAILED' && snapshot.phase === 'done') {
    return PHASES.findIndex(phase => typeof snapshot.timings[TIMINGS[phase]] !== 'number');
  }
  return PHASES.indexOf(snapshot.phase);
}

function markOf(state: string, snapshot: Snapshot): IconName {
  if (state === 'now') {
    return snapshot.state === 'PAUSED' ? 'paused' : snapshot.state === 'QUEUED' ? 'queued' : 'running';
  }
  return state === 'past' ? 'completed' : state === 'failed' ? 'failed' : 'queued';
}

function trialsOf(snapshot: Snapshot): string {
  return plural(finishedTrials(snapshot), 'trial');
}

/** What is left of the budget: time, trials, or both; before the search starts, what it will be. */
export function leftOf(snapshot: Snapshot, now: number): string {
  if (snapshot.clock.started === null) {
    const { seconds, trials } = snapshot.budget;
    const asked = [seconds === null ? '' : ticking(seconds), trials === null ? '' : plural(trials, 'trial')].filter(each => each !== '');
    return asked.length === 0 ? '' : `budget ${asked.join(', ')}`;
  }
  const parts: string[] = [];
  if (snapshot.budget.trials !== null) {
    parts.push(`trial ${finishedTrials(snapshot)} of ${snapshot.budget.trials}`);
  }
  if (snapshot.clock.deadline !== null) {
    const left = snapshot.clock.deadline - budgetClock(snapshot, now);
    parts.push(left > 0 ? `${ticking(left)} left` : 'time is up');
  }
  return parts.length === 0 ? trialsOf(snapshot) : parts.join(' · ');
}
