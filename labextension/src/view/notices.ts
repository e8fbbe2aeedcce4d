/** What the reader has to know beside the figures: a kernel that is away, a saved state, a failure, a command that was refused. */

import { timeOfDay } from '../model/format';
import { FINAL, type Snapshot } from '../model/schema';
import { button } from './controls';
import { el, into, Keyed, setAttribute, setClass, setText, show } from './dom';
import type { Frame } from './frame';
import { icon, setIcon } from './icons';

interface Notice {
  readonly key: string;
  readonly tone: 'info' | 'warning' | 'bad';
  readonly text: string;
  readonly command: string;
  readonly dismiss: boolean;
}

const LINE = 'The same as a line of Python: ';

export class Notices {
  readonly element = el('div', 'aml-notices', null, { role: 'status' });
  private readonly items: Keyed<Notice, HTMLDivElement>;
  private dismissed = '';
  private line = '';

  constructor() {
    this.items = new Keyed<Notice, HTMLDivElement>(
      this.element,
      notice => this.make(notice),
      (node, notice) => {
        setClass(node, `aml-notice aml-notice-${notice.tone}`);
        setIcon(node.children[0] as SVGSVGElement, notice.tone === 'info' ? 'info' : 'warning');
        setText(node.children[1]?.firstChild as Node, notice.text);
        const code = node.children[1]?.lastElementChild as HTMLElement;
        setText(code, notice.command);
        show(code, notice.command !== '');
        setAttribute(node, 'data-text', notice.text);
      }
    );
  }

  /** Something was asked for by hand: show the line of Python that asks the same. */
  done(line: string): void {
    this.line = line;
  }

  update(frame: Frame, told: string | null): void {
    if (told === null) {
      this.dismissed = '';
    }
    const notices = noticesOf(frame, told === this.dismissed ? null : told);
    if (this.line !== '' && frame.live && !FINAL.has(frame.snapshot.state)) {
      notices.push({ key: `line ${this.line}`, tone: 'info', text: LINE, command: this.line, dismiss: true });
    }
    this.items.update(notices, notice => notice.key);
    show(this.element, notices.length > 0);
  }

  private make(notice: Notice): HTMLDivElement {
    const words = into(el('span', 'aml-notice-words'), document.createTextNode(''), el('code'));
    const node = into(el('div', 'aml-notice'), icon('info'), words);
    if (notice.dismiss) {
      const close = button('', 'close', 'aml-quiet aml-close', () => {
        if (notice.text === LINE) {
          this.line = '';
        } else {
          this.dismissed = node.dataset['text'] ?? '';
        }
        node.hidden = true;
      });
      setAttribute(close, 'aria-label', 'Dismiss');
      node.append(close);
    }
    return node;
  }
}

function noticesOf(frame: Frame, told: string | null): Notice[] {
  const { snapshot } = frame;
  const notices: Notice[] = [];
  const attach = `%automl attach ${snapshot.name}`;
  const over = FINAL.has(snapshot.state);
  if (frame.live && frame.away) {
    const text = 'The kernel is not answering. The search goes on without it. When the kernel is back, this view follows by itself; in a new kernel run ';
    notices.push({ key: 'away', tone: 'info', text, command: attach, dismiss: false });
  }
  if (!frame.live && !over) {
    notices.push({ key: 'saved', tone: 'info', text: savedText(snapshot), command: attach, dismiss: false });
  }
  if (told !== null) {
    notices.push({ key: `told ${told}`, tone: 'warning', text: told, command: '', dismiss: true });
  }
  if (!over && snapshot.message !== null) {
    notices.push({ key: 'message', tone: 'info', text: snapshot.message, command: '', dismiss: false });
  }
  return notices;
}

function savedText(snapshot: Snapshot): string {
  const at = snapshot.clock.now === null ? '' : ` at ${timeOfDay(snapshot.clock.now)}`;
  return `The state saved${at}. The search goes on without this page; to see it live run `;
}
