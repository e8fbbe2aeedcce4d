/** Which data, which column of it is predicted, and as what. */

import { count } from '../model/format';
import { button } from '../view/controls';
import { el, into, setText } from '../view/dom';
import { problemAt, type Face, type Part, type Wishes } from './face';
import { ChoiceField, shownAs, TextField, type Option } from './fields';

export class DataPart implements Part {
  readonly element = el('section', 'aml-panel-part', null, { 'aria-label': 'The data' });
  private readonly list = el('datalist', '', null, { id: 'aml-sources' });
  private readonly data: TextField;
  private readonly target: ChoiceField;
  private readonly task: ChoiceField;
  private readonly size = el('p', 'aml-panel-note');
  private readonly reason = el('p', 'aml-panel-note');
  private listed = '';

  constructor(wishes: Wishes) {
    const say = (key: string) => (value: string) => wishes.set([[[key], value === '' ? null : value]]);
    this.data = new TextField(['data'], 'Data', say('data'), 'a DataFrame, a file, sklearn:NAME');
    this.target = new ChoiceField(['target'], 'Target', say('target'));
    this.task = new ChoiceField(['task'], 'Task', say('task'));
    // Ids are of the whole page, and there may be several panels on it.
    this.list.id = `${this.data.control.id}-sources`;
    this.data.control.setAttribute('list', this.list.id);
    const again = button('Read again', null, 'aml-small', () => wishes.refresh());
    again.title = 'Read the data again, when it was changed since';
    into(this.element, el('h4', 'aml-heading', 'Data'), into(el('div', 'aml-fields'), this.data.element, this.target.element, this.task.element), into(el('div', 'aml-panel-line'), this.size, again), this.reason, this.list);
  }

  update(face: Face): void {
    const { offers, values, outlook, problem } = face;
    const listed = JSON.stringify(offers.sources);
    if (listed !== this.listed) {
      this.listed = listed;
      this.list.replaceChildren(...offers.sources.map(each => el('option', '', each.text, { value: each.name })));
    }
    const names = outlook?.names ?? [];
    const target = shownAs(values['target']);
    const inferred = outlook?.task?.name ?? null;
    this.target.choose([{ value: '', text: names.length === 0 ? 'choose the data first' : 'choose a column' }, ...names.map(name => ({ value: name, text: name }))], target === '' ? (outlook?.task?.target ?? '') : target);
    this.task.choose([{ value: '', text: inferred === null || values['task'] !== undefined ? 'inferred' : `inferred: ${inferred}` }, ...offers.tasks.map((name): Option => ({ value: name, text: name }))], shownAs(values['task']));
    this.data.value(shownAs(values['data']));
    for (const [field, key] of [[this.data, 'data'], [this.target, 'target'], [this.task, 'task']] as const) {
      field.hint(shownAs(offers.hints[key]));
      field.fail(problemAt(problem, key));
    }
    setText(this.size, outlook === null || names.length === 0 ? 'No data yet' : `${count(outlook.rows)} rows, ${count(names.length)} columns`);
    setText(this.reason, outlook?.task === null || outlook === null || outlook.task.reason === '' ? '' : `${outlook.task.name}: ${outlook.task.reason}`);
  }
}
