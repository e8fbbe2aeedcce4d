/**
 * One chart: axes, marks, lines, a tooltip, and a way through the marks for mouse and keyboard.
 *
 * The chart is a single tab stop; arrow keys walk from mark to mark, Enter chooses the trial. Text keeps its size whatever the width.
 */

import type { Scale } from '../model/scale';
import { el, into, Keyed, setAttribute, setAttributes, setText, svg } from './dom';
import { Layers, type Mark } from './layers';

export interface Point extends Mark {
  /** What its tip says, the title first: asked for when it is pointed at, since thousands are drawn and one is read. */
  readonly tell: () => readonly string[];
}

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

interface Tick {
  readonly at: number;
  readonly text: string;
}

const HEIGHT = 216;
const REACH = 22;
const CHARACTER = 6.6;

export class Plot {
  readonly element: HTMLElement;
  readonly legend = el('div', 'aml-legend');
  private readonly chart: SVGSVGElement;
  private readonly empty = el('div', 'aml-empty');
  private readonly tip = el('div', 'aml-tip', null, { 'aria-hidden': 'true' });
  private readonly spoken = el('span', 'aml-spoken', null, { role: 'status', 'aria-live': 'polite' });
  private readonly xTitle = svg('text', { class: 'aml-axis-title', 'text-anchor': 'end' });
  private readonly yTitle = svg('text', { class: 'aml-axis-title', x: 0, y: 11 });
  private readonly xTicks: Keyed<Tick, SVGGElement>;
  private readonly yTicks: Keyed<Tick, SVGGElement>;
  private readonly marks: Layers;
  private readonly shapes = new Map<string, SVGPathElement>();
  private readonly under = svg('g');
  private readonly ringChosen = svg('circle', { r: 8, class: 'aml-ring aml-ring-chosen' });
  private readonly ringActive = svg('circle', { r: 8, class: 'aml-ring' });
  private points: readonly Point[] = [];
  private active: number | null = null;
  private chosen: number | null = null;
  private measured = 0;
  private box: Box = { left: 40, right: 300, top: 22, bottom: HEIGHT - 34 };

  constructor(
    title: string,
    private readonly select: (number: number) => void
  ) {
    this.chart = svg('svg', { class: 'aml-chart', height: HEIGHT, tabindex: 0, role: 'group', 'aria-roledescription': 'chart', 'aria-label': `${title}; arrow keys walk through the trials` });
    const grid = svg('g');
    const marks = svg('g');
    this.chart.append(grid, this.under, this.xTitle, this.yTitle, marks, this.ringChosen, this.ringActive);
    const area = into(el('div', 'aml-plot-area'), this.chart, this.empty, this.tip, this.spoken);
    this.element = into(el('section', 'aml-plot', null, { 'aria-label': title }), into(el('div', 'aml-plot-head'), el('h4', 'aml-heading', title), this.legend), area);
    this.xTicks = new Keyed<Tick, SVGGElement>(grid.appendChild(svg('g')), tickNode, (node, tick) => this.placeX(node, tick));
    this.yTicks = new Keyed<Tick, SVGGElement>(grid.appendChild(svg('g')), tickNode, (node, tick) => this.placeY(node, tick));
    this.marks = new Layers(marks);
    new ResizeObserver(() => {
      this.measured = this.chart.clientWidth;
    }).observe(this.chart);
    this.listen();
  }

  /** The width to draw in; zero while the view is not laid out. */
  get width(): number {
    // Asked of the page only as long as nobody has told: the answer needs all of it laid out anew, in the middle of an update.
    this.measured ||= Math.floor(this.chart.clientWidth || this.chart.parentElement?.clientWidth || 0);
    return this.measured;
  }

  /** Lay the box out for the widest of the labels and give it back, in pixels. */
  layOut(yLabels: readonly string[]): Box {
    const longest = Math.max(3, ...yLabels.map(label => label.length));
    this.box = { left: Math.ceil(longest * CHARACTER) + 10, right: Math.max(120, this.width - 12), top: 24, bottom: HEIGHT - 38 };
    return this.box;
  }

  /** Draw both axes; a scale that is null has nothing to measure yet and gets no ticks. */
  drawAxes(x: Scale | null, y: Scale | null, xTitle: string, yTitle: string): void {
    this.xTicks.update(
      (x?.ticks ?? []).map(tick => ({ at: x?.(tick) ?? 0, text: x?.label(tick) ?? '' })),
      tick => tick.text
    );
    this.yTicks.update(
      (y?.ticks ?? []).map(tick => ({ at: y?.(tick) ?? 0, text: y?.label(tick) ?? '' })),
      tick => tick.text
    );
    setText(this.xTitle, xTitle);
    setText(this.yTitle, yTitle);
    setAttributes(this.xTitle, { x: this.box.right, y: HEIGHT - 4 });
  }

  /** A line or area under the marks, kept by its name; an empty path hides it. */
  drawPath(name: string, d: string): void {
    let path = this.shapes.get(name);
    if (path === undefined) {
      path = this.under.appendChild(svg('path', { class: `aml-path-${name}` }));
      this.shapes.set(name, path);
    }
    setAttribute(path, 'd', d === '' ? null : d);
  }

  drawMarks(points: readonly Point[], chosen: number | null): void {
    this.points = points;
    this.chosen = chosen;
    this.marks.draw(points);
    this.ring(this.ringChosen, this.chosen);
    this.activate(this.active, false);
  }

  /** Say why there is nothing to see yet, or take that away with an empty text. */
  say(text: string): void {
    setText(this.empty, text);
    this.empty.hidden = text === '';
  }

  private placeX(node: SVGGElement, tick: Tick): void {
    const x = Math.round(tick.at) + 0.5;
    setAttributes(node.firstElementChild as Element, { x1: x, x2: x, y1: this.box.top, y2: this.box.bottom });
    const label = node.lastElementChild as Element;
    const half = (tick.text.length * CHARACTER) / 2;
    setAttributes(label, { x: Math.min(x, this.box.right + 10 - half), y: this.box.bottom + 15, 'text-anchor': 'middle' });
    setText(label, tick.text);
  }

  private placeY(node: SVGGElement, tick: Tick): void {
    const y = Math.round(tick.at) + 0.5;
    setAttributes(node.firstElementChild as Element, { x1: this.box.left, x2: this.box.right, y1: y, y2: y });
    const label = node.lastElementChild as Element;
    setAttributes(label, { x: this.box.left - 6, y: y + 3.5, 'text-anchor': 'end' });
    setText(label, tick.text);
  }

  private listen(): void {
    this.chart.addEventListener('pointermove', event => this.activate(this.nearest(event), false));
    this.chart.addEventListener('pointerleave', () => this.activate(null, false));
    this.chart.addEventListener('blur', () => this.activate(null, false));
    this.chart.addEventListener('click', event => {
      const number = this.nearest(event);
      if (number !== null) {
        this.select(number);
      }
    });
    this.chart.addEventListener('keydown', event => this.press(event));
  }

  private nearest(event: MouseEvent): number | null {
    const bounds = this.chart.getBoundingClientRect();
    const [x, y] = [event.clientX - bounds.left, event.clientY - bounds.top];
    let found: number | null = null;
    let reach = REACH * REACH;
    for (const point of this.points) {
      const distance = (point.x - x) ** 2 + (point.y - y) ** 2;
      if (distance < reach) {
        [found, reach] = [point.number, distance];
      }
    }
    return found;
  }

  private press(event: KeyboardEvent): void {
    const order = [...this.points].sort((one, other) => one.x - other.x || one.number - other.number);
    const at = order.findIndex(point => point.number === this.active);
    const steps: Readonly<Record<string, number>> = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at < 0 ? order.length - 1 : at - 1, ArrowUp: at < 0 ? order.length - 1 : at - 1, Home: 0, End: order.length - 1 };
    const step = steps[event.key];
    if (step !== undefined && order.length > 0) {
      const next = order[Math.min(order.length - 1, Math.max(0, step))];
      this.activate(next?.number ?? null, true);
    } else if ((event.key === 'Enter' || event.key === ' ') && this.active !== null) {
      this.select(this.active);
    } else if (event.key === 'Escape' && this.active !== null) {
      this.activate(null, true);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private activate(number: number | null, aloud: boolean): void {
    const point = number === null ? undefined : this.points.find(each => each.number === number);
    this.active = point?.number ?? null;
    this.ring(this.ringActive, this.active);
    this.chart.classList.toggle('aml-chart-pointing', point !== undefined);
    this.tip.classList.toggle('aml-tip-shown', point !== undefined);
    if (point === undefined) {
      return;
    }
    const lines = point.tell();
    while (this.tip.childElementCount < lines.length) {
      this.tip.append(el('div'));
    }
    [...this.tip.children].forEach((node, index) => setText(node, lines[index] ?? ''));
    if (aloud) {
      setText(this.spoken, lines.join(', '));
    }
    const room = this.box.right - point.x;
    const wide = this.tip.offsetWidth;
    const left = room > wide + 16 ? point.x + 12 : point.x - wide - 12;
    const top = Math.min(Math.max(0, point.y - this.tip.offsetHeight / 2), HEIGHT - this.tip.offsetHeight);
    this.tip.style.transform = `translate(${Math.round(Math.max(0, left))}px, ${Math.round(top)}px)`;
  }

  private ring(ring: SVGCircleElement, number: number | null): void {
    const point = number === null ? undefined : this.points.find(each => each.number === number);
    setAttributes(ring, point === undefined ? { visibility: 'hidden' } : { visibility: null, cx: point.x.toFixed(1), cy: point.y.toFixed(1) });
  }
}

function tickNode(): SVGGElement {
  const node = svg('g', { class: 'aml-tick' });
  node.append(svg('line'), svg('text'));
  return node;
}
