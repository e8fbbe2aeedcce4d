/**
 * The view of one experiment, the same for the live widget and for the saved output.
 *
 * Owns the arrangement of the sections, the chosen trial and the moment of drawing: updates that come faster than the screen are
 * drawn once per frame, and nothing is drawn while the page is hidden.
 */

import { pythonLine, type Command } from '../model/command';
import type { Question } from '../model/conversation';
import { trialOf } from '../model/rank';
import type { Snapshot } from '../model/schema';
import { Details } from './details';
import { el, into, setText, show } from './dom';
import { Drawer } from './drawer';
import { Families } from './families';
import type { Frame, Requests, Section } from './frame';
import { Front } from './front';
import { Header } from './header';
import { History } from './history';
import { Importances } from './importances';
import { Leaderboard } from './leaderboard';
import { Notices } from './notices';
import { Phases } from './phases';
import { Result } from './result';
import { Tiles } from './tiles';

/** Pixels from which the chosen trial stands beside the leaderboard; the style sheet's container query says the same. */
const WIDE = 960;

/** What the reader had in front of him, to be handed from a live view to the saved one that takes its place. */
export interface Looking {
  readonly selected: number | null;
  readonly all: boolean;
}

export interface Situation {
  readonly snapshot: Snapshot;
  readonly now: number;
  readonly away: boolean;
  readonly notice: string | null;
  readonly answers: number;
  readonly sources: ReadonlyMap<number, string>;
}

export class RunView {
  readonly element = el('article', 'aml-view', null, { 'data-lm-suppress-shortcuts': 'true' });
  private readonly header: Header;
  private readonly notices = new Notices();
  private readonly drawer: Drawer;
  private readonly board: Leaderboard;
  private readonly sections: readonly Section[];
  private readonly waiting = el('p', 'aml-waiting');
  private readonly body = el('div', 'aml-body');
  private readonly lower: HTMLElement;
  private readonly size: ResizeObserver;
  private situation: Situation | null = null;
  private selected: number | null = null;
  private drawing = 0;
  private onPlaced: (() => void) | null = null;

  constructor(
    private readonly live: boolean,
    send: (asked: Command | Question) => void
  ) {
    const requests: Requests = {
      select: number => this.select(number),
      ask: send,
      send: command => {
        this.notices.done(this.situation === null ? '' : pythonLine(this.situation.snapshot.name, command));
        send(command);
        this.schedule();
      }
    };
    this.header = new Header(requests, live);
    this.drawer = new Drawer(requests);
    this.board = new Leaderboard(requests, this.drawer.element);
    const [phases, tiles, result, history, front, families, importances, details] = [
      new Phases(),
      new Tiles(requests),
      new Result(requests),
      new History(requests),
      new Front(requests),
      new Families(requests),
      new Importances(requests),
      new Details()
    ];
    this.sections = [this.header, phases, tiles, result, history, front, families, importances, this.board, this.drawer, details];
    const charts = into(el('div', 'aml-charts'), history.element, front.element);
    this.lower = into(el('div', 'aml-lower'), this.board.element, this.drawer.element);
    into(this.body, this.header.element, phases.element, this.notices.element, result.element, tiles.element, charts, families.element, importances.element, this.lower, details.element);
    into(this.element, this.waiting, this.body);
    this.body.hidden = true;
    this.size = new ResizeObserver(() => {
      this.onPlaced?.();
      this.draw();
    });
    this.size.observe(this.element);
    document.addEventListener('visibilitychange', this.onVisible);
  }

  /** Call back whenever the view is laid out anew, the first time when it is put on the page. */
  whenPlaced(action: () => void): void {
    this.onPlaced = action;
  }

  /** Say something before there is anything to show. */
  wait(text: string): void {
    setText(this.waiting, text);
  }

  update(situation: Situation): void {
    this.situation = situation;
    this.schedule();
  }

  get looking(): Looking {
    return { selected: this.selected, all: this.board.all };
  }

  look({ selected, all }: Looking): void {
    this.selected = selected;
    this.board.all = all;
    this.schedule();
  }

  dispose(): void {
    this.size.disconnect();
    document.removeEventListener('visibilitychange', this.onVisible);
    cancelAnimationFrame(this.drawing);
    this.element.remove();
  }

  private select(number: number | null): void {
    this.selected = number;
    this.draw();
    if (number !== null && this.element.querySelector(':focus-visible') !== null) {
      this.drawer.focus();
    }
  }

  private schedule(): void {
    if (this.drawing === 0) {
      this.drawing = requestAnimationFrame(() => {
        this.drawing = 0;
        this.draw();
      });
    }
  }

  private readonly onVisible = (): void => {
    if (!document.hidden) {
      this.schedule();
    }
  };

  private draw(): void {
    show(this.waiting, this.situation === null);
    show(this.body, this.situation !== null);
    if (this.situation === null || document.hidden) {
      return;
    }
    const { snapshot, now, away, answers, notice, sources } = this.situation;
    const selected = trialOf(snapshot, this.selected)?.number ?? null;
    const frame: Frame = { snapshot, now, away, answers, sources, selected, live: this.live, wide: this.element.clientWidth >= WIDE };
    this.lower.classList.toggle('aml-lower-open', selected !== null);
    if (frame.wide && this.drawer.element.parentElement !== this.lower) {
      this.lower.append(this.drawer.element);
    }
    this.body.classList.toggle('aml-body-bare', snapshot.state === 'FAILED' && snapshot.trials.length === 0);
    this.notices.update(frame, notice);
    for (const section of this.sections) {
      section.update(frame);
    }
  }
}
