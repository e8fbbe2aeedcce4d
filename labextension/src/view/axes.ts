/** The two axes of a chart: ticks with their labels and lines, and what is measured. Text keeps its size whatever the width. */

import type { Scale } from '../model/scale';
import { Keyed, setAttributes, setText, svg } from './dom';

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

const CHARACTER = 6.6;

export class Axes {
  /** Lines and labels: they belong under everything else. */
  readonly grid = svg('g');
  readonly titles = svg('g');
  box: Box;
  private readonly xTitle = svg('text', { class: 'aml-axis-title', 'text-anchor': 'end' });
  private readonly yTitle = svg('text', { class: 'aml-axis-title', x: 0, y: 11 });
  private readonly xTicks: Keyed<Tick, SVGGElement>;
  private readonly yTicks: Keyed<Tick, SVGGElement>;

  constructor(private readonly height: number) {
    this.box = { left: 40, right: 300, top: 22, bottom: height - 34 };
    this.titles.append(this.xTitle, this.yTitle);
    this.xTicks = new Keyed<Tick, SVGGElement>(this.grid.appendChild(svg('g')), tickNode, (node, tick) => this.placeX(node, tick));
    this.yTicks = new Keyed<Tick, SVGGElement>(this.grid.appendChild(svg('g')), tickNode, (node, tick) => this.placeY(node, tick));
  }

  /** Lay the box out for the width and the widest of the labels and give it back, in pixels. */
  layOut(width: number, yLabels: readonly string[]): Box {
    const longest = Math.max(3, ...yLabels.map(label => label.length));
    this.box = { left: Math.ceil(longest * CHARACTER) + 10, right: Math.max(120, width - 12), top: 24, bottom: this.height - 38 };
    return this.box;
  }

  /** Draw both; a scale that is null has nothing to measure yet and gets no ticks. */
  draw(x: Scale | null, y: Scale | null, xTitle: string, yTitle: string): void {
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
    setAttributes(this.xTitle, { x: this.box.right, y: this.height - 4 });
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
}

function tickNode(): SVGGElement {
  const node = svg('g', { class: 'aml-tick' });
  node.append(svg('line'), svg('text'));
  return node;
}
