/** Which families are searched. A family that is ticked is searched: without a choice that is every one that suits the data. */

import type { Model } from '../model/drafting';
import { button } from '../view/controls';
import { el, into, Keyed, setAttribute, setText, show } from '../view/dom';
import { problemAt, taskOf, texts, type Face, type Part, type Wishes } from './face';
import { shownAs } from './fields';

export class ModelsPart implements Part {
  readonly element = el('section', 'aml-panel-part', null, { 'aria-label': 'Models' });
  private readonly group = el('div', 'aml-choices', null, { role: 'group', 'aria-label': 'Model families' });
  private readonly boxes: Keyed<Model, HTMLLabelElement>;
  private readonly note = el('span', 'aml-panel-note');
  private readonly all = button('All that suit', null, 'aml-small', () => this.wishes.set([[['models'], null]]));
  private readonly error = el('p', 'aml-field-error', null, { role: 'alert' });
  private face: Face | null = null;

  constructor(private readonly wishes: Wishes) {
    this.boxes = new Keyed<Model, HTMLLabelElement>(this.group, model => this.box(model.name), (node, model) => this.set(node, model));
    into(this.element, into(el('div', 'aml-panel-line'), el('h4', 'aml-heading', 'Models'), this.note, this.all), this.group, this.error);
  }

  update(face: Face): void {
    this.face = face;
    const task = taskOf(face);
    this.boxes.update(face.offers.models.filter(each => task === null || each.tasks.includes(task)), each => each.name);
    const chosen = texts(face.values['models']);
    setText(this.note, chosen.length === 0 ? `all ${this.suiting().length} that suit the data` : `${chosen.length} chosen`);
    show(this.all, chosen.length > 0);
    const wrong = problemAt(face.problem, 'models');
    setText(this.error, wrong ?? '');
    show(this.error, wrong !== null);
  }

  private suiting(): string[] {
    const face = this.face;
    const task = face === null ? null : taskOf(face);
    return (face?.offers.models ?? []).filter(each => (task === null || each.tasks.includes(task)) && !(each.name in (face?.outlook?.leftOut ?? {}))).map(each => each.name);
  }

  private searched(): string[] {
    const chosen = texts(this.face?.values['models']);
    return chosen.length === 0 ? this.suiting() : chosen;
  }

  private box(name: string): HTMLLabelElement {
    const control = el('input', '', null, { type: 'checkbox', 'data-key': `models.${name}` });
    control.addEventListener('change', () => {
      const rest = this.searched().filter(each => each !== name);
      const order = (this.face?.offers.models ?? []).map(each => each.name);
      const next = (control.checked ? [...rest, name] : rest).sort((one, other) => order.indexOf(one) - order.indexOf(other));
      const suiting = this.suiting();
      const everything = next.length === suiting.length && suiting.every(each => next.includes(each));
      this.wishes.set([[['models'], everything ? null : next]]);
    });
    return into(el('label', 'aml-choice'), control, el('span'), el('span', 'aml-choice-note'));
  }

  private set(node: HTMLLabelElement, model: Model): void {
    const face = this.face as Face;
    const [control, words, note] = [...node.children] as [HTMLInputElement, HTMLElement, HTMLElement];
    const reason = shownAs(face.outlook?.leftOut[model.name]);
    const refused = face.outlook?.refused.includes(model.name) ?? false;
    const searched = this.searched();
    control.checked = searched.includes(model.name);
    // The last one cannot be taken away: no choice means all of them.
    setAttribute(control, 'disabled', (refused && !control.checked) || (searched.length === 1 && control.checked && texts(face.values['models']).length > 0));
    setText(words, model.title);
    setText(note, reason === '' ? '' : reason);
    setAttribute(node, 'title', reason === '' ? `${model.title}: ${model.cost} to fit` : reason);
  }
}
