/**
 * The browser's half of the talk with the kernel: hello, snapshot, deltas, ticks, and what to think of silence.
 *
 * Owns no DOM and no timer: whoever owns them calls `beat` about once a second. Refuses to guess: a delta that does not fit
 * leads to another hello, and a silent kernel to a sentence that says so.
 */

import type { Command } from './command';
import { merge } from './merge';
import { FINAL, numberOrNull, readSnapshot, record, type Snapshot } from './schema';

/** A question that only the kernel can answer: the source of a trial. */
export interface Question {
  readonly type: 'source';
  readonly number: number;
}

export type Outgoing = Command | Question | { readonly type: 'hello'; readonly revision: number };

/** Milliseconds of silence after which the kernel counts as away. */
export const SILENCE = 8_000;
/** A timer that comes this late (ms) was held up by the browser: the silence in between says nothing about the kernel. */
const HELD_UP = 4_000;
const FIRST_RETRY = 2_000;
const LAST_RETRY = 16_000;

export class Conversation {
  snapshot: Snapshot | null = null;
  notice: string | null = null;
  away = false;
  /** Counts the kernel's answers to commands, so that a view knows when to give its buttons back. */
  notices = 0;
  /** Sources of trials that were asked for. */
  readonly sources = new Map<number, string>();

  private offset = 0;
  private heard: number;
  private beaten: number;
  private greeted: number;
  private retry = FIRST_RETRY;
  private waiting = true;

  constructor(
    private readonly send: (message: Outgoing) => void,
    now: number
  ) {
    this.heard = this.beaten = this.greeted = now;
  }

  /** Ask for the whole. */
  hello(now: number): void {
    this.waiting = true;
    this.greeted = now;
    this.send({ type: 'hello', revision: this.snapshot?.revision ?? 0 });
  }

  /** Take in one message at `now` (ms). Returns whether there is something new to show. */
  receive(message: unknown, now: number): boolean {
    const given = record(message);
    const wasAway = this.away;
    this.heard = now;
    this.away = false;
    switch (given['type']) {
      case 'snapshot':
        this.take(readSnapshot(given['snapshot']), now);
        return true;
      case 'delta':
        return this.apply(given['delta'], now) || wasAway;
      case 'tick':
        this.setClock(numberOrNull(given['now']), now);
        this.compare(numberOrNull(given['revision']), now);
        return wasAway;
      case 'notice':
        this.notice = typeof given['text'] === 'string' && given['text'] !== '' ? given['text'] : null;
        this.notices += 1;
        return true;
      case 'source':
        return this.keep(numberOrNull(given['number']), given['text']) || wasAway;
      default:
        return wasAway;
    }
  }

  private keep(number: number | null, source: unknown): boolean {
    if (number === null || typeof source !== 'string') {
      return false;
    }
    this.sources.set(number, source);
    return true;
  }

  /** The passing of time at `now` (ms). Returns whether the view has to say something else than before. */
  beat(now: number): boolean {
    if (now - this.beaten > HELD_UP) {
      this.heard += now - this.beaten;
    }
    this.beaten = now;
    if (this.waiting && now - this.greeted >= this.retry) {
      this.retry = Math.min(LAST_RETRY, this.retry * 2);
      this.hello(now);
    }
    const away = !this.isFinal() && now - this.heard >= SILENCE;
    const changed = away !== this.away;
    this.away = away;
    if (changed && away) {
      this.waiting = true;
    }
    return changed;
  }

  /** The experiment's clock, epoch seconds, at `now` (ms): the browser's own clock may be wrong, so only its differences count. */
  clock(now: number): number {
    return now / 1000 + this.offset;
  }

  isFinal(): boolean {
    return this.snapshot !== null && FINAL.has(this.snapshot.state);
  }

  private apply(delta: unknown, now: number): boolean {
    const merged = this.snapshot === null ? null : merge(this.snapshot, delta);
    if (merged === null) {
      if (!this.waiting) {
        this.hello(now);
      }
      return false;
    }
    if (merged === this.snapshot) {
      return false;
    }
    this.take(merged, now);
    return true;
  }

  /** A tick names the kernel's revision: after a lost delta nothing else would tell us. */
  private compare(revision: number | null, now: number): void {
    if (revision !== null && !this.waiting && revision !== this.snapshot?.revision) {
      this.hello(now);
    }
  }

  private take(snapshot: Snapshot, now: number): void {
    this.snapshot = snapshot;
    this.waiting = false;
    this.retry = FIRST_RETRY;
    this.setClock(snapshot.clock.now, now);
  }

  private setClock(epoch: number | null, now: number): void {
    if (epoch !== null) {
      this.offset = epoch - now / 1000;
    }
  }
}
