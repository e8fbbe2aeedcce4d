/**
 * One chart: axes, marks, lines, a tooltip, and a way through the marks for mouse and keyboard.
 *
 * The chart is a single tab stop; arrow keys walk from mark to mark, Enter chooses the trial.
 */

import type { Scale } from '../model/scale';
import { Axes, type Box } from './axes';
import { el, into, setAttribute, setAttributes, setText, svg } from './dom';
import { Layers, type Mark } from './layers';

export interface Point extends Mark {
  /** What its tip says, the title first: asked for when it is pointed at, since thousands are drawn and one is read. */
  readonly tell: () => readonly string[];
}

const HEIGHT = 216;
const REACH = 22;

export class Plot {
  readonly element: HTMLElement;
  readonly legend = el('div', 'aml-legend');
  private readonly chart: SVGSVGElement;
  private readonly empty = el('div', 'aml-empty');
  private readonly tip = el('div', 'aml-tip', null, { 'aria-hidden': 'true' });
  private readonly spoken = el('span', 'aml-spoken', null, { role: 'status', 'aria-live': 'polite' });
  private readonly axes = new Axes(HEIGHT);
  private readonly marks: Layers;
  private readonly shapes = new Map<string, SVGPathElement>();
  private readonly under = svg('g');
  private readonly ringChosen = svg('circle', { r: 8, class: 'aml-ring aml-ring-chosen' });
  private readonly ringActive = svg('circle', { r: 8, class: 'aml-ring' });
  private points: readonly Point[] = [];
  private active: number | null = null;
  private chosen: number | null = null;
  private measured = 0;

  constructor(
    title: string,
    private readonly select: (number: number) => void
  ) {
    this.chart = svg('svg', { class: 'aml-chart', height: HEIGHT, tabindex: 0, role: 'group', 'aria-roledescription': 'chart', 'aria-label': `${title}; arrow keys walk through the trials` });
    const marks = svg('g');
    this.chart.append(this.axes.grid, this.under, this.axes.titles, marks, this.ringChosen, this.ringActive);
    const area = into(el('div', 'aml-plot-area'), this.chart, this.empty, this.tip, this.spoken);
    this.element = into(el('section', 'aml-plot', null, { 'aria-label': title }), into(el('div', 'aml-plot-head'), el('h4', 'aml-heading', title), this.legend), area);
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
    return this.axes.layOut(this.width, yLabels);
  }

  /** Draw both axes; a scale that is null has nothing to measure yet and gets no ticks. */
  drawAxes(x: Scale | null, y: Scale | null, xTitle: string, yTitle: string): void {
    this.axes.draw(x, y, xTitle, yTitle);
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
    const room = this.axes.box.right - point.x;
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
