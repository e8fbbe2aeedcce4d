/**
 * The live widget: the browser's end of the talk with the kernel, around the common view.
 *
 * Bundled on its own and handed to anywidget as text, so it may import nothing at run time. Keeps no state in the widget's model but the experiment's id:
 * everything else comes by message and is asked for again after a reload.
 */

import '../style/view.css';
import { Conversation, type Outgoing } from './model/conversation';
import { areaOf, markLive, tell } from './presence';
import { RunView } from './view/view';

interface Model {
  get(name: 'experiment'): string;
  send(content: unknown): void;
  on(name: 'msg:custom', action: (message: unknown) => void): void;
  off(name: 'msg:custom', action: (message: unknown) => void): void;
}

const BEAT = 1_000;

class LiveSession {
  private readonly view: RunView;
  private readonly conversation: Conversation;
  private readonly timer: number;
  private area: Element | null = null;
  private marked = '';

  constructor(
    private readonly model: Model,
    host: HTMLElement
  ) {
    this.view = new RunView(true, asked => this.send(asked));
    this.view.wait('Waiting for the kernel …');
    this.conversation = new Conversation(message => this.send(message), performance.now());
    this.view.whenPlaced(() => this.announce());
    host.append(this.view.element);
    this.announce();
    model.on('msg:custom', this.onMessage);
    this.timer = window.setInterval(() => this.beat(), BEAT);
    this.conversation.hello(performance.now());
  }

  dispose(): void {
    window.clearInterval(this.timer);
    this.model.off('msg:custom', this.onMessage);
    const { looking } = this.view;
    this.view.dispose();
    markLive(this.view.element, null);
    if (this.marked !== '') {
      tell(this.marked, this.area, looking);
    }
  }

  private readonly onMessage = (message: unknown): void => {
    if (this.conversation.receive(message, performance.now())) {
      this.show();
    }
  };

  private beat(): void {
    const changed = this.conversation.beat(performance.now());
    if (this.conversation.snapshot === null && this.conversation.away) {
      this.view.wait('The kernel is not answering. The search, once started, goes on without it; %automl attach shows it again.');
    }
    if (changed || !this.conversation.isFinal()) {
      this.show();
    }
  }

  private show(): void {
    const { snapshot, away, notice, notices, sources } = this.conversation;
    if (snapshot === null) {
      return;
    }
    this.announce();
    this.view.update({ snapshot, away, notice, sources, answers: notices, now: this.conversation.clock(performance.now()) });
  }

  /** As soon as the node is on the page, the saved output of the same experiment beside it can step back. */
  private announce(): void {
    const id = this.conversation.snapshot?.id ?? this.model.get('experiment');
    const area = areaOf(this.view.element);
    if (id === '' || !this.view.element.isConnected || (id === this.marked && area === this.area)) {
      return;
    }
    this.marked = id;
    this.area = area;
    markLive(this.view.element, id);
    tell(id, area, this.view.looking);
  }

  private send(message: Outgoing): void {
    try {
      this.model.send(message);
    } catch (error) {
      // A dead connection throws here. Silence from the kernel is shown by the beat, so the reason is all that has to be kept.
      console.warn('AutoML Lab: the message could not be sent', error);
    }
  }
}

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const session = new LiveSession(model, el);
  return () => session.dispose();
}

export default { render };
