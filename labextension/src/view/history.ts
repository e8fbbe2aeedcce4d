/** The best score over time: the line of improvements and every trial that has a score. */

import { decimals, duration, headline, value } from '../model/format';
import { mainObjective, meanOfFolds } from '../model/rank';
import { focus, linear, nice, timeScale, timeStep, type Scale } from '../model/scale';
import { FINAL, type Objective, type Snapshot, type Trial } from '../model/schema';
import { el, into } from './dom';
import { familyTitle, slotsOf, TRIAL_WORDS, type Frame, type Requests, type Section } from './frame';
import { lineSample, sample, type Shape } from './marks';
import { Plot, type Point } from './plot';

export class History implements Section {
  readonly element: HTMLElement;
  private readonly plot: Plot;

  constructor(requests: Requests) {
    this.plot = new Plot('Best score over time', number => requests.select(number));
    this.element = this.plot.element;
    into(
      this.plot.legend,
      into(el('span', 'aml-legend-item'), lineSample('aml-path-best'), 'best so far'),
      into(el('span', 'aml-legend-item'), sample('dot', 0), 'trial'),
      into(el('span', 'aml-legend-item aml-legend-infeasible'), sample('infeasible', 0), 'infeasible'),
      into(el('span', 'aml-legend-item'), sample('pruned', 0), 'pruned')
    );
  }

  update(frame: Frame): void {
    const { snapshot, now } = frame;
    if (this.plot.width === 0) {
      return;
    }
    this.plot.legend.classList.toggle('aml-legend-bare', snapshot.constraints.length === 0);
    const main = mainObjective(snapshot);
    const shown = scored(snapshot, main, now);
    // Only the best of now has to be in sight: the way up from a bad start would press the race into one line.
    const best = snapshot.history.slice(-1).map(each => each[2]);
    const y0 = nice(focus(shown.map(each => each.value), main.direction, best), 4);
    const labels = linear(y0, [0, 1], 4);
    const box = this.plot.layOut(labels.ticks.map(tick => labels.label(tick)));
    const x = timeScale(spanOf(snapshot, now), [box.left, box.right], Math.max(3, (box.right - box.left) / 70));
    const y = linear(y0, [box.bottom, box.top], 4);
    this.plot.drawAxes(x, shown.length === 0 ? null : y, 'Time since the start', axisTitle(main));
    const end = snapshot.clock.started === null ? 0 : (snapshot.clock.finished ?? now) - snapshot.clock.started;
    this.plot.drawPath('now', FINAL.has(snapshot.state) || shown.length === 0 ? '' : `M${x(end).toFixed(1)} ${box.top}V${box.bottom}`);
    this.plot.drawPath('best', stairs(snapshot, x, y, end));
    const places = decimals(shown.map(each => each.value));
    const slot = slotsOf(snapshot);
    const points = shown.map(each => pointOf(each, slot(each.trial.family), x, y, main, places));
    this.plot.drawMarks(points, frame.selected);
    this.plot.say(points.length > 0 ? '' : snapshot.state === 'FAILED' ? 'No trial was scored' : 'The first score appears here');
  }
}

interface Scored {
  readonly trial: Trial;
  readonly at: number;
  readonly value: number;
}

function scored(snapshot: Snapshot, main: Objective, now: number): Scored[] {
  const started = snapshot.clock.started ?? now;
  const found: Scored[] = [];
  for (const trial of snapshot.trials) {
    const score = trial.state === 'COMPLETED' ? trial.values[main.name] : trial.state === 'PRUNED' ? meanOfFolds(trial.folds, main.name) : null;
    if (score !== null && score !== undefined && trial.finished !== null) {
      found.push({ trial, at: Math.max(0, trial.finished - started), value: score });
    }
  }
  return found;
}

/** Seconds the time axis spans: the whole budget while it runs, what was used when it is over, in steps when there is no limit. */
export function spanOf(snapshot: Snapshot, now: number): number {
  const { started, deadline, finished } = snapshot.clock;
  if (started === null) {
    return snapshot.budget.seconds ?? 60;
  }
  if (finished !== null) {
    return finished - started;
  }
  if (deadline !== null) {
    return Math.max(deadline, now) - started;
  }
  const wanted = Math.max(10, (now - started) * 1.1);
  const step = timeStep(wanted, 6);
  return Math.ceil(wanted / step) * step;
}

export function axisTitle(objective: Objective): string {
  const unit = objective.unit === '' ? '' : ` (${objective.unit})`;
  return `${headline(objective.title)}${unit} · ${objective.direction === 'maximize' ? 'higher' : 'lower'} is better`;
}

function stairs(snapshot: Snapshot, x: Scale, y: Scale, end: number): string {
  let d = '';
  for (const [seconds, , score] of snapshot.history) {
    d += d === '' ? `M${x(seconds).toFixed(1)} ${y(score).toFixed(1)}` : `H${x(seconds).toFixed(1)}V${y(score).toFixed(1)}`;
  }
  return d === '' ? '' : `${d}H${x(Math.max(end, 0)).toFixed(1)}`;
}

function shapeOf(trial: Trial, y: Scale, score: number): Shape {
  if (y.outside(score)) {
    return score < y.domain[0] ? 'below' : 'above';
  }
  return trial.state === 'PRUNED' ? 'pruned' : trial.feasible === false ? 'infeasible' : 'dot';
}

function pointOf({ trial, at, value: score }: Scored, slot: number, x: Scale, y: Scale, main: Objective, places: number): Point {
  return { number: trial.number, x: x(at), y: y(score), shape: shapeOf(trial, y, score), slot, tell: () => tipOf(trial, at, `${headline(main.title)} ${value(score, places)}`) };
}

function tipOf(trial: Trial, at: number, score: string): string[] {
  const partly = trial.state === 'PRUNED' ? ` over ${trial.folds.length} folds` : '';
  const state = trial.state === 'COMPLETED' ? (trial.feasible === false ? 'infeasible' : '') : TRIAL_WORDS[trial.state];
  return [`trial ${trial.number} · ${familyTitle(trial.family)}`, `${score}${partly}`, `after ${duration(at)}${state === '' ? '' : ` · ${state}`}`];
}
