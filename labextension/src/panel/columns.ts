/** The columns as they are understood: kind, distribution, gaps and what is worth knowing; the kind can be said otherwise. */

import type { ColumnSeen } from '../model/drafting';
import { count } from '../model/format';
import { el, into, Keyed, setAttribute, setAttributes, setText, show, svg } from '../view/dom';
import { problemAt, taskOf, type Face, type Part, type Wishes } from './face';
import { fill, signature, shownAs, type Option } from './fields';

const WIDTH = 80;
const HEIGHT = 26;

export class ColumnsPart implements Part {
  readonly element = el('section', 'aml-panel-part aml-panel-columns', null, { 'aria-label': 'Columns' });
  private readonly body = el('tbody');
  private readonly rows: Keyed<ColumnSeen, HTMLTableRowElement>;
  private readonly more = el('p', 'aml-panel-note');
  private readonly whole = el('ul', 'aml-panel-findings', null, { 'aria-label': 'About the data as a whole' });
  private readonly findings: Keyed<{ readonly level: string; readonly text: string }, HTMLLIElement>;
  private readonly filled = new WeakMap<Element, string>();
  private face: Face | null = null;

  constructor(private readonly wishes: Wishes) {
    const heads = ['Column', 'Values', 'Kind', 'Missing', 'Distinct', 'Notes'];
    const head = into(el('thead'), into(el('tr'), ...heads.map(each => el('th', '', each, { scope: 'col' }))));
    const scroll = into(el('div', 'aml-panel-scroll', null, { tabindex: 0, role: 'group', 'aria-label': 'Table of the columns' }), into(el('table', 'aml-panel-table'), head, this.body));
    into(this.element, el('h4', 'aml-heading', 'Columns'), scroll, this.more, this.whole);
    this.rows = new Keyed<ColumnSeen, HTMLTableRowElement>(this.body, seen => this.made(seen.name), (node, seen) => this.change(node, seen));
    this.findings = new Keyed<{ readonly level: string; readonly text: string }, HTMLLIElement>(
      this.whole,
      () => el('li'),
      (node, finding) => {
        node.className = `aml-panel-finding-${finding.level === 'warning' ? 'warning' : 'info'}`;
        setText(node, finding.text);
      }
    );
  }

  update(face: Face): void {
    const { outlook } = face;
    this.face = face;
    const columns = outlook?.columns ?? [];
    show(this.element, columns.length > 0);
    this.rows.update(columns, each => each.name);
    const more = (outlook?.names.length ?? 0) - columns.length;
    const some = outlook !== null && outlook.looked < outlook.rows ? `Distributions of ${count(outlook.looked)} rows. ` : '';
    setText(this.more, `${some}${more > 0 ? `${count(more)} more columns are used and not shown.` : ''}`);
    show(this.more, this.more.textContent !== '');
    const target = outlook?.task?.target ?? null;
    const whole = (outlook?.findings ?? []).filter(each => each.column === null || each.column === target);
    this.findings.update(whole, (each, index) => `${index} ${each.text}`);
    show(this.whole, whole.length > 0);
  }

  private made(name: string): HTMLTableRowElement {
    const kind = el('select', 'aml-input aml-input-small', null, { 'aria-label': `Kind of ${name}`, 'data-key': `columns.${name}` });
    kind.addEventListener('change', () => this.wishes.set([[['columns', name], kind.value === '' ? null : kind.value]]));
    const chart = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, class: 'aml-bars-small', role: 'img' });
    return into(el('tr'), el('th', 'aml-panel-name', name, { scope: 'row', title: name }), into(el('td'), chart), into(el('td'), kind), el('td', 'aml-number'), el('td', 'aml-number'), el('td', 'aml-panel-notes'));
  }

  private change(node: HTMLTableRowElement, seen: ColumnSeen): void {
    const [name, values, kind, missing, distinct, notes] = [...node.children] as [Element, Element, Element, Element, Element, Element];
    const face = this.face as Face;
    const target = (face.outlook?.task?.target ?? face.values['target']) === seen.name;
    name.classList.toggle('aml-panel-target', target);
    this.draw(values.firstElementChild as SVGSVGElement, seen);
    this.offer(kind.firstElementChild as HTMLSelectElement, seen, target, face);
    setText(missing, seen.missing === 0 ? '–' : `${(100 * seen.missing).toFixed(seen.missing < 0.1 ? 1 : 0)}%`);
    setText(distinct, count(seen.unique));
    const own = (face.outlook?.findings ?? []).filter(each => each.column === seen.name);
    const said = (own.length > 0 && !target ? own : seen.findings).filter(each => !/ missing$/.test(each.text));
    const words = [target ? 'the target' : '', ...said.map(each => each.text)].filter(each => each !== '');
    const text = words.length > 0 ? words.join('; ') : seen.example === null ? '' : `like ${seen.example}`;
    setText(notes, text);
    setAttribute(notes, 'title', text === '' ? null : text);
    notes.classList.toggle('aml-panel-warned', said.some(each => each.level === 'warning'));
  }

  private offer(control: HTMLSelectElement, seen: ColumnSeen, target: boolean, face: Face): void {
    const said = shownAs((face.values['columns'] as Record<string, unknown> | undefined)?.[seen.name]);
    const inferred = target ? (taskOf(face) ?? seen.kind) : seen.kind;
    const options: Option[] = [{ value: '', text: said === '' ? inferred : 'as inferred' }, ...face.offers.kinds.filter(each => said !== '' || each !== seen.kind).map(each => ({ value: each, text: each === 'drop' ? 'leave out' : each }))];
    fill(control, options, said, this.filled.get(control) ?? '');
    this.filled.set(control, signature(options, said));
    setAttribute(control, 'disabled', target && said === '');
    setAttribute(control, 'aria-invalid', problemAt(face.problem, 'columns', seen.name) === null ? null : 'true');
  }

  /** The little histogram; its name says the same in words. */
  private draw(chart: SVGSVGElement, { name, bars }: ColumnSeen): void {
    const key = JSON.stringify(bars);
    if (this.filled.get(chart) === key) {
      return;
    }
    this.filled.set(chart, key);
    const counts = bars.rest > 0 ? [...bars.counts, bars.rest] : bars.counts;
    const labels = bars.rest > 0 ? [...bars.labels, 'other values'] : bars.labels;
    const most = Math.max(1, ...counts);
    const step = WIDTH / Math.max(1, counts.length);
    const nodes = counts.map((each, index) => {
      const height = each === 0 ? 0 : Math.max(1.5, (each / most) * (HEIGHT - 1));
      const bar = svg('rect', { x: (index * step + 0.5).toFixed(1), y: (HEIGHT - height).toFixed(1), width: Math.max(1, step - 1).toFixed(1), height: height.toFixed(1) });
      bar.classList.toggle('aml-bars-rest', index >= bars.counts.length);
      return into(bar, into(svg('title'), `${labels[index] ?? ''}: ${count(each)}`));
    });
    chart.replaceChildren(...nodes);
    const peak = counts.indexOf(most);
    setAttributes(chart, { 'aria-label': counts.length === 0 ? `${name}: no distribution` : `Distribution of ${name}: most often ${labels[peak] ?? ''}, ${count(most)} rows` });
  }
}
