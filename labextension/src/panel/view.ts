/** The panel: a form at the left, the same as a cell at the right, and what would run. Owns the arrangement and the moment of drawing. */

import type { Drafting, Standing } from '../model/drafting';
import { button, setLabel } from '../view/controls';
import { el, into, setAttribute, setClass, setText, show } from '../view/dom';
import { icon, setIcon, type IconName } from '../view/icons';
import { ColumnsPart } from './columns';
import { DataPart } from './data';
import type { Face, Part, Wishes } from './face';
import { GoalsPart } from './goals';
import { ModelsPart } from './models';
import { BudgetPart, ResourcesPart, SearchPart } from './settings';
import { WrittenPart } from './written';

const STANDINGS: Readonly<Record<Standing, readonly [tone: string, icon: IconName, words: string]>> = {
  waiting: ['busy', 'running', 'Waiting for the kernel'],
  checking: ['busy', 'running', 'Checking'],
  wrong: ['calm', 'warning', 'To be mended'],
  ready: ['good', 'completed', 'Ready']
};

/** How a text gets into the notebook; false when nobody here can put it there. */
export type Insert = (text: string, from: Element) => boolean;

export class PanelView {
  readonly element = el('article', 'aml-view aml-panel', null, { 'data-lm-suppress-shortcuts': 'true', 'aria-label': 'New search' });
  private readonly pill = el('span', 'aml-pill');
  private readonly parts: readonly Part[];
  private readonly runs: HTMLButtonElement;
  private readonly inserts: HTMLButtonElement;
  private readonly plan: HTMLButtonElement;
  private readonly notice = el('p', 'aml-panel-notice', null, { role: 'status', 'aria-live': 'polite' });
  private readonly outlook = el('dl', 'aml-panel-outlook');
  private readonly resolved = el('pre', 'aml-panel-cell', null, { tabindex: 0, 'aria-label': 'The request as it would run' });
  private readonly columns: HTMLElement;
  private drawing = 0;
  private own = '';

  constructor(
    private readonly drafting: Drafting,
    wishes: Wishes,
    private readonly insert: Insert
  ) {
    const [data, columns, goals, models, budget, search, resources, cell] = [new DataPart(wishes), new ColumnsPart(wishes), new GoalsPart(wishes), new ModelsPart(wishes), new BudgetPart(wishes), new SearchPart(wishes), new ResourcesPart(wishes), new WrittenPart(wishes)] as const;
    this.parts = [data, columns, goals, models, budget, search, resources, cell];
    this.runs = button('Run', 'play', 'aml-primary', () => {
      this.own = '';
      wishes.run();
    });
    this.inserts = button('Insert as cell', 'copy', '', () => void this.give());
    this.plan = button('Dry run', null, '', () => {
      this.resolved.hidden = !this.resolved.hidden;
      this.draw();
    });
    this.resolved.hidden = true;
    this.pill.append(icon('running'), el('span'));
    const head = into(el('header', 'aml-panel-head'), el('h3', 'aml-name', 'New search'), this.pill);
    const actions = into(el('div', 'aml-panel-line'), this.runs, this.inserts, this.plan);
    const left = into(el('div', 'aml-panel-form'), data.element, columns.element, goals.element, budget.element, models.element, search.element, resources.element);
    const right = into(el('div', 'aml-panel-side'), cell.element, actions, this.notice, this.outlook, this.resolved);
    this.columns = into(el('div', 'aml-panel-body'), left, right);
    into(this.element, head, this.columns);
    this.draw();
  }

  schedule(): void {
    if (this.drawing === 0) {
      this.drawing = requestAnimationFrame(() => {
        this.drawing = 0;
        this.draw();
      });
    }
  }

  dispose(): void {
    cancelAnimationFrame(this.drawing);
    this.element.remove();
  }

  private async give(): Promise<void> {
    const { text } = this.drafting;
    if (this.insert(text, this.element)) {
      this.own = '';
    } else {
      try {
        await navigator.clipboard.writeText(text);
        this.own = 'Copied: paste it into a cell';
      } catch (error) {
        // A page that is not served securely may not write to the clipboard: the text is there to be copied by hand.
        console.warn('AutoML Lab: the clipboard is closed to this page', error);
        this.own = 'Copy the text above into a cell';
      }
    }
    this.draw();
  }

  private draw(): void {
    const { offers, values, text, outlook, problem, standing, current, silent } = this.drafting;
    const [tone, name, words] = STANDINGS[standing];
    setClass(this.pill, `aml-pill aml-tone-${silent ? 'calm' : tone}`);
    setIcon(this.pill.firstElementChild as SVGSVGElement, silent ? 'paused' : name);
    setText(this.pill.lastElementChild as Element, silent ? 'The kernel is busy or away' : words);
    show(this.columns, offers !== null);
    setAttribute(this.element, 'aria-busy', standing === 'waiting' || standing === 'checking' ? 'true' : null);
    if (offers === null) {
      return;
    }
    const face: Face = { offers, values, text, outlook, problem, current };
    for (const part of this.parts) {
      part.update(face);
    }
    setAttribute(this.runs, 'disabled', standing !== 'ready');
    setAttribute(this.inserts, 'disabled', text.trim() === '' || !current);
    this.tell(face);
  }

  private tell({ outlook, problem }: Face): void {
    const plan = problem === null ? (outlook?.plan ?? null) : null;
    const { notice } = this.drafting;
    setText(this.notice, this.own !== '' ? this.own : (notice?.text ?? ''));
    this.notice.classList.toggle('aml-panel-bad', this.own === '' && notice !== null && !notice.good);
    show(this.notice, this.notice.textContent !== '');
    const lines: [string, string][] = plan === null ? [] : [['Variable', plan.name], ['Validation', plan.validation], ['Candidates', plan.candidates]];
    this.outlook.replaceChildren(...lines.flatMap(([term, said]) => [el('dt', '', term), el('dd', '', said)]));
    show(this.outlook, lines.length > 0);
    setAttribute(this.plan, 'disabled', plan === null);
    setAttribute(this.plan, 'aria-expanded', String(!this.resolved.hidden));
    setLabel(this.plan, this.resolved.hidden ? 'Dry run' : 'Hide the dry run');
    setText(this.resolved, plan === null ? (problem?.text ?? '') : `${plan.yaml}# nothing was started`);
  }
}
