/** What a learning curve shows: the part of its plane worth looking at, its paths, and how far training is in words. Pure functions over a trial's lines. */

import { alone, headline } from './format';
import { focus, linear, nice, type Domain, type Scale } from './scale';
import type { CurveLine, Epoch, Trial } from './schema';

/** Where the losses of an epoch stand: the one in its steps, and the one on the rows set aside. */
export const TRAINING = 1;
export const VALIDATION = 2;

/** The line to look at: the one that grows, or the last one of a trial that has ended. */
export function latest(curve: readonly CurveLine[]): CurveLine | null {
  return curve[curve.length - 1] ?? null;
}

export function foldName(line: CurveLine): string {
  return line.fold === null ? 'all training rows' : `fold ${line.fold + 1}`;
}

/** The epoch with the least loss on the rows set aside, whose weights are kept; null where none are. */
export function least(line: CurveLine): Epoch | null {
  let found: Epoch | null = null;
  let lowest = Infinity;
  for (const point of line.points) {
    const loss = point[VALIDATION];
    if (loss !== null && loss < lowest) {
      [found, lowest] = [point, loss];
    }
  }
  return found;
}

/** How far a trial that runs is: "epoch 12/60" and "loss 0.4120", the one on rows set aside where it is known. Null where nothing was told of an epoch. */
export function brief(trial: Trial): { readonly epoch: string; readonly loss: string } | null {
  const line = latest(trial.curve);
  const last = line?.points[line.points.length - 1];
  if (trial.state !== 'RUNNING' || line === null || last === undefined) {
    return null;
  }
  const loss = last[VALIDATION] ?? last[TRAINING];
  return { epoch: `epoch ${last[0]}/${line.epochs}`, loss: loss === null ? '' : `loss ${alone(loss)}` };
}

/** The same for who wants all of it: "Fold 2, epoch 12 of at most 60: loss 0.4120 in training, 0.4410 on rows set aside, the least there 0.4400 in epoch 9." */
export function inWords(curve: readonly CurveLine[]): string {
  const line = latest(curve);
  const last = line?.points[line.points.length - 1];
  if (line === null || last === undefined) {
    return '';
  }
  const best = least(line);
  const losses = [
    last[TRAINING] === null ? '' : `loss ${alone(last[TRAINING])} in training`,
    last[VALIDATION] === null ? '' : `${alone(last[VALIDATION])} on rows set aside`,
    best === null ? '' : `the least there ${alone(best[VALIDATION])} in epoch ${best[0]}`
  ].filter(each => each !== '');
  return `${headline(foldName(line))}, epoch ${last[0]} of at most ${line.epochs}: ${losses.length === 0 ? 'no loss was told' : losses.join(', ')}.`;
}

/** Epochs to draw: up to the most that there may be while it runs, up to the last one afterwards. */
export function epochs(curve: readonly CurveLine[], running: boolean): Domain {
  const ends = curve.map(line => (running ? line.epochs : (line.points[line.points.length - 1]?.[0] ?? 1)));
  return [1, Math.max(2, ...ends)];
}

/** A scale of epochs whose ticks are whole numbers. */
export function epochScale(domain: Domain, range: Domain): Scale {
  return linear(domain, range, Math.max(1, Math.min(5, domain[1] - domain[0])));
}

/** Losses to draw, without steep beginnings that would press the rest into one line, and always with what was told last; null when no loss is known. */
export function losses(curve: readonly CurveLine[]): Domain | null {
  const of = (points: readonly Epoch[]): number[] => points.flatMap(([, ...both]) => both).filter(each => each !== null);
  const known = curve.flatMap(line => of(line.points));
  return known.length === 0 ? null : nice(focus(known, 'minimize', of(latest(curve)?.points.slice(-1) ?? [])), 4);
}

/** The path of one loss. An epoch without it leaves a gap, and one that stands alone is a dot. */
export function pathOf(line: CurveLine, loss: typeof TRAINING | typeof VALIDATION, x: Scale, y: Scale): string {
  let d = '';
  let drawing = false;
  for (const point of line.points) {
    const value = point[loss];
    if (value !== null) {
      const at = `${x(point[0]).toFixed(1)} ${y(value).toFixed(1)}`;
      d += drawing ? `L${at}` : `M${at}h0`;
    }
    drawing = value !== null;
  }
  return d;
}
