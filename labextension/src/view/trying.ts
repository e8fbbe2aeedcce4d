/** A configuration by hand: the parameters of the chosen trial to be changed, and tried next. Whether they make sense the kernel says. */

import { meant } from '../model/command';
import type { Trial } from '../model/schema';
import { button } from './controls';
import { el, into, setAttribute, show } from './dom';
import { isSteerable, type Frame, type Requests } from './frame';

export class Trying {
  readonly element = el('div', 'aml-trying');
  /** Stands among the other actions, apart from what it opens. */
  readonly open = button('Try other values', null, 'aml-small', () => this.offer(this.form.hidden));
  private readonly form = el('form', 'aml-trying-form', null, { 'aria-label': 'A configuration to be tried next' });
  private readonly fields = el('div', 'aml-trying-fields');
  private readonly apply = el('button', 'aml-button aml-small', 'Try it next', { type: 'submit' });
  private trial: Trial | null = null;

  constructor(private readonly requests: Requests) {
    into(this.form, this.fields, this.apply);
    into(this.element, this.form);
    this.form.hidden = true;
    this.form.addEventListener('submit', event => {
      event.preventDefault();
      this.send();
    });
    this.form.addEventListener('keydown', event => {
      event.stopPropagation();
      if (event.key === 'Escape') {
        this.offer(false);
        this.open.focus();
      }
    });
  }

  update(frame: Frame, trial: Trial): void {
    const able = isSteerable(frame) && trial.origin !== 'ensemble' && namesOf(trial).length > 0;
    if (trial.number !== this.trial?.number || !able) {
      this.offer(false);
    }
    this.trial = trial;
    show(this.element, able && !this.form.hidden);
    show(this.open, able);
    setAttribute(this.open, 'disabled', frame.away);
    setAttribute(this.apply, 'disabled', frame.away);
  }

  private offer(visible: boolean): void {
    show(this.form, visible);
    show(this.element, visible);
    setAttribute(this.open, 'aria-expanded', String(visible));
    if (visible && this.trial !== null) {
      const { family, params } = this.trial;
      const inputs = namesOf(this.trial).map(name => {
        const label = name.startsWith(`${family}.`) ? name.slice(family.length + 1) : name;
        return into(el('label', 'aml-trying-field'), el('span', '', label), el('input', 'aml-trying-value', null, { value: shown(params[name]), 'data-name': name, spellcheck: 'false', autocomplete: 'off' }));
      });
      this.fields.replaceChildren(...inputs);
      this.fields.querySelector('input')?.focus();
    }
  }

  private send(): void {
    const { trial } = this;
    if (trial === null) {
      return;
    }
    const given = [...this.fields.querySelectorAll('input')].map(input => {
      const name = input.dataset['name'] ?? '';
      return [name, meant(input.value, trial.params[name])] as const;
    });
    this.requests.send({ type: 'enqueue', params: { family: trial.family, ...Object.fromEntries(given) } });
    this.offer(false);
    this.open.focus();
  }
}

function namesOf(trial: Trial): string[] {
  return Object.keys(trial.params).filter(name => name !== 'family');
}

function shown(value: unknown): string {
  return value === null || value === undefined ? 'None' : String(value);
}
