/**
 * Whether an experiment is shown live beside its saved output, so that the reader sees it once.
 *
 * The live view marks its node and tells the page; the saved output in the same output area hides meanwhile. The two come from
 * different bundles and know each other by this file only.
 */

import type { Looking } from './view/view';

const EVENT = 'automl-lab:live';
const AREA = '.jp-OutputArea';

interface Told {
  readonly id: string;
  readonly area: Element | null;
  readonly looking: Looking;
}

/** The output area around a node; null outside JupyterLab, where the whole page counts. */
export function areaOf(node: Element): Element | null {
  return node.closest(AREA);
}

export function markLive(node: HTMLElement, id: string | null): void {
  if (id === null) {
    delete node.dataset['automlLive'];
  } else {
    node.dataset['automlLive'] = id;
  }
}

/** Tell the page that the live view of `id` came to or left the area. */
export function tell(id: string, area: Element | null, looking: Looking): void {
  document.dispatchEvent(new CustomEvent<Told>(EVENT, { detail: { id, area, looking } }));
}

/** Call back when a live view comes or goes; the result ends the listening. */
export function listen(action: (told: Told) => void): () => void {
  const handler = (event: Event): void => action((event as CustomEvent<Told>).detail);
  document.addEventListener(EVENT, handler);
  return () => document.removeEventListener(EVENT, handler);
}

export function isLiveBeside(node: Element, id: string): boolean {
  const marked = (areaOf(node) ?? document).querySelectorAll<HTMLElement>('[data-automl-live]');
  return [...marked].some(each => each.dataset['automlLive'] === id);
}
