/** Numbers, durations and times as the reader sees them. Pure functions; the one place that decides how many digits are shown. */

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** "7,043" */
export function count(value: number): string {
  return WHOLE.format(value);
}

/** How many decimals a column needs so that its numbers line up and still differ: four below one, none from ten thousand on. */
export function decimals(values: Iterable<number | null | undefined>): number {
  let largest = 0;
  for (const value of values) {
    if (value !== null && value !== undefined && Number.isFinite(value)) {
      largest = Math.max(largest, Math.abs(value));
    }
  }
  if (largest >= 10_000) {
    return 0;
  }
  if (largest >= 100) {
    return 1;
  }
  if (largest >= 10) {
    return 2;
  }
  return largest > 1 ? 3 : 4;
}

/** A value with the decimals of its column; an en dash for none. */
export function value(number: number | null | undefined, places: number): string {
  if (number === null || number === undefined || !Number.isFinite(number)) {
    return '–';
  }
  const smallest = 10 ** -places / 2;
  if (number !== 0 && Math.abs(number) < smallest) {
    return number.toExponential(1);
  }
  return withPlaces(places).format(number);
}

/** A number with exactly so many decimals. */
export function fixed(number: number, places: number): string {
  return withPlaces(places).format(number);
}

const FORMATS = new Map<number, Intl.NumberFormat>();

/** Kept: to make one takes as long as a hundred numbers, and a chart says two for every trial. */
function withPlaces(places: number): Intl.NumberFormat {
  let format = FORMATS.get(places);
  if (format === undefined) {
    format = new Intl.NumberFormat('en-US', { minimumFractionDigits: places, maximumFractionDigits: places });
    FORMATS.set(places, format);
  }
  return format;
}

/** One value on its own, with the decimals that suit its size. */
export function alone(number: number | null | undefined): string {
  return value(number, decimals([number]));
}

/** A difference with its sign, "+0.0012" or "−0.0012". */
export function difference(number: number | null, places: number): string {
  if (number === null || !Number.isFinite(number)) {
    return '–';
  }
  const shown = Math.abs(number).toLocaleString('en-US', { minimumFractionDigits: places, maximumFractionDigits: places });
  return Number(shown.replaceAll(',', '')) === 0 ? `±${shown}` : `${number > 0 ? '+' : '−'}${shown}`;
}

/** "4.2 s", "3m 05s" or "2h 10m", as everywhere in the product. */
export function duration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) {
    return '–';
  }
  return seconds < 59.95 ? `${Math.max(0, seconds).toFixed(1)} s` : minutes(Math.round(seconds));
}

/** The same for a clock that ticks: whole seconds, "46 s", "3m 05s". */
export function ticking(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : minutes(whole);
}

function minutes(whole: number): string {
  const two = (each: number): string => String(each).padStart(2, '0');
  const rest = Math.floor(whole / 60);
  return rest < 60 ? `${rest}m ${two(whole % 60)}s` : `${Math.floor(rest / 60)}h ${two(rest % 60)}m`;
}

/** The reader's local time of day of epoch seconds, "14:03:11". */
export function timeOfDay(epoch: number): string {
  return new Date(epoch * 1000).toLocaleTimeString('en-GB');
}

/** The reader's local date and time of epoch seconds, "2026-11-20 14:03". */
export function dateAndTime(epoch: number): string {
  const date = new Date(epoch * 1000);
  return `${date.toLocaleDateString('sv-SE')} ${date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })}`;
}

/** Any recorded parameter as text; long ones are cut. */
export function parameter(given: unknown): string {
  if (typeof given === 'number') {
    return Number.isInteger(given) ? String(given) : String(Number(given.toPrecision(5)));
  }
  const shown = typeof given === 'string' ? given : (JSON.stringify(given) ?? 'None');
  return shown.length > 200 ? `${shown.slice(0, 199)}…` : shown;
}

/** "1 trial", "3 trials" */
export function plural(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** A title at the head of a line or column: "Prediction time". */
export function headline(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
