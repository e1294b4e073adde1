/** A series of numbers as a line of blocks, one character a value: how a learning curve fits into a line of progress. */

const blocks = [..."▁▂▃▄▅▆▇█"] as const;

/** At most `width` characters; of a longer series, the last value of each equal part. Empty for fewer than two values. */
export function sparkline(values: readonly number[], width = 16): string {
  if (values.length < 2) return "";
  const count = Math.min(width, values.length);
  const shown = Array.from(
    { length: count },
    (_, i) => values[Math.ceil(((i + 1) * values.length) / count) - 1] as number,
  );
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const scale = high > low ? (blocks.length - 1) / (high - low) : 0;
  return shown.map((value) => blocks[Math.round((value - low) * scale)]).join("");
}
