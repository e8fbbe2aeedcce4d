/** What is optimised, the main objective first, and the bounds that a model has to keep. */

import { OPERATORS, readBound, writeBound, type Bound } from '../model/bound';
import type { Goal } from '../model/drafting';
import { headline } from '../model/format';
import { button } from '../view/controls';
import { el, into, Keyed, setAttribute, setText, show } from '../view/dom';
import { problemAt, taskOf, texts, type Face, type Part, type Wishes } from './face';
import { ChoiceField, fill, shownAs, signature, TextField } from './fields';

export class GoalsPart implements Part {
  readonly element = el('section', 'aml-panel-part', null, { 'aria-label': 'Objectives and constraints' });
  private readonly main: ChoiceField;
  private readonly others = el('div', 'aml-choices', null, { role: 'group', 'aria-label': 'Further objectives' });
  private readonly boxes: Keyed<Goal, HTMLLabelElement>;
  private readonly bounds = el('ul', 'aml-panel-bounds', null, { 'aria-label': 'Constraints' });
  private readonly rows: Keyed<Bound, HTMLLIElement>;
  private readonly error = el('p', 'aml-field-error', null, { role: 'alert' });
  private readonly filled = new WeakMap<Element, string>();
  private readonly numbers = new WeakMap<Element, TextField>();
  private face: Face | null = null;

  constructor(private readonly wishes: Wishes) {
    this.main = new ChoiceField(['objectives'], 'Main objective', value => this.choose(value));
    this.boxes = new Keyed<Goal, HTMLLabelElement>(this.others, goal => this.box(goal.name), (node, goal) => this.setBox(node, goal));
    this.rows = new Keyed<Bound, HTMLLIElement>(this.bounds, bound => this.row(bound.index), (node, bound) => this.setRow(node, bound));
    const add = button('Add a constraint', null, 'aml-small', () => this.add());
    into(this.element, el('h4', 'aml-heading', 'Goal'), into(el('div', 'aml-fields'), this.main.element), el('p', 'aml-label', 'and beside it'), this.others, this.bounds, into(el('div', 'aml-panel-line'), add), this.error);
  }

  update(face: Face): void {
    this.face = face;
    const task = taskOf(face);
    const fit = face.offers.objectives.filter(each => task === null || each.tasks.includes(task));
    const chosen = texts(face.values['objectives']);
    const usual = task === null ? undefined : shownAs(face.offers.usual[task]);
    const title = face.offers.objectives.find(each => each.name === usual)?.title;
    const scores = fit.filter(each => !each.cost).map(each => ({ value: each.name, text: `${headline(each.title)}${each.lower ? ', less is better' : ''}` }));
    this.main.choose([{ value: '', text: title === undefined ? 'the usual one of the task' : `usual: ${title}` }, ...scores], chosen[0] ?? '');
    this.main.hint(shownAs(face.offers.hints['objectives']));
    this.main.fail(problemAt(face.problem, 'objectives'));
    this.boxes.update(fit.filter(each => each.name !== (chosen[0] ?? usual)), each => each.name);
    this.rows.update(texts(face.values['constraints']).map(readBound), each => String(each.index));
    show(this.bounds, this.bounds.childElementCount > 0);
    const wrong = problemAt(face.problem, 'constraints');
    setText(this.error, wrong ?? '');
    show(this.error, wrong !== null);
  }

  private choose(main: string): void {
    const rest = texts(this.face?.values['objectives']).slice(1).filter(each => each !== main);
    this.wishes.set([[['objectives'], main === '' ? (rest.length === 0 ? null : [this.usual(), ...rest]) : [main, ...rest]]]);
  }

  /** The objective that goes without saying; it has to be said as soon as another one stands beside it. */
  private usual(): string {
    const task = this.face === null ? null : taskOf(this.face);
    return shownAs(this.face?.offers.usual[task ?? 'binary']);
  }

  private box(name: string): HTMLLabelElement {
    const control = el('input', '', null, { type: 'checkbox', 'data-key': `objectives.${name}` });
    control.addEventListener('change', () => {
      const chosen = texts(this.face?.values['objectives']);
      const rest = chosen.slice(1).filter(each => each !== name);
      const next = control.checked ? [...rest, name] : rest;
      const main = chosen[0] ?? this.usual();
      this.wishes.set([[['objectives'], next.length === 0 && main === this.usual() ? null : [main, ...next]]]);
    });
    return into(el('label', 'aml-choice'), control, el('span'));
  }

  private setBox(node: HTMLLabelElement, goal: Goal): void {
    const [control, words] = [...node.children] as [HTMLInputElement, HTMLElement];
    control.checked = texts(this.face?.values['objectives']).slice(1).includes(goal.name);
    setText(words, headline(goal.title));
  }

  private add(): void {
    const face = this.face;
    if (face === null) {
      return;
    }
    const task = taskOf(face);
    const costs = face.offers.objectives.filter(each => each.cost && (task === null || each.tasks.includes(task))).map(each => each.name);
    const objective = costs.includes('predict_ms') ? 'predict_ms' : (costs[0] ?? '');
    this.wishes.set([[['constraints'], [...texts(face.values['constraints']), writeBound({ objective, operator: '<=', value: '10' })]]]);
  }

  private row(index: number): HTMLLIElement {
    const objective = el('select', 'aml-input', null, { 'aria-label': 'Objective of the constraint', 'data-key': `constraints.${index}` });
    const operator = el('select', 'aml-input aml-input-tiny', null, { 'aria-label': 'Comparison' });
    const bound = new TextField(['constraints', String(index)], 'Bound', value => this.change(index, { value }));
    const gone = button('Remove', 'close', 'aml-quiet aml-small', () => this.change(index, null));
    objective.addEventListener('change', () => this.change(index, { objective: objective.value }));
    operator.addEventListener('change', () => this.change(index, { operator: operator.value }));
    const node = into(el('li', 'aml-panel-bound'), objective, operator, bound.element, gone);
    this.numbers.set(node, bound);
    return node;
  }

  private setRow(node: HTMLLIElement, bound: Bound): void {
    const face = this.face as Face;
    const [objective, operator] = [...node.children] as [HTMLSelectElement, HTMLSelectElement];
    const task = taskOf(face);
    const fit = face.offers.objectives.filter(each => task === null || each.tasks.includes(task));
    this.fillSelect(objective, fit.map(each => ({ value: each.name, text: `${headline(each.title)}${each.unit === '' ? '' : ` (${each.unit})`}` })), bound.objective);
    this.fillSelect(operator, OPERATORS.map(each => ({ value: each, text: each })), bound.operator);
    const wrong = problemAt(face.problem, 'constraints', String(bound.index)) !== null;
    setAttribute(objective, 'aria-invalid', wrong ? 'true' : null);
    this.numbers.get(node)?.value(bound.value);
  }

  private fillSelect(control: HTMLSelectElement, options: readonly { value: string; text: string }[], value: string): void {
    fill(control, options, value, this.filled.get(control) ?? '');
    this.filled.set(control, signature(options, value));
  }

  private change(index: number, part: Partial<Bound> | null): void {
    const constraints = texts(this.face?.values['constraints']);
    const next = constraints.flatMap((text, at) => (at !== index ? [text] : part === null ? [] : [writeBound({ ...readBound(text, index), ...part })]));
    this.wishes.set([[['constraints'], next]]);
  }
}
