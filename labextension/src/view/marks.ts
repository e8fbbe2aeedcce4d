/** The marks of the charts. Each stands for a kind of trial by its shape, so that colour is never the only carrier. */

import { svg } from './dom';

const SHAPES = {
  dot: 'M0-3.6A3.6 3.6 0 1 1 0 3.6A3.6 3.6 0 1 1 0-3.6Z',
  front: 'M0-5.6 5.6 0 0 5.6-5.6 0Z',
  infeasible: 'M0-3.8 4 3.2H-4Z',
  pruned: 'M-2.8-2.8 2.8 2.8M2.8-2.8-2.8 2.8',
  below: 'M-3.6-2 0 2 3.6-2',
  above: 'M-3.6 2 0-2 3.6 2',
  beyond: 'M-2-3.6 2 0-2 3.6',
  before: 'M2-3.6-2 0 2 3.6'
} as const;

export type Shape = keyof typeof SHAPES;

/** Shapes that are drawn as lines; the others are filled, except that infeasible ones stay hollow. */
const OPEN: ReadonlySet<Shape> = new Set<Shape>(['infeasible', 'pruned', 'below', 'above', 'beyond', 'before']);

export function shapePath(shape: Shape): string {
  return SHAPES[shape];
}

export function markClass(shape: Shape, slot: number): string {
  return OPEN.has(shape) ? `aml-mark aml-mark-open aml-mark-${shape}` : `aml-mark aml-mark-${shape} aml-slot-${slot}`;
}

/** A mark for legends, outside any chart. */
export function sample(shape: Shape, slot: number): SVGSVGElement {
  const node = svg('svg', { viewBox: '-7 -7 14 14', class: 'aml-sample', 'aria-hidden': 'true', focusable: 'false' });
  node.append(svg('path', { d: SHAPES[shape], class: markClass(shape, slot) }));
  return node;
}

/** A short piece of line for legends. */
export function lineSample(className: string): SVGSVGElement {
  const node = svg('svg', { viewBox: '-9 -7 18 14', class: 'aml-sample aml-sample-line', 'aria-hidden': 'true', focusable: 'false' });
  node.append(svg('path', { d: 'M-8 0H8', class: className }));
  return node;
}
