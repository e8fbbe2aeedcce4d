/** The Pareto front in any two objectives: who cannot be beaten in one without losing in the other. */

import { decimals, headline, value } from '../model/format';
import { bounds, type Bound } from '../model/rank';
import { focus, linear, nice, type Scale } from '../model/scale';
import type { Objective, Snapshot, Trial } from '../model/schema';
import type { Box } from './axes';
import { el, into, show } from './dom';
import { familyTitle, slotsOf, type Frame, type Requests, type Section } from './frame';
import { axisTitle } from './history';
import { lineSample, sample, type Shape } from './marks';
import { Plot, type Point } from './plot';

interface Placed {
  readonly trial: Trial;
  readonly x: number;
  readonly y: number;
}

export class Front implements Section {
  readonly element: HTMLElement;
  private readonly plot: Plot;
  private readonly axes = el('div', 'aml-axes');
  private readonly up = el('select', 'aml-axis-choice', null, { 'aria-label': 'Objective upwards' });
  private readonly across = el('select', 'aml-axis-choice', null, { 'aria-label': 'Objective to the right' });
  private offered = '';
  private last: Frame | null = null;

  constructor(requests: Requests) {
    this.plot = new Plot('Pareto front', number => requests.select(number));
    this.element = this.plot.element;
    into(this.axes, this.up, el('span', '', 'over'), this.across);
    this.plot.legend.before(this.axes);
    for (const each of [this.up, this.across]) {
      each.addEventListener('change', () => this.swap(each));
    }
    into(
      this.plot.legend,
      into(el('span', 'aml-legend-item'), sample('front', 0), 'on the front'),
      into(el('span', 'aml-legend-item'), sample('dot', 0), 'trial'),
      into(el('span', 'aml-legend-item aml-legend-infeasible'), sample('infeasible', 0), 'infeasible'),
      into(el('span', 'aml-legend-item aml-legend-infeasible'), lineSample('aml-path-bound'), 'limit')
    );
  }

  /** Where both would show the same, the other one takes what this one showed. */
  private swap(changed: HTMLSelectElement): void {
    const other = changed === this.up ? this.across : this.up;
    const names = this.last?.snapshot.objectives.map(each => each.name) ?? [];
    if (other.value === changed.value) {
      other.value = names.find(each => each !== changed.value) ?? other.value;
    }
    if (this.last !== null) {
      this.update(this.last);
    }
  }

  /** The objectives upwards and to the right: the first two, or those that the reader chose. */
  private chosen(snapshot: Snapshot): readonly [Objective | undefined, Objective | undefined] {
    const { objectives } = snapshot;
    show(this.axes, objectives.length > 2);
    const offered = JSON.stringify(objectives);
    if (offered !== this.offered) {
      this.offered = offered;
      for (const [index, select] of [this.up, this.across].entries()) {
        const before = select.value;
        select.replaceChildren(...objectives.map(each => el('option', '', headline(each.title), { value: each.name })));
        select.value = objectives.some(each => each.name === before) ? before : (objectives[index]?.name ?? '');
      }
    }
    const by = (name: string, index: number): Objective | undefined => objectives.find(each => each.name === name) ?? objectives[index];
    return [by(this.up.value, 0), by(this.across.value, 1)];
  }

  update(frame: Frame): void {
    const { snapshot, selected } = frame;
    this.last = frame;
    const [main, other] = this.chosen(snapshot);
    show(this.element, snapshot.objectives.length > 1);
    if (main === undefined || other === undefined || this.plot.width === 0) {
      return;
    }
    this.plot.legend.classList.toggle('aml-legend-bare', snapshot.constraints.length === 0);
    const placed = place(snapshot, main, other);
    const limits = bounds(snapshot);
    const known = (objective: Objective): number[] => limits.filter(each => each.objective === objective.name).map(each => each.value);
    const x0 = nice(focus(placed.map(each => each.x), other.direction, placed.length === 0 ? [0, 1] : known(other)), 5);
    const y0 = nice(focus(placed.map(each => each.y), main.direction, known(main)), 4);
    const labels = linear(y0, [0, 1], 4);
    const box = this.plot.layOut(labels.ticks.map(tick => labels.label(tick)));
    const x = linear(x0, [box.left, box.right], Math.max(3, (box.right - box.left) / 80));
    const y = linear(y0, [box.bottom, box.top], 4);
    const some = placed.length > 0;
    this.plot.drawAxes(some ? x : null, some ? y : null, axisTitle(other), axisTitle(main));
    this.plot.drawPath('bound', !some ? '' : limits.map(each => lineOf(each, main, other, x, y, box)).join(''));
    const members = new Set(snapshot.pareto);
    // With more objectives most members of the front are no corner of what is seen of it in two: a line through them would go up and down.
    this.plot.drawPath('front', snapshot.objectives.length > 2 ? '' : staircase(placed.filter(each => members.has(each.trial.number)), other, x, y));
    const places: [number, number] = [decimals(placed.map(each => each.x)), decimals(placed.map(each => each.y))];
    const slot = slotsOf(snapshot);
    const points = placed.map(each => pointOf(each, [main, other], members.has(each.trial.number), slot(each.trial.family), x, y, places));
    this.plot.drawMarks(points, selected);
    this.plot.say(points.length > 0 ? '' : snapshot.state === 'FAILED' ? 'No trial was scored' : 'The first trade-off appears here');
  }
}

function place(snapshot: Snapshot, main: Objective, other: Objective): Placed[] {
  const found: Placed[] = [];
  for (const trial of snapshot.trials) {
    const [x, y] = [trial.values[other.name], trial.values[main.name]];
    if (trial.state === 'COMPLETED' && typeof x === 'number' && typeof y === 'number') {
      found.push({ trial, x, y });
    }
  }
  return found;
}

function lineOf(bound: Bound, main: Objective, other: Objective, x: Scale, y: Scale, box: Box): string {
  if (bound.objective === other.name && !x.outside(bound.value)) {
    return `M${x(bound.value).toFixed(1)} ${box.top}V${box.bottom}`;
  }
  return bound.objective === main.name && !y.outside(bound.value) ? `M${box.left} ${y(bound.value).toFixed(1)}H${box.right}` : '';
}

/** The front joined in steps: between two members only what both reach is reached. */
function staircase(members: readonly Placed[], other: Objective, x: Scale, y: Scale): string {
  const order = [...members].sort((one, two) => (other.direction === 'minimize' ? one.x - two.x : two.x - one.x) || one.y - two.y);
  return order.map((each, index) => (index === 0 ? `M${x(each.x).toFixed(1)} ${y(each.y).toFixed(1)}` : `H${x(each.x).toFixed(1)}V${y(each.y).toFixed(1)}`)).join('');
}

function pointOf({ trial, x: atX, y: atY }: Placed, [main, other]: readonly [Objective, Objective], member: boolean, slot: number, x: Scale, y: Scale, places: readonly [number, number]): Point {
  const outside: Shape | null = x.outside(atX) ? (atX < x.domain[0] ? 'before' : 'beyond') : y.outside(atY) ? (atY < y.domain[0] ? 'below' : 'above') : null;
  const tell = (): string[] => {
    const state = member ? ['on the front'] : trial.feasible === false ? ['infeasible'] : [];
    const title = `trial ${trial.number} · ${familyTitle(trial.family)}`;
    return [title, `${headline(main.title)} ${value(atY, places[1])}`, `${headline(other.title)} ${value(atX, places[0])} ${other.unit}`.trim(), ...state];
  };
  return { number: trial.number, x: x(atX), y: y(atY), shape: member ? 'front' : (outside ?? (trial.feasible === false ? 'infeasible' : 'dot')), slot, tell };
}
