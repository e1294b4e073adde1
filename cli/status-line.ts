/**
 * One live line on a terminal, and sentences that stay; elsewhere the sentences alone. Written at most five times a
 * second, and never from the process that measures.
 */
import { sanitise, truncate } from "./terminal-text.ts";
import { themeFor } from "./theme.ts";

export interface StatusLine {
  /** Replaces the live line. */
  show(text: string): void;
  /** A sentence that stays. */
  say(text: string): void;
  /** Removes the live line. */
  end(): void;
}

const leastMilliseconds = 200;
// Carriage return and erase in line (ECMA-48): the cursor stays on the line, which the next one overwrites.
const clearLine = "\r\u001b[2K";

/** The status line of a stream. */
export function statusLine(stream: NodeJS.WriteStream): StatusLine {
  const theme = themeFor(stream);
  let drawnAt = Number.NEGATIVE_INFINITY;
  let drawn = false;
  const end = (): void => {
    if (drawn) stream.write(clearLine);
    drawn = false;
  };
  return {
    end,
    say(text) {
      end();
      stream.write(`${sanitise(text)}\n`);
    },
    show(text) {
      const now = performance.now();
      if (!stream.isTTY || now - drawnAt < leastMilliseconds) return;
      drawnAt = now;
      drawn = true;
      // A line that fills the last column would wrap and could not be erased.
      stream.write(`${clearLine}${theme.muted(truncate(sanitise(text), (stream.columns || 80) - 1))}`);
    },
  };
}
