/** The keys that are one value each: budget and name, and, folded, how candidates are found and judged and what they may take. */

import type { Change, Path } from '../model/drafting';
import { el, into, setText, show } from '../view/dom';
import { problemAt, type Face, type Part, type Wishes } from './face';
import { at, ChoiceField, shownAs, TextField, written, type Option } from './fields';

type Field = TextField | ChoiceField;

/** A group of single values: text where one writes, choices where there are few. */
abstract class Settings implements Part {
  abstract readonly element: HTMLElement;
  private readonly fields: Field[] = [];
  private readonly options = new Map<Field, (face: Face) => readonly Option[]>();

  constructor(private readonly wishes: Wishes) {}

  protected text(path: Path, label: string, placeholder: string, number = false): HTMLElement {
    return this.keep(new TextField(path, label, value => this.wishes.set([[path, written(value, number)]]), placeholder));
  }

  protected choice(path: Path, label: string, options: (face: Face) => readonly Option[], read: (value: string) => unknown = value => value): HTMLElement {
    const field = new ChoiceField(path, label, value => this.wishes.set(this.meant(path, value === '' ? null : read(value))));
    this.options.set(field, options);
    return this.keep(field);
  }

  /** What a choice changes; others may go with it. */
  protected meant(path: Path, value: unknown): readonly Change[] {
    return [[path, value]];
  }

  protected fieldAt(key: string): Field | undefined {
    return this.fields.find(each => each.path.join('.') === key);
  }

  private keep(field: Field): HTMLElement {
    this.fields.push(field);
    return field.element;
  }

  update(face: Face): void {
    for (const field of this.fields) {
      const value = shownAs(at(face.values, field.path));
      if (field instanceof ChoiceField) {
        field.choose(this.options.get(field)?.(face) ?? [], value);
      } else {
        field.value(value);
      }
      field.hint(shownAs(face.offers.hints[field.path.join('.')]));
      const [key, inner] = field.path;
      field.fail(problemAt(face.problem, ...(inner === undefined ? [key] : [key, inner])));
    }
  }
}

export class BudgetPart extends Settings {
  readonly element = el('section', 'aml-panel-part', null, { 'aria-label': 'Budget and name' });
  private readonly note = el('p', 'aml-panel-note');

  constructor(wishes: Wishes) {
    super(wishes);
    const fields = into(el('div', 'aml-fields'), this.text(['time'], 'Time', 'like 10m'), this.text(['trials'], 'Trials', 'no limit', true), this.text(['name'], 'Name', 'made from the data'));
    into(this.element, el('h4', 'aml-heading', 'Budget and name'), fields, this.note);
  }

  override update(face: Face): void {
    super.update(face);
    const { time, trials } = face.values;
    const usual = shownAs(face.offers.defaults['time']);
    setText(this.note, time === undefined && trials === undefined ? `Without either it takes ${usual === '' ? '60s' : usual} in all` : '');
    show(this.note, this.note.textContent !== '');
  }
}

const YES: readonly Option[] = [{ value: 'true', text: 'yes' }, { value: 'false', text: 'no' }];
const truth = (usual: string) => (): readonly Option[] => [{ value: '', text: usual }, ...YES];
const said = (value: string): unknown => value === 'true';

export class SearchPart extends Settings {
  readonly element = el('details', 'aml-panel-part aml-panel-fold');

  constructor(wishes: Wishes) {
    super(wishes);
    const strategies = (face: Face): Option[] => [{ value: '', text: 'auto' }, ...face.offers.strategies.filter(each => each.name !== 'auto').map(each => ({ value: each.name, text: each.title }))];
    const splits = (face: Face): Option[] => [{ value: '', text: 'chosen by size' }, ...face.offers.splits.filter(each => each !== 'auto').map(each => ({ value: each, text: each }))];
    const columns = (face: Face): Option[] => [{ value: '', text: 'none' }, ...(face.outlook?.names ?? []).map(each => ({ value: each, text: each }))];
    const delivery = (face: Face): Option[] => [{ value: '', text: 'refitted on all rows' }, ...face.offers.deliveries.filter(each => each !== 'all').map(each => ({ value: each, text: each === 'scored' ? 'the very model that was scored' : each }))];
    const fields = into(
      el('div', 'aml-fields'),
      this.choice(['strategy'], 'Strategy', strategies),
      this.text(['seed'], 'Seed', '0', true),
      this.choice(['split', 'kind'], 'Split', splits),
      this.choice(['split', 'column'], 'Split by column', columns),
      this.text(['split', 'repeats'], 'Repeats', '2', true),
      this.text(['split', 'share'], 'Validation share', '0.2', true),
      this.text(['split', 'window'], 'Window', 'all earlier rows', true),
      this.text(['split', 'gap'], 'Gap', 'none, or like 7d', true),
      this.text(['folds'], 'Folds', 'chosen by size', true),
      this.text(['holdout'], 'Holdout share', '0.2 or less', true),
      this.choice(['nested'], 'Nested estimate', truth('no'), said),
      this.choice(['prune'], 'Prune', truth('with one objective'), said),
      this.text(['max_models'], 'Models in an ensemble', '8', true),
      this.choice(['calibrate'], 'Calibrate', truth('where it is better'), said),
      this.choice(['deliver'], 'Delivered model', delivery),
      this.text(['trial_time'], 'Time of one trial', 'no limit'),
      this.text(['window'], 'Window of results', 'chosen', true)
    );
    into(this.element, el('summary', '', 'Search and validation'), fields, el('p', 'aml-panel-note', 'Ranges of parameters are written in the cell, like ranges: {xgboost.max_depth: [3, 6]}'));
  }

  /** Another kind of split has no use for the settings of the last one. */
  protected override meant(path: Path, value: unknown): readonly Change[] {
    return path.join('.') === 'split.kind' ? [[['split'], null], ...(value === null ? [] : [[path, value] as Change])] : super.meant(path, value);
  }

  override update(face: Face): void {
    super.update(face);
    const kind = shownAs(at(face.values, ['split', 'kind']));
    const goesWith: Readonly<Record<string, readonly string[]>> = { 'split.column': ['group', 'time', 'given'], 'split.repeats': ['repeated'], 'split.share': ['holdout'], 'split.window': ['time'], 'split.gap': ['time'] };
    for (const [key, kinds] of Object.entries(goesWith)) {
      const field = this.fieldAt(key);
      if (field !== undefined) {
        show(field.element, kinds.includes(kind) || at(face.values, field.path) !== undefined);
      }
    }
  }
}

export class ResourcesPart extends Settings {
  readonly element = el('details', 'aml-panel-part aml-panel-fold');

  constructor(wishes: Wishes) {
    super(wishes);
    const fields = into(
      el('div', 'aml-fields'),
      this.text(['resources', 'cpus'], 'Cores', 'all', true),
      this.text(['resources', 'cpus_per_trial'], 'Cores of one trial', '1', true),
      this.text(['resources', 'workers'], 'Trials at once', 'as many as fit', true),
      this.text(['resources', 'gpus'], 'GPUs', 'none', true),
      this.text(['resources', 'gpus_per_trial'], 'GPU of one trial', 'none', true),
      this.text(['cluster'], 'Cluster', 'local')
    );
    into(this.element, el('summary', '', 'Resources'), fields);
  }
}
