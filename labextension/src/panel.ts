/**
 * The panel as a widget: the browser's end of the talk with the kernel, around the form.
 *
 * Bundled on its own and handed to anywidget as text, so it may import nothing at run time. Keeps no state in the widget's model: the kernel has the draft,
 * and after a reload it is asked for again.
 */

import '../style/view.css';
import '../style/panel.css';
import { askToInsert } from './inserting';
import { Drafting, type Asking } from './model/drafting';
import { PanelView } from './panel/view';

interface Model {
  send(content: unknown): void;
  on(name: 'msg:custom', action: (message: unknown) => void): void;
  off(name: 'msg:custom', action: (message: unknown) => void): void;
}

const BEAT = 1_000;

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const send = (asking: Asking): void => {
    try {
      model.send(asking);
    } catch (error) {
      // A dead connection throws here. The kernel's silence is shown by the beat, so the reason is all that has to be kept.
      console.warn('AutoML Lab: the message could not be sent', error);
    }
  };
  const drafting = new Drafting(send);
  const now = (): number => performance.now();
  const view = new PanelView(
    drafting,
    {
      set: changes => after(() => drafting.set(changes, now())),
      edit: text => after(() => drafting.edit(text, now())),
      run: () => after(() => drafting.run(now())),
      refresh: () => after(() => drafting.refresh(now()))
    },
    askToInsert
  );
  function after(action: () => void): void {
    action();
    view.schedule();
  }
  const receive = (message: unknown): void => {
    if (drafting.receive(message)) {
      view.schedule();
    }
  };
  model.on('msg:custom', receive);
  const timer = window.setInterval(() => {
    if (drafting.beat(now())) {
      view.schedule();
    }
  }, BEAT);
  el.append(view.element);
  drafting.hello(now());
  return () => {
    window.clearInterval(timer);
    model.off('msg:custom', receive);
    view.dispose();
  };
}

export default { render };
