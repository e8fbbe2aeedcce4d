/** Pause, resume and stop. Stopping asks once more, in place; while the kernel has not answered the buttons say what is under way. */

import { FINAL, type RunState } from '../model/schema';
import { el, into, setAttribute, setText, show } from './dom';
import type { Frame, Requests } from './frame';
import { icon, setIcon, type IconName } from './icons';

/** Milliseconds after which a command without an answer gives the buttons back. */
const PATIENCE = 20_000;

type Pending = 'pause' | 'resume' | 'stop';

export function button(label: string, iconName: IconName | null, className: string, action: () => void): HTMLButtonElement {
  const node = el('button', `aml-button ${className}`, null, { type: 'button' });
  if (iconName !== null) {
    node.append(icon(iconName));
  }
  node.append(el('span', 'aml-button-label', label));
  node.addEventListener('click', event => {
    event.stopPropagation();
    action();
  });
  return node;
}

export function setLabel(node: HTMLButtonElement, label: string, iconName: IconName | null = null): void {
  setText(node.lastElementChild as Element, label);
  if (iconName !== null) {
    setIcon(node.firstElementChild as SVGSVGElement, iconName);
  }
}

export class Controls {
  readonly element = el('div', 'aml-controls', null, { role: 'group', 'aria-label': 'Steer the search' });
  private readonly hold = button('Pause', 'paused', '', () => this.toggle());
  private readonly stop = button('Stop and keep the best', 'stopped', '', () => this.ask(true));
  private readonly confirm = el('div', 'aml-confirm', null, { role: 'group', 'aria-label': 'Confirm stopping' });
  private readonly question = el('span', 'aml-confirm-text');
  private readonly goOn = button('Go on', null, 'aml-quiet', () => this.ask(false));
  private readonly stopNow = button('Stop now', 'stopped', 'aml-danger', () => this.send('stop'));
  private state: RunState = 'QUEUED';
  private pending: Pending | null = null;
  private pendingFrom: RunState = 'QUEUED';
  private answers = 0;
  private timer = 0;
  private asking = false;
  private last: Frame | null = null;

  constructor(private readonly requests: Requests) {
    into(this.confirm, this.question, this.stopNow, this.goOn);
    into(this.element, this.hold, this.stop, this.confirm);
    this.confirm.hidden = true;
    this.element.addEventListener('keydown', event => {
      if (event.key === 'Escape' && this.asking) {
        event.stopPropagation();
        this.ask(false);
      }
    });
  }

  update(frame: Frame): void {
    this.last = frame;
    this.state = frame.snapshot.state;
    if (this.pending !== null && (this.state !== this.pendingFrom || frame.answers !== this.answers || frame.snapshot.phase === 'refitting')) {
      this.pending = null;
      window.clearTimeout(this.timer);
    }
    const over = FINAL.has(this.state);
    show(this.element, !over);
    const paused = this.state === 'PAUSED';
    const unable = frame.away || this.pending !== null;
    const stopping = this.pending === 'stop' || frame.snapshot.phase === 'refitting';
    setLabel(this.hold, this.pending === 'pause' ? 'Pausing…' : this.pending === 'resume' ? 'Resuming…' : paused ? 'Resume' : 'Pause', paused ? 'play' : 'paused');
    setLabel(this.stop, stopping ? (this.pending === 'stop' ? 'Stopping…' : 'Finishing…') : 'Stop and keep the best');
    setAttribute(this.hold, 'disabled', unable || stopping || this.state === 'QUEUED');
    setAttribute(this.stop, 'disabled', unable || stopping);
    setAttribute(this.stopNow, 'disabled', unable);
    const usable = frame.snapshot.usable;
    setText(this.question, usable === null ? 'Stop now? There is no model yet.' : `Stop now and keep trial ${usable}?`);
    if (stopping || over) {
      this.asking = false;
    }
    show(this.hold, !this.asking);
    show(this.stop, !this.asking);
    show(this.confirm, this.asking);
  }

  private toggle(): void {
    this.send(this.state === 'PAUSED' ? 'resume' : 'pause');
  }

  private ask(asking: boolean): void {
    this.asking = asking;
    this.redraw();
    (asking ? this.goOn : this.stop).focus();
  }

  private send(command: Pending): void {
    this.pending = command;
    this.pendingFrom = this.state;
    this.answers = this.last?.answers ?? 0;
    this.asking = false;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.settle(), PATIENCE);
    this.requests.send({ type: command });
    this.redraw();
  }

  private settle(): void {
    this.pending = null;
    this.redraw();
  }

  private redraw(): void {
    if (this.last !== null) {
      this.update(this.last);
    }
  }
}
