/**
 * Axes that this program needs to know in pixels: where labels of neighbouring points are pushed apart, and where ticks
 * stand on a logarithmic axis that spans less than a few decades.
 */

export interface Axis {
  readonly type: "linear" | "log";
  readonly domain: readonly [number, number];
  /** Length in pixels. */
  readonly length: number;
}

/** Distance in pixels from the lower end of the axis. */
export function positionOn({ type, domain: [from, to], length }: Axis, value: number): number {
  const at = type === "log" ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
  return at * length;
}

/** Ticks of 1, 2 and 5 times powers of ten inside the domain; of powers alone where there would be too many. */
export function logTicks([from, to]: readonly [number, number]): number[] {
  const powers: number[] = [];
  for (let exponent = Math.floor(Math.log10(from)); exponent <= Math.log10(to); exponent++)
    powers.push(exponent);
  const steps = powers.length > 4 ? [1] : [1, 2, 5];
  // Through text, because 2 * 10 ** -3 is not the number that is written 0.002.
  return powers
    .flatMap((exponent) => steps.map((digit) => Number(`${digit}e${exponent}`)))
    .filter((tick) => tick >= from && tick <= to);
}

/** A domain that holds all values with a margin on both ends; logarithmic. */
export function logDomain(values: readonly number[], margin: number): [number, number] {
  return [Math.min(...values) / margin, Math.max(...values) * margin];
}

/**
 * Moves positions apart until neighbours have the least distance, keeping their order, and keeps them within the axis
 * as long as they fit.
 */
export function spread(positions: readonly number[], least: number, length: number): number[] {
  const order = positions.map((_, index) => index).sort((a, b) => (positions[a] ?? 0) - (positions[b] ?? 0));
  const moved = [...positions];
  let floor = Number.NEGATIVE_INFINITY;
  for (const index of order) {
    moved[index] = Math.max(moved[index] ?? 0, floor);
    floor = (moved[index] ?? 0) + least;
  }
  let ceiling = length;
  for (const index of order.reverse()) {
    moved[index] = Math.min(moved[index] ?? 0, ceiling);
    ceiling = (moved[index] ?? 0) - least;
  }
  return moved;
}
