/**
 * What the view may ask of an experiment, and the line of Python that asks the same.
 *
 * Owns how values are written in Python. Refuses to send: that is the conversation's.
 */

export type Command =
  | { readonly type: 'stop' | 'pause' | 'resume' }
  | { readonly type: 'prune' | 'around' | 'pin' | 'unpin'; readonly number: number }
  | { readonly type: 'extend'; readonly seconds: number }
  | { readonly type: 'extend'; readonly trials: number }
  | { readonly type: 'narrow'; readonly ranges: Readonly<Record<string, unknown>> }
  | { readonly type: 'switch_on' | 'switch_off'; readonly family: string }
  | { readonly type: 'enqueue'; readonly params: Readonly<Record<string, unknown>> };

/** The line that does the same in a cell: `churn.prune(7)`. */
export function pythonLine(name: string, command: Command): string {
  return `${name}.${command.type}(${argumentsOf(command)})`;
}

function argumentsOf(command: Command): string {
  switch (command.type) {
    case 'prune':
    case 'around':
    case 'pin':
    case 'unpin':
      return String(command.number);
    case 'extend':
      return 'seconds' in command ? python(shortDuration(command.seconds)) : `trials=${command.trials}`;
    case 'narrow':
      return python(command.ranges);
    case 'switch_on':
    case 'switch_off':
      return python(command.family);
    case 'enqueue':
      return python(command.params);
    default:
      return '';
  }
}

/** A plain value as a Python literal. */
export function python(value: unknown): string {
  if (value === null || value === undefined) {
    return 'None';
  }
  if (typeof value === 'boolean') {
    return value ? 'True' : 'False';
  }
  if (typeof value === 'number') {
    return String(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map(python).join(', ')}]`;
  }
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([key, each]) => `${python(key)}: ${python(each)}`)
      .join(', ')}}`;
  }
  return quoted(String(value));
}

/** In single quotes; what would end the literal, or the line, is escaped. */
function quoted(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t');
  return `'${escaped}'`;
}

/** "90s", "5m" or "1h", as the product reads it. */
export function shortDuration(seconds: number): string {
  if (seconds % 3600 === 0) {
    return `${seconds / 3600}h`;
  }
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

/** What somebody wrote in the place of a value, in that value's kind where it can be read so: "0.1" for a number, "true" for a truth, "None" for none. */
export function meant(written: string, before: unknown): unknown {
  const text = written.trim();
  if (text === 'None' || text === 'null') {
    return null;
  }
  if (typeof before === 'boolean' && /^(true|false)$/i.test(text)) {
    return text.toLowerCase() === 'true';
  }
  return (typeof before === 'number' || before === null) && text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
