/**
 * A cell that the panel wants to have in the notebook: a widget cannot reach the notebook around it, our JupyterLab plug-in can.
 *
 * The two come from different bundles and know each other by this file only. Where no plug-in listens, the asking says so.
 */

const EVENT = 'automl-lab:insert';

interface Asked {
  readonly text: string;
  readonly from: Element;
}

/** Ask the page to insert a cell below the one that holds the node; whether somebody does. */
export function askToInsert(text: string, from: Element): boolean {
  const event = new CustomEvent<Asked>(EVENT, { detail: { text, from }, cancelable: true });
  return !document.dispatchEvent(event);
}

/** Do what is asked for. */
export function onInsert(action: (text: string, from: Element) => void): void {
  document.addEventListener(EVENT, event => {
    const { text, from } = (event as CustomEvent<Asked>).detail;
    event.preventDefault();
    action(text, from);
  });
}
