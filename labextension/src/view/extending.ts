/** More time, or more trials where these are counted: a button that offers a few amounts in place. */

import type { Command } from '../model/command';
import { button, setLabel } from './controls';
import { el, into, setAttribute, show } from './dom';
import { isSteerable, type Frame, type Requests } from './frame';

interface Amount {
  readonly label: string;
  readonly command: Command;
}

const TIMES: readonly Amount[] = [
  { label: '+1 min', command: { type: 'extend', seconds: 60 } },
  { label: '+5 min', command: { type: 'extend', seconds: 300 } },
  { label: '+15 min', command: { type: 'extend', seconds: 900 } },
  { label: '+1 h', command: { type: 'extend', seconds: 3600 } }
];
const TRIALS: readonly Amount[] = [10, 50, 200].map(trials => ({ label: `+${trials} trials`, command: { type: 'extend', trials } }));

export class Extending {
  readonly element = el('div', 'aml-extend');
  private readonly open = button('More time', null, '', () => this.offer(this.choices.hidden));
  private readonly choices = el('div', 'aml-confirm', null, { role: 'group', 'aria-label': 'How much more' });
  private readonly times: readonly HTMLButtonElement[];
  private readonly trials: readonly HTMLButtonElement[];

  constructor(private readonly requests: Requests) {
    this.times = TIMES.map(amount => this.made(amount));
    this.trials = TRIALS.map(amount => this.made(amount));
    into(this.choices, ...this.times, ...this.trials);
    into(this.element, this.open, this.choices);
    this.offer(false);
    this.element.addEventListener('keydown', event => {
      if (event.key === 'Escape' && !this.choices.hidden) {
        event.stopPropagation();
        this.offer(false);
        this.open.focus();
      }
    });
  }

  update(frame: Frame): void {
    const { budget } = frame.snapshot;
    const counted = budget.seconds === null && budget.trials !== null;
    show(this.element, isSteerable(frame) && (counted || budget.seconds !== null));
    setLabel(this.open, counted ? 'More trials' : 'More time');
    for (const each of this.times) {
      show(each, !counted);
    }
    for (const each of this.trials) {
      show(each, counted);
    }
    for (const each of [this.open, ...this.times, ...this.trials]) {
      setAttribute(each, 'disabled', frame.away);
    }
  }

  private made(amount: Amount): HTMLButtonElement {
    return button(amount.label, null, 'aml-quiet', () => {
      this.requests.send(amount.command);
      this.offer(false);
      this.open.focus();
    });
  }

  private offer(visible: boolean): void {
    show(this.choices, visible);
    setAttribute(this.open, 'aria-expanded', String(visible));
  }
}
