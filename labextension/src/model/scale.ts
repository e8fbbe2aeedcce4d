/** Axes: nice ticks, linear scales and the part of a value's range that is worth looking at. Pure functions over plain numbers. */

import { fixed } from './format';
import type { Direction } from './schema';

export type Domain = readonly [number, number];

export interface Scale {
  readonly domain: Domain;
  readonly ticks: readonly number[];
  /** Pixel of a value; values outside the domain are held at its edge. */
  (value: number): number;
  label(tick: number): string;
  /** Whether a value lies outside and is therefore shown at the edge. */
  outside(value: number): boolean;
}

/** The step 1, 2 or 5 times a power of ten that gives about `wanted` ticks over the span. */
export function niceStep(span: number, wanted: number): number {
  if (!(span > 0) || !Number.isFinite(span)) {
    return 1;
  }
  const raw = span / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 5, 10].find(each => each * power >= raw * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** The multiples of the nice step inside the domain, both ends included. */
export function ticks(domain: Domain, wanted: number): number[] {
  const [low, high] = domain;
  const step = niceStep(high - low, wanted);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const found: number[] = [];
  for (let index = first; index <= last && found.length < 50; index += 1) {
    found.push(Number((index * step).toPrecision(12)));
  }
  return found;
}

/** A domain widened to whole steps, never empty. */
export function nice(domain: Domain, wanted: number): Domain {
  let [low, high] = domain;
  if (!(high > low)) {
    const room = Math.abs(low) > 0 ? Math.abs(low) * 0.01 : 0.5;
    [low, high] = [low - room, low + room];
  }
  const step = niceStep(high - low, wanted);
  return [Number((Math.floor(low / step + 1e-9) * step).toPrecision(12)), Number((Math.ceil(high / step - 1e-9) * step).toPrecision(12))];
}

export function linear(domain: Domain, range: Domain, wanted: number): Scale {
  const [low, high] = domain;
  const factor = (range[1] - range[0]) / (high - low || 1);
  const step = niceStep(high - low, wanted);
  const places = Math.min(10, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  const scale = (value: number): number => range[0] + (Math.min(high, Math.max(low, value)) - low) * factor;
  return Object.assign(scale, {
    domain,
    ticks: ticks(domain, wanted),
    label: (tick: number) => fixed(tick, places),
    outside: (value: number) => value < low || value > high
  });
}

const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400];

/** The step in seconds that a reader of clocks expects, for about `wanted` ticks. */
export function timeStep(span: number, wanted: number): number {
  return TIME_STEPS.find(each => span / each <= wanted) ?? 86400 * niceStep(span / 86400, wanted);
}

/** A scale of seconds whose ticks are whole seconds, minutes or hours. */
export function timeScale(seconds: number, range: Domain, wanted: number): Scale {
  const span = Math.max(1, seconds);
  const step = timeStep(span, wanted);
  const found: number[] = [];
  for (let tick = 0; tick <= span * (1 + 1e-9); tick += step) {
    found.push(tick);
  }
  return Object.assign(linear([0, span], range, wanted), { ticks: found, label: timeLabel });
}

function timeLabel(seconds: number): string {
  if (seconds < 60 || seconds % 60 !== 0) {
    return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`;
  }
  const minutes = seconds / 60;
  return minutes % 60 === 0 ? `${minutes / 60} h` : minutes < 60 ? `${minutes} m` : `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, '0')}m`;
}

/** The value below which the share `q` of the sorted values lies. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? 0;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}

/**
 * The range of an objective worth looking at: everything that is better than the bad tail. A baseline at 0.5 would otherwise press
 * the race between 0.84 and 0.85 into one line. What falls outside is drawn at the edge, never dropped.
 */
export function focus(values: readonly number[], direction: Direction, always: readonly number[] = []): Domain {
  if (values.length === 0) {
    return always.length === 0 ? [0, 1] : [Math.min(...always), Math.max(...always)];
  }
  const sorted = Float64Array.from(values).sort(); // by value, without a function called for each pair
  let low = sorted[0] ?? 0;
  let high = sorted[sorted.length - 1] ?? 1;
  const lower = quantile(sorted, 0.25);
  const upper = quantile(sorted, 0.75);
  const room = Math.max((upper - lower) * 2.5, (high - low) * 1e-3);
  if (direction === 'maximize') {
    low = Math.max(low, lower - room);
  } else {
    high = Math.min(high, upper + room);
  }
  for (const value of always) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const pad = (high - low) * 0.06;
  // No axis below zero for what is never negative, none above one for what never exceeds it.
  return [low >= 0 ? Math.max(0, low - pad) : low - pad, high <= 1 ? Math.min(1, high + pad) : high + pad];
}
