/**
 * The marks of a chart as few paths: one for each shape and colour and so many trials, drawn anew only where a mark has moved.
 *
 * A node for each of ten thousand marks would cost the browser a layout of ten thousand nodes at every update.
 */

import { Keyed, setAttribute, setClass, svg } from './dom';
import { isFilled, markClass, shapePath, type Shape } from './marks';

export interface Mark {
  readonly number: number;
  readonly x: number;
  readonly y: number;
  readonly shape: Shape;
  readonly slot: number;
}

interface Layer {
  readonly key: number;
  readonly shape: Shape;
  readonly slot: number;
  readonly marks: Mark[];
}

/** Trials of one path: the fewer, the less is drawn anew for a new one. */
const TOGETHER = 500;
/** From the bottom to the top. */
const ORDER: readonly Shape[] = ['pruned', 'below', 'above', 'beyond', 'before', 'infeasible', 'dot', 'front'];

export class Layers {
  private readonly paths: Keyed<Layer, SVGPathElement>;
  private readonly drawn = new WeakMap<SVGPathElement, readonly Mark[]>();

  constructor(parent: Element) {
    this.paths = new Keyed<Layer, SVGPathElement>(
      parent,
      () => svg('path'),
      (node, layer) => this.place(node, layer)
    );
  }

  draw(marks: readonly Mark[]): void {
    const layers = new Map<number, Layer>();
    for (const mark of marks) {
      const slot = isFilled(mark.shape) ? mark.slot : 0;
      const key = (ORDER.indexOf(mark.shape) * 16 + slot) * 1e6 + Math.floor(mark.number / TOGETHER);
      const layer = layers.get(key);
      if (layer === undefined) {
        layers.set(key, { key, shape: mark.shape, slot, marks: [mark] });
      } else {
        layer.marks.push(mark);
      }
    }
    const sorted = [...layers.values()].sort((one, other) => one.key - other.key);
    this.paths.update(sorted, layer => String(layer.key));
  }

  private place(node: SVGPathElement, { shape, slot, marks }: Layer): void {
    if (isSame(this.drawn.get(node), marks)) {
      return;
    }
    this.drawn.set(node, marks);
    setClass(node, markClass(shape, slot));
    setAttribute(node, 'd', marks.map(mark => shapePath(shape, mark.x, mark.y)).join(''));
  }
}

function isSame(before: readonly Mark[] | undefined, marks: readonly Mark[]): boolean {
  return before !== undefined && before.length === marks.length && marks.every((mark, index) => mark.x === before[index]?.x && mark.y === before[index]?.y);
}
