/** The learning curve of the chosen trial: a solid and a dashed line for each fold, the latest drawn strongly, and what they say in words. */

import { epochs, epochScale, foldName, inWords, latest, least, losses, pathOf, TRAINING, VALIDATION } from '../model/curve';
import { linear } from '../model/scale';
import type { CurveLine, Trial } from '../model/schema';
import { Axes } from './axes';
import { el, into, Keyed, setAttribute, setAttributes, setText, show, svg } from './dom';
import { lineSample } from './marks';

const HEIGHT = 180;

interface Drawn {
  readonly training: string;
  readonly validation: string;
  readonly strong: boolean;
}

export class Curve {
  readonly element = el('div', 'aml-curve');
  private readonly chart = svg('svg', { class: 'aml-chart', height: HEIGHT, role: 'img' });
  private readonly axes = new Axes(HEIGHT);
  private readonly lines: Keyed<Drawn, SVGGElement>;
  private readonly least = svg('circle', { r: 3.6, class: 'aml-curve-least' });
  private readonly words = el('p', 'aml-curve-words');
  private readonly now = el('span');
  private readonly others = into(el('span', 'aml-legend-item'), lineSample('aml-curve-line'), 'other folds');
  private readonly kept = into(el('span', 'aml-legend-item'), leastSample(), 'least, whose weights are kept');
  private drawn: readonly CurveLine[] | null = null;
  private drawnFor = '';

  constructor() {
    const lines = svg('g');
    into(this.chart, this.axes.grid, lines, this.axes.titles, this.least);
    this.lines = new Keyed<Drawn, SVGGElement>(
      lines,
      () => into(svg('g'), svg('path'), svg('path')),
      (node, { training, validation, strong }) => {
        const [dashed, solid] = [node.firstElementChild as Element, node.lastElementChild as Element];
        const weight = strong ? 'aml-curve-line aml-curve-strong' : 'aml-curve-line';
        setAttributes(dashed, { d: training, class: `${weight} aml-curve-training` });
        setAttributes(solid, { d: validation, class: `${weight} aml-curve-validation` });
      }
    );
    const legend = into(
      el('div', 'aml-legend'),
      into(el('span', 'aml-legend-item'), lineSample('aml-curve-line aml-curve-strong aml-curve-validation'), 'loss on rows set aside'),
      into(el('span', 'aml-legend-item'), lineSample('aml-curve-line aml-curve-strong aml-curve-training'), 'loss in training'),
      into(el('span', 'aml-legend-item'), lineSample('aml-curve-line aml-curve-strong'), this.now),
      this.others,
      this.kept
    );
    into(this.element, el('h5', 'aml-subheading', 'Learning curve'), legend, this.chart, this.words);
  }

  update(trial: Trial): void {
    const line = latest(trial.curve);
    show(this.element, line !== null);
    const width = line === null ? 0 : Math.floor(this.element.clientWidth);
    const drawnFor = `${trial.number} ${trial.state} ${width}`;
    if (line === null || width === 0 || (trial.curve === this.drawn && drawnFor === this.drawnFor)) {
      return;
    }
    [this.drawn, this.drawnFor] = [trial.curve, drawnFor];
    const running = trial.state === 'RUNNING';
    setText(this.now, running ? `${foldName(line)}, now` : foldName(line));
    show(this.others, trial.curve.length > 1);
    const told = inWords(trial.curve);
    setText(this.words, told);
    setAttribute(this.chart, 'aria-label', `Learning curve of trial ${trial.number}. ${told}`);
    this.draw(trial.curve, line, running, width);
  }

  private draw(curve: readonly CurveLine[], line: CurveLine, running: boolean, width: number): void {
    const plane = losses(curve) ?? [0, 1];
    const labels = linear(plane, [0, 1], 4);
    const box = this.axes.layOut(width, labels.ticks.map(tick => labels.label(tick)));
    const x = epochScale(epochs(curve, running), [box.left, box.right]);
    const y = linear(plane, [box.bottom, box.top], 4);
    this.axes.draw(x, y, 'Epoch', 'Loss · lower is better');
    this.lines.update(
      curve.map(each => ({ training: pathOf(each, TRAINING, x, y), validation: pathOf(each, VALIDATION, x, y), strong: each === line })),
      (_, index) => String(index)
    );
    const best = least(line);
    show(this.kept, best !== null);
    setAttributes(this.least, best === null ? { visibility: 'hidden' } : { visibility: null, cx: x(best[0]).toFixed(1), cy: y(best[VALIDATION] ?? 0).toFixed(1) });
  }
}

function leastSample(): SVGSVGElement {
  const node = svg('svg', { viewBox: '-7 -7 14 14', class: 'aml-sample', 'aria-hidden': 'true', focusable: 'false' });
  return into(node, svg('circle', { r: 3.6, class: 'aml-curve-least' }));
}
