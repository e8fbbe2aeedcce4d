/** Name, state, what is searched on what, and the buttons that steer the search. */

import { count, parameter } from '../model/format';
import type { Snapshot } from '../model/schema';
import { Controls } from './controls';
import { el, into, Keyed, setAttribute, setClass, setText } from './dom';
import { Extending } from './extending';
import type { Frame, Requests, Section } from './frame';
import { icon, setIcon, type IconName } from './icons';

interface Fact {
  readonly key: string;
  readonly label: string;
  readonly text: string;
  readonly title: string;
}

interface Pill {
  readonly word: string;
  readonly icon: IconName;
  readonly tone: 'busy' | 'calm' | 'good' | 'bad' | 'quiet';
}

const ENDS: Readonly<Record<string, Pill>> = {
  QUEUED: { word: 'Queued', icon: 'queued', tone: 'quiet' },
  PAUSED: { word: 'Paused', icon: 'paused', tone: 'calm' },
  COMPLETED: { word: 'Completed', icon: 'completed', tone: 'good' },
  STOPPED: { word: 'Stopped', icon: 'stopped', tone: 'quiet' },
  FAILED: { word: 'Failed', icon: 'failed', tone: 'bad' }
};

const BUSY: Readonly<Record<Snapshot['phase'], string>> = {
  starting: 'Starting',
  preparing: 'Preparing',
  searching: 'Searching',
  refitting: 'Refitting',
  done: 'Finishing'
};

export function pillOf(snapshot: Snapshot): Pill {
  return ENDS[snapshot.state] ?? { word: BUSY[snapshot.phase], icon: 'running', tone: 'busy' };
}

export class Header implements Section {
  readonly element = el('header', 'aml-header');
  private readonly name = el('h3', 'aml-name');
  private readonly run = el('span', 'aml-run');
  private readonly pill = el('span', 'aml-pill');
  private readonly pillIcon = icon('queued');
  private readonly pillWord = el('span');
  private readonly facts = el('ul', 'aml-facts');
  private readonly items: Keyed<Fact, HTMLLIElement>;
  private readonly controls: Controls | null;
  private readonly extending: Extending | null;

  constructor(requests: Requests, live: boolean) {
    this.controls = live ? new Controls(requests) : null;
    this.extending = live ? new Extending(requests) : null;
    into(this.pill, this.pillIcon, this.pillWord);
    const title = into(el('div', 'aml-title'), this.name, this.run, this.pill);
    const top = into(el('div', 'aml-header-top'), title);
    if (this.controls !== null && this.extending !== null) {
      top.append(into(el('div', 'aml-steering'), this.extending.element, this.controls.element));
    }
    into(this.element, top, this.facts);
    this.items = new Keyed<Fact, HTMLLIElement>(
      this.facts,
      () => into(el('li', 'aml-fact'), el('span', 'aml-fact-label'), el('span', 'aml-fact-text')),
      (node, fact) => {
        setText(node.firstElementChild as Element, fact.label);
        setText(node.lastElementChild as Element, fact.text);
        setAttribute(node, 'title', fact.title === '' ? null : fact.title);
      }
    );
  }

  update(frame: Frame): void {
    const { snapshot } = frame;
    const pill = pillOf(snapshot);
    setText(this.name, snapshot.name);
    setText(this.run, snapshot.run > 1 ? `run ${snapshot.run}` : '');
    setIcon(this.pillIcon, pill.icon);
    this.pillIcon.classList.toggle('aml-icon-spin', pill.icon === 'running' && frame.live && !frame.away);
    setText(this.pillWord, pill.word);
    setClass(this.pill, `aml-pill aml-tone-${pill.tone}`);
    this.items.update(factsOf(snapshot), fact => fact.key);
    this.controls?.update(frame);
    this.extending?.update(frame);
  }
}

/** The data line: what is known of the data, the target, the task and the objectives. Empty facts are left out. */
export function factsOf(snapshot: Snapshot): Fact[] {
  const { data } = snapshot;
  const facts: Fact[] = [];
  const add = (key: string, label: string, text: string, title = ''): void => {
    if (text !== '') {
      facts.push({ key, label, text, title });
    }
  };
  const size = data.rows === null || data.rows === 0 ? '' : ` ${count(data.rows)} rows × ${count(data.columns ?? 0)} columns`;
  add('data', 'data', `${data.source}${size === '' ? '' : ` ·${size}`}`);
  add('target', 'target', data.target);
  add('task', 'task', data.task, data.taskReason);
  add('validation', 'validation', data.validation.split('; ')[0] ?? '', data.validation);
  const objectives = snapshot.objectives.map(each => `${each.title} ${each.direction === 'maximize' ? '↑' : '↓'}`);
  const wanted = snapshot.objectives.map(each => `${each.direction} ${each.name}${each.unit === '' ? '' : ` (${each.unit})`}`);
  add('objectives', objectives.length > 1 ? 'objectives' : 'objective', objectives.join(', '), wanted.join('; '));
  add('constraints', 'subject to', snapshot.constraints.join(', '));
  const ranges = Object.entries(snapshot.ranges).map(([name, given]) => `${name} ${Array.isArray(given) ? `[${given.map(parameter).join(', ')}]` : `= ${parameter(given)}`}`);
  add('ranges', 'ranges', ranges.length > 2 ? `${ranges.length} changed` : ranges.join(', '), ranges.join('; '));
  return facts;
}
