/**
 * Small steady DOM building: nodes are made once, found again by key and changed only where something changed.
 *
 * Refuses markup: text goes in as text, so that a column named "<img onerror=…>" is shown as just that.
 */

const SVG = 'http://www.w3.org/2000/svg';

export type Attributes = Readonly<Record<string, string | number | boolean | null>>;

export function el<K extends keyof HTMLElementTagNameMap>(tag: K, className = '', text: string | null = null, attributes: Attributes = {}): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (className !== '') {
    node.className = className;
  }
  if (text !== null) {
    node.textContent = text;
  }
  setAttributes(node, attributes);
  return node;
}

export function svg<K extends keyof SVGElementTagNameMap>(tag: K, attributes: Attributes = {}): SVGElementTagNameMap[K] {
  const node = document.createElementNS(SVG, tag);
  setAttributes(node, attributes);
  return node;
}

/** Append children and give the parent back, to build trees in one expression. */
export function into<T extends Element>(parent: T, ...children: (Node | string)[]): T {
  parent.append(...children);
  return parent;
}

export function setAttributes(node: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    setAttribute(node, name, value);
  }
}

export function setAttribute(node: Element, name: string, value: string | number | boolean | null): void {
  if (value === null || value === false) {
    if (node.hasAttribute(name)) {
      node.removeAttribute(name);
    }
    return;
  }
  const text = value === true ? '' : String(value);
  if (node.getAttribute(name) !== text) {
    node.setAttribute(name, text);
  }
}

export function setText(node: Node, text: string): void {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

export function setClass(node: Element, className: string): void {
  setAttribute(node, 'class', className);
}

export function show(node: HTMLElement, visible: boolean): void {
  if (node.hidden === visible) {
    node.hidden = !visible;
  }
}

/** Whether a node shows on screen: hidden while its tab, cell or window is away. */
export function isOnScreen(node: Element): boolean {
  return node.isConnected && !document.hidden;
}

/**
 * Children of one parent, one per key. A node that stays keeps its identity (and with it focus and hover); one whose key is
 * gone is removed, and the order follows the items with as few moves as possible.
 */
export class Keyed<T, N extends Element> {
  private nodes = new Map<string, N>();

  constructor(
    private readonly parent: Element,
    private readonly make: (item: T, key: string) => N,
    private readonly change: (node: N, item: T, index: number) => void
  ) {}

  update(items: readonly T[], keyOf: (item: T, index: number) => string): void {
    const kept = new Map<string, N>();
    let cursor: Element | null = this.parent.firstElementChild;
    items.forEach((item, index) => {
      const key = keyOf(item, index);
      const node = this.nodes.get(key) ?? this.make(item, key);
      kept.set(key, node);
      this.change(node, item, index);
      if (node === cursor) {
        cursor = cursor.nextElementSibling;
      } else {
        this.parent.insertBefore(node, cursor);
      }
    });
    for (const [key, node] of this.nodes) {
      if (!kept.has(key)) {
        node.remove();
      }
    }
    this.nodes = kept;
  }

  get(key: string): N | undefined {
    return this.nodes.get(key);
  }
}
