/**
 * The set `sentences`: windows of running text from the grammar, for language models. Each begins with a sentence, so the
 * perfect model needs nothing from before the window, and each word's surprise under it is given as truth.
 */
import type { DataSet } from "../data-set.ts";
import { type DrawnOptions, drawnSet } from "../drawn-set.ts";
import { Reading, vocabulary } from "./grammar.ts";

export interface SentenceOptions extends DrawnOptions {
  /** Tokens of a window (default 32). */
  readonly length?: number;
}

/** Fields: `tokens` [length]; `next` [length], each the following token; `surprise` [length], -log P(next) in nats. */
export function sentences(options: SentenceOptions = {}): DataSet {
  const { length = 32 } = options;
  const token = { shape: [length], values: vocabulary.length } as const;
  return drawnSet(
    {
      name: "sentences",
      classes: vocabulary,
      fields: [
        { name: "tokens", ...token, role: "input", meaning: "words" },
        { name: "next", ...token, role: "target", meaning: "the word after each" },
        { name: "surprise", shape: [length], role: "truth", meaning: "-log P(next | all before), nats" },
      ],
      draw(random) {
        const reading = new Reading();
        const drawn = Array.from({ length: length + 1 }, () => reading.draw(random()));
        return {
          tokens: drawn.slice(0, length).map((each) => each.token),
          next: drawn.slice(1).map((each) => each.token),
          surprise: drawn.slice(1).map((each) => each.surprise),
        };
      },
    },
    options,
  );
}
