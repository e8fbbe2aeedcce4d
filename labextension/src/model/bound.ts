/** A constraint between its text and its three parts. Pure functions; whether it makes sense is the kernel's to say. */

export const OPERATORS = ['<=', '>=', '<', '>'] as const;

export interface Bound {
  readonly index: number;
  readonly objective: string;
  readonly operator: string;
  readonly value: string;
}

/** A constraint as the draft says it, in its three parts; one written otherwise is all objective, so that nothing of it is lost. */
export function readBound(text: string, index: number): Bound {
  const match = /^\s*([A-Za-z_]\w*(?:\[[^[\]]+\])?)\s*(<=|>=|<|>)\s*(\S*)\s*$/.exec(text);
  return match === null ? { index, objective: text, operator: '', value: '' } : { index, objective: match[1] ?? '', operator: match[2] ?? '', value: match[3] ?? '' };
}

export function writeBound({ objective, operator, value }: Omit<Bound, 'index'>): string {
  return `${objective} ${operator} ${value}`.trim();
}
