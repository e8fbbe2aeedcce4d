/** The marks of the charts. Each stands for a kind of trial by its shape, so that colour is never the only carrier. */

import { svg } from './dom';

/** As steps from the place of the mark, so that many of them make one path. */
const SHAPES = {
  dot: 'm0-3.6a3.6 3.6 0 1 1 0 7.2a3.6 3.6 0 1 1 0-7.2z',
  front: 'm0-5.6 5.6 5.6-5.6 5.6-5.6-5.6z',
  infeasible: 'm0-3.8 4 7h-8z',
  pruned: 'm-2.8-2.8 5.6 5.6m0-5.6-5.6 5.6',
  below: 'm-3.6-2 3.6 4 3.6-4',
  above: 'm-3.6 2 3.6-4 3.6 4',
  beyond: 'm-2-3.6 4 3.6-4 3.6',
  before: 'm2-3.6-4 3.6 4 3.6'
} as const;

export type Shape = keyof typeof SHAPES;

/** Shapes that are drawn as lines; the others are filled, except that infeasible ones stay hollow. */
const OPEN: ReadonlySet<Shape> = new Set<Shape>(['infeasible', 'pruned', 'below', 'above', 'beyond', 'before']);

export function shapePath(shape: Shape, x = 0, y = 0): string {
  return `M${x.toFixed(1)} ${y.toFixed(1)}${SHAPES[shape]}`;
}

/** Whether a mark of this shape has its family's colour. */
export function isFilled(shape: Shape): boolean {
  return !OPEN.has(shape);
}

export function markClass(shape: Shape, slot: number): string {
  return OPEN.has(shape) ? `aml-mark aml-mark-open aml-mark-${shape}` : `aml-mark aml-mark-${shape} aml-slot-${slot}`;
}

/** A mark for legends, outside any chart. */
export function sample(shape: Shape, slot: number): SVGSVGElement {
  const node = svg('svg', { viewBox: '-7 -7 14 14', class: 'aml-sample', 'aria-hidden': 'true', focusable: 'false' });
  node.append(svg('path', { d: shapePath(shape), class: markClass(shape, slot) }));
  return node;
}

/** A short piece of line for legends. */
export function lineSample(className: string): SVGSVGElement {
  const node = svg('svg', { viewBox: '-9 -7 18 14', class: 'aml-sample aml-sample-line', 'aria-hidden': 'true', focusable: 'false' });
  node.append(svg('path', { d: 'M-8 0H8', class: className }));
  return node;
}
