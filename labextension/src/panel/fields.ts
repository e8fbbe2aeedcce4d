/** The fields of the panel's form: a label, a control, and the place where its error is said. Owns when a control may be changed under the user. */

import type { Path } from '../model/drafting';
import { el, into, setAttribute, setText, show } from '../view/dom';

/** Milliseconds that somebody may think between two keys. */
const PAUSE = 200;

export interface Option {
  readonly value: string;
  readonly text: string;
  readonly disabled?: boolean;
}

let made = 0;

function identifier(): string {
  made += 1;
  return `aml-field-${made}`;
}

/** One labelled control. `change` is called with what the user chose or wrote, text fields after a short pause. */
export abstract class Field<C extends HTMLInputElement | HTMLSelectElement> {
  readonly element = el('div', 'aml-field');
  private readonly label = el('label', 'aml-label');
  private readonly error = el('p', 'aml-field-error');

  protected constructor(
    readonly path: Path,
    label: string,
    readonly control: C
  ) {
    const id = identifier();
    setText(this.label, label);
    setAttribute(this.label, 'for', id);
    setAttribute(control, 'id', id);
    setAttribute(control, 'data-key', path.join('.'));
    setAttribute(this.error, 'id', `${id}-error`);
    into(this.element, this.label, control, this.error);
    this.fail(null);
  }

  /** What the key means, shown by hovering and read with the field. */
  hint(text: string): void {
    setAttribute(this.control, 'title', text === '' ? null : text);
  }

  fail(text: string | null): void {
    setText(this.error, text ?? '');
    show(this.error, text !== null);
    setAttribute(this.control, 'aria-invalid', text === null ? null : 'true');
    setAttribute(this.control, 'aria-describedby', text === null ? null : this.error.id);
  }
}

export class TextField extends Field<HTMLInputElement> {
  private timer = 0;
  private unsaid = false;

  constructor(
    path: Path,
    label: string,
    private readonly change: (value: string) => void,
    placeholder = ''
  ) {
    super(path, label, el('input', 'aml-input', null, { type: 'text', spellcheck: 'false', autocomplete: 'off', placeholder }));
    this.control.addEventListener('input', () => {
      this.unsaid = true;
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.say(), PAUSE);
    });
    this.control.addEventListener('change', () => this.say());
  }

  /** Show the draft's value, unless the user is writing another one. */
  value(text: string): void {
    const writing = this.unsaid || (this.control === document.activeElement && this.control.value.trim() === text);
    if (!writing && this.control.value !== text) {
      this.control.value = text;
    }
  }

  private say(): void {
    if (this.unsaid) {
      this.unsaid = false;
      window.clearTimeout(this.timer);
      this.change(this.control.value.trim());
    }
  }
}

export class ChoiceField extends Field<HTMLSelectElement> {
  private shown = '';

  constructor(
    path: Path,
    label: string,
    private readonly change: (value: string) => void
  ) {
    super(path, label, el('select', 'aml-input'));
    this.control.addEventListener('change', () => this.change(this.control.value));
  }

  /** Offer these and choose one; a value that is not among them is offered as it is, since the draft says it. */
  choose(options: readonly Option[], value: string): void {
    fill(this.control, options, value, this.shown);
    this.shown = signature(options, value);
  }
}

export function signature(options: readonly Option[], value: string): string {
  return JSON.stringify([options, value]);
}

/** Fill a select anew, but only where something is other than before: an open list would close. */
export function fill(control: HTMLSelectElement, options: readonly Option[], value: string, before: string): void {
  if (signature(options, value) !== before) {
    const known = options.some(each => each.value === value) ? options : [...options, { value, text: value }];
    control.replaceChildren(...known.map(each => el('option', '', each.text, { value: each.value, disabled: each.disabled ?? false })));
  }
  if (control.value !== value) {
    control.value = value;
  }
}

/** What a text field says as a value of the draft: a number where one is meant and written, else the words as they are. */
export function written(value: string, number: boolean): unknown {
  if (value === '') {
    return null;
  }
  return number && Number.isFinite(Number(value)) ? Number(value) : value;
}

/** A draft's value as a text field shows it. */
export function shownAs(value: unknown): string {
  return value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export function at(values: Readonly<Record<string, unknown>>, path: Path): unknown {
  const [key, inner] = path;
  const value = values[key];
  if (inner === undefined) {
    return value;
  }
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[inner] : undefined;
}
