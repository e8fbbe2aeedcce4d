/** Parallel coordinates of one family's trials: a line for each, the better the stronger. Hover and click, or the arrow keys and Enter. */

import { alone, parameter } from '../model/format';
import { axesOf, trialsOf, type Axis } from '../model/parallel';
import { mainObjective } from '../model/rank';
import type { Snapshot, Trial } from '../model/schema';
import { el, into, Keyed, setAttribute, setAttributes, setText, show, svg } from './dom';
import { familySlot, familyTitle, type Frame, type Requests } from './frame';

const MOST_LINES = 200;
const HEIGHT = 210;
const TOP = 34;
const BOTTOM = HEIGHT - 14;
/** Pixels within which a line counts as pointed at. */
const REACH = 14;

interface Line {
  readonly trial: Trial;
  readonly points: readonly (readonly [number, number])[];
  readonly strength: number;
}

export class Parallel {
  readonly element = el('div', 'aml-parallel');
  private readonly chart = svg('svg', { class: 'aml-parallel-chart', height: HEIGHT, tabindex: 0, role: 'application' });
  private readonly axes: Keyed<{ axis: Axis; x: number; last: boolean }, SVGGElement>;
  private readonly paths: Keyed<Line, SVGPathElement>;
  private readonly raised = svg('path', { class: 'aml-line aml-line-raised', fill: 'none' });
  private readonly words = el('p', 'aml-parallel-words', null, { 'aria-live': 'polite' });
  private lines: readonly Line[] = [];
  private active: number | null = null;
  private objective = '';
  /** What the lines were drawn from: the same is not drawn again. */
  private drawn = '';

  constructor(private readonly requests: Requests) {
    const [lines, axes] = [svg('g'), svg('g')];
    into(this.chart, lines, this.raised, axes);
    into(this.element, this.chart, this.words);
    this.paths = new Keyed<Line, SVGPathElement>(
      lines,
      () => svg('path', { fill: 'none' }),
      (node, line) => setAttributes(node, { d: pathOf(line), class: 'aml-line', 'stroke-opacity': line.strength.toFixed(2) })
    );
    this.axes = new Keyed(axes, () => into(svg('g', { class: 'aml-axis' }), svg('line'), svg('text'), svg('text'), svg('text')), placeAxis);
    this.chart.addEventListener('pointermove', event => this.raise(this.nearest(event)));
    this.chart.addEventListener('pointerleave', () => this.raise(null));
    this.chart.addEventListener('click', event => this.choose(this.nearest(event)));
    this.chart.addEventListener('keydown', event => this.press(event));
  }

  update(frame: Frame, family: string): void {
    const { snapshot } = frame;
    const drawn = `${family} ${snapshot.counts.completed} ${this.element.clientWidth} ${Object.keys(snapshot.importances[family] ?? {}).join()}`;
    if (drawn === this.drawn && this.element.clientWidth > 0) {
      this.raise(this.active ?? frame.selected, snapshot);
      return;
    }
    this.drawn = drawn;
    const trials = trialsOf(snapshot, family, MOST_LINES);
    const axes = axesOf(snapshot, family, trials);
    const width = this.element.clientWidth;
    show(this.element, axes.length > 1);
    if (axes.length < 2 || width === 0) {
      return;
    }
    const gap = (width - 120) / (axes.length - 1);
    const x = (index: number): number => 60 + index * gap;
    setAttributes(this.chart, { width, class: `aml-parallel-chart aml-stroke-${familySlot(snapshot, family)}`, 'aria-label': `Parameters and score of ${familyTitle(family)}` });
    this.lines = trials.map((trial, index) => ({
      trial,
      points: axes.flatMap((axis, at) => {
        const place = axis.place(trial);
        return place === null ? [] : [[x(at), BOTTOM - place * (BOTTOM - TOP)] as const];
      }),
      strength: 0.4 + 0.6 * ((index + 1) / trials.length) ** 2
    }));
    this.objective = mainObjective(snapshot).title;
    this.paths.update(this.lines, line => String(line.trial.number));
    this.axes.update(
      axes.map((axis, index) => ({ axis, x: x(index), last: index === axes.length - 1 })),
      each => each.axis.name
    );
    this.raise(this.active ?? frame.selected, snapshot);
  }

  private raise(number: number | null, snapshot: Snapshot | null = null): void {
    const line = this.lines.find(each => each.trial.number === number);
    if (snapshot === null) {
      this.active = line?.trial.number ?? null;
    }
    setAttribute(this.raised, 'd', line === undefined ? null : pathOf(line));
    setText(this.words, line === undefined ? 'Point at a line, or move with the arrow keys.' : this.wordsOf(line.trial));
  }

  private wordsOf(trial: Trial): string {
    const score = Object.values(trial.values)[0] ?? null;
    const params = Object.entries(trial.params).filter(([name]) => name !== 'family');
    const some = params.slice(0, 4).map(([name, given]) => `${name.split('.').slice(1).join('.')} ${parameter(given)}`);
    return `Trial ${trial.number}: ${this.objective} ${alone(score)}; ${some.join(', ')}${params.length > some.length ? ', …' : ''}`;
  }

  private choose(number: number | null): void {
    if (number !== null) {
      this.requests.select(number);
    }
  }

  private press(event: KeyboardEvent): void {
    const at = this.lines.findIndex(line => line.trial.number === this.active);
    const last = this.lines.length - 1;
    const steps: Readonly<Record<string, number>> = { ArrowUp: at < 0 ? last : at + 1, ArrowRight: at < 0 ? last : at + 1, ArrowDown: at < 0 ? last : at - 1, ArrowLeft: at < 0 ? last : at - 1, Home: 0, End: last };
    const step = steps[event.key];
    if (step !== undefined && last >= 0) {
      this.raise(this.lines[Math.min(last, Math.max(0, step))]?.trial.number ?? null);
    } else if (event.key === 'Enter' || event.key === ' ') {
      this.choose(this.active);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private nearest(event: MouseEvent): number | null {
    const bounds = this.chart.getBoundingClientRect();
    const [x, y] = [event.clientX - bounds.left, event.clientY - bounds.top];
    let found: number | null = null;
    let reach = REACH;
    for (const line of this.lines) {
      const distance = distanceTo(line.points, x, y);
      if (distance <= reach) {
        [found, reach] = [line.trial.number, distance];
      }
    }
    return found;
  }
}

/** How far above or below the point a line passes; infinite beside it. */
function distanceTo(points: Line['points'], x: number, y: number): number {
  for (let index = 1; index < points.length; index += 1) {
    const [from, to] = [points[index - 1], points[index]];
    if (from !== undefined && to !== undefined && x >= from[0] && x <= to[0]) {
      const share = (x - from[0]) / (to[0] - from[0] || 1);
      return Math.abs(from[1] + share * (to[1] - from[1]) - y);
    }
  }
  return Infinity;
}

function pathOf(line: Line): string {
  return line.points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
}

function placeAxis(node: SVGGElement, { axis, x, last }: { axis: Axis; x: number; last: boolean }): void {
  const [line, title, low, high] = [...node.children] as [Element, Element, Element, Element];
  setAttributes(line, { x1: x, x2: x, y1: TOP, y2: BOTTOM });
  setAttributes(title, { x, y: 10, 'text-anchor': 'middle', class: last ? 'aml-axis-title aml-axis-score' : 'aml-axis-title' });
  setText(title, axis.label.length > 20 ? `${axis.label.slice(0, 19)}…` : axis.label);
  setAttributes(high, { x, y: TOP - 7, 'text-anchor': 'middle' });
  setAttributes(low, { x, y: BOTTOM + 12, 'text-anchor': 'middle' });
  setText(high, short(axis.ends[axis.ends.length - 1] ?? ''));
  setText(low, short(axis.ends[0] ?? ''));
}

function short(text: string): string {
  return text.length > 14 ? `${text.slice(0, 13)}…` : text;
}
