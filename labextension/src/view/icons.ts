/** The few icons of the view: drawn on a 16 unit grid in the colour of the text beside them. A word always stands next to one. */

import { svg } from './dom';

const PATHS = {
  queued: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Zm0 2.8V8l2.2 1.4',
  running: 'M8 2a6 6 0 1 1-6 6',
  paused: 'M5.5 3.5v9M10.5 3.5v9',
  completed: 'M3 8.5l3.3 3.3L13 4.8',
  stopped: 'M4.2 4.2h7.6v7.6H4.2Z',
  failed: 'M4 4l8 8M12 4l-8 8',
  pruned: 'M2.5 8h11M9.5 4.5 13.5 8l-4 3.5',
  infeasible: 'M8 2.6 14 13H2Zm0 3.8v3.2m0 1.6v.3',
  best: 'M8 1.8l1.9 4 4.3.5-3.2 3 .9 4.3L8 11.5l-3.9 2.1.9-4.3-3.2-3 4.3-.5Z',
  front: 'M8 2.5 13.5 8 8 13.5 2.5 8Z',
  close: 'M4 4l8 8M12 4l-8 8',
  copy: 'M5.5 5.5h7.5v8H5.5ZM3 10.5v-8h7.5',
  info: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Zm0 5.2v4M8 4.6v.4',
  warning: 'M8 2.6 14 13H2Zm0 3.8v3.2m0 1.6v.3',
  play: 'M5 3.2 12.5 8 5 12.8Z'
} as const;

export type IconName = keyof typeof PATHS;

const FILLED: ReadonlySet<IconName> = new Set<IconName>(['best', 'stopped', 'play']);

export function icon(name: IconName): SVGSVGElement {
  const node = svg('svg', { viewBox: '0 0 16 16', class: 'aml-icon', 'aria-hidden': 'true', focusable: 'false' });
  node.append(svg('path', { d: PATHS[name] }));
  setIcon(node, name);
  return node;
}

/** Turn an icon into another one without making a new node. */
export function setIcon(node: SVGSVGElement, name: IconName): void {
  if (node.dataset['icon'] === name) {
    return;
  }
  node.dataset['icon'] = name;
  node.classList.toggle('aml-icon-filled', FILLED.has(name));
  node.classList.toggle('aml-icon-spin', name === 'running');
  node.firstElementChild?.setAttribute('d', PATHS[name]);
}
