/** Notes on the data and what happened on the way, folded away below the figures. */

import { count, timeOfDay } from '../model/format';
import type { Finding, RunEvent } from '../model/schema';
import { el, into, Keyed, setClass, setText, show } from './dom';
import type { Frame, Section } from './frame';
import { icon, setIcon } from './icons';

export class Details implements Section {
  readonly element = el('footer', 'aml-details');
  private readonly notes = fold();
  private readonly activity = fold();
  private readonly facts = el('span', 'aml-details-facts');
  private readonly findings: Keyed<Finding, HTMLLIElement>;
  private readonly events: Keyed<RunEvent, HTMLLIElement>;

  constructor() {
    into(this.element, this.notes.element, this.activity.element, this.facts);
    this.findings = new Keyed<Finding, HTMLLIElement>(
      this.notes.list,
      () => into(el('li'), icon('info'), into(el('span'), el('code'), el('span'))),
      (node, finding) => {
        setIcon(node.firstElementChild as SVGSVGElement, finding.level === 'warning' ? 'warning' : 'info');
        setClass(node, finding.level === 'warning' ? 'aml-finding-warning' : '');
        const [column, text] = [node.lastElementChild?.firstElementChild as HTMLElement, node.lastElementChild?.lastElementChild as HTMLElement];
        setText(column, finding.column ?? '');
        show(column, finding.column !== null);
        setText(text, `${finding.column === null ? '' : ' '}${finding.text}`);
      }
    );
    this.events = new Keyed<RunEvent, HTMLLIElement>(
      this.activity.list,
      () => into(el('li'), el('time'), el('span')),
      (node, event) => {
        setText(node.firstElementChild as Element, event.at === null ? '' : timeOfDay(event.at));
        setText(node.lastElementChild as Element, event.text);
      }
    );
  }

  update({ snapshot }: Frame): void {
    const { findings } = snapshot.data;
    this.findings.update(findings, (_, index) => String(index));
    setText(this.notes.title, `Notes on the data (${count(findings.length)})`);
    show(this.notes.element, findings.length > 0);
    this.events.update([...snapshot.events].reverse(), event => String(event.seq));
    setText(this.activity.title, `Activity (${count(snapshot.events.length)})`);
    show(this.activity.element, snapshot.events.length > 0);
    const facts = [snapshot.seed === null ? '' : `seed ${snapshot.seed}`, snapshot.workers > 0 ? `${snapshot.workers} at once` : ''];
    setText(this.facts, facts.filter(each => each !== '').join(' · '));
  }
}

function fold(): { element: HTMLDetailsElement; title: HTMLElement; list: HTMLUListElement } {
  const element = el('details', 'aml-fold');
  const title = el('summary');
  const list = el('ul', 'aml-fold-list');
  into(element, title, list);
  return { element, title, list };
}
