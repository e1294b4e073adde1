/**
 * A probabilistic grammar whose next word always has a known distribution. Each rule begins with a word, and the rules
 * of one symbol begin with different words, so what was said determines the rules that were used: the entropy of the
 * language is a closed sum, and a perfect language model can be written down. Verbs agree with their subject across
 * relative clauses of any depth, which is what a model has to remember.
 */
import { logarithm } from "../portable-math.ts";

interface Rule {
  readonly word: string;
  /** Symbols that follow, in order. */
  readonly then: readonly SymbolName[];
  readonly weight: number;
}

type SymbolName =
  | "sentence"
  | "subject"
  | "object"
  | "full-stop"
  | "verb-of-one"
  | "verb-of-many"
  | "noun"
  | "any-noun";

const nouns = ["dog", "cat", "bird", "child", "robot"] as const;
const rules = (word: string, weight: number, ...then: SymbolName[]): Rule => ({ word, then, weight });

function verbs(ending: string, symbol: SymbolName): readonly Rule[] {
  return [
    ...["sleep", "run", "sing"].map((verb, at) => rules(verb + ending, 3 - at)),
    ...["see", "hear", "follow"].map((verb, at) => rules(verb + ending, 3 - at, "object")),
    // The relative clause has a verb of its own, then the sentence's verb must still agree.
    rules("that", 3, symbol, symbol),
  ];
}

/** Rules by symbol; weights are relative. */
const grammar: Readonly<Record<SymbolName, readonly Rule[]>> = {
  sentence: [rules("the", 3, "subject", "full-stop"), rules("a", 1, "noun", "verb-of-one", "full-stop")],
  subject: [
    ...nouns.map((noun, at) => rules(noun, 5 - at, "verb-of-one")),
    ...nouns.map((noun, at) => rules(`${noun}s`, 5 - at, "verb-of-many")),
    ...["small", "old", "red"].map((word) => rules(word, 3, "subject")),
  ],
  object: [rules("the", 2, "any-noun"), rules("a", 1, "noun")],
  noun: [...nouns.map((noun, at) => rules(noun, 5 - at)), rules("small", 3, "noun"), rules("old", 2, "noun")],
  "any-noun": [
    ...nouns.map((noun, at) => rules(noun, 5 - at)),
    ...nouns.map((noun, at) => rules(`${noun}s`, 5 - at)),
    ...["small", "old", "red"].map((word) => rules(word, 3, "any-noun")),
  ],
  "verb-of-one": verbs("s", "verb-of-one"),
  "verb-of-many": verbs("", "verb-of-many"),
  "full-stop": [rules(".", 1)],
};

const symbols = Object.keys(grammar) as SymbolName[];

/** Every word, in the order of the grammar; a token is a place in this list. */
export const vocabulary: readonly string[] = [
  ...new Set(symbols.flatMap((symbol) => grammar[symbol].map(({ word }) => word))),
];

interface Choice {
  readonly token: number;
  readonly probability: number;
  readonly then: readonly SymbolName[];
}

const choices = Object.fromEntries(
  symbols.map((symbol) => {
    const total = grammar[symbol].reduce((sum, { weight }) => sum + weight, 0);
    return [
      symbol,
      grammar[symbol].map(({ word, weight, then }) => ({
        token: vocabulary.indexOf(word),
        probability: weight / total,
        then,
      })),
    ];
  }),
) as unknown as Readonly<Record<SymbolName, readonly Choice[]>>;

/** Where a text stands: the symbols still to come, the next one last. After the last one a new sentence begins. */
export class Reading {
  #open: SymbolName[] = ["sentence"];

  /** The probability of each token to come next. */
  next(): Float64Array {
    const probabilities = new Float64Array(vocabulary.length);
    for (const { token, probability } of this.#choices()) probabilities[token] = probability;
    return probabilities;
  }

  /** Takes the token that a number in [0, 1) chooses. @returns it and its probability in nats, -log p */
  draw(chance: number): { readonly token: number; readonly surprise: number } {
    const possible = this.#choices();
    let left = chance;
    // Rounding may leave a little of the chance: then it is the last choice.
    const chosen =
      possible.find(({ probability }) => {
        left -= probability;
        return left < 0;
      }) ?? (possible.at(-1) as Choice);
    this.#take(chosen);
    return { token: chosen.token, surprise: -logarithm(chosen.probability) };
  }

  /** Goes past a token. @returns false, and stays, if the grammar does not allow it here */
  accept(token: number): boolean {
    const chosen = this.#choices().find((choice) => choice.token === token);
    if (chosen) this.#take(chosen);
    return chosen !== undefined;
  }

  #choices(): readonly Choice[] {
    return choices[this.#open.at(-1) as SymbolName];
  }

  #take({ then }: Choice): void {
    this.#open.pop();
    this.#open.push(...then.toReversed());
    if (this.#open.length === 0) this.#open.push("sentence");
  }
}

/** Expected words and entropy in nats of what a symbol becomes: the fixed point of one linear equation a symbol. */
export function expectedOf(symbol: SymbolName = "sentence"): {
  readonly words: number;
  readonly nats: number;
} {
  const words = fixedPoint(() => 1);
  const nats = fixedPoint((of) =>
    choices[of].reduce((sum, { probability }) => sum - probability * logarithm(probability), 0),
  );
  return { words: words[symbol], nats: nats[symbol] };
}

/** Nats of a word in a long text: the cross-entropy below which no language model gets. */
export function entropyRate(): number {
  const { words, nats } = expectedOf();
  return nats / words;
}

function fixedPoint(own: (symbol: SymbolName) => number): Record<SymbolName, number> {
  const value = Object.fromEntries(symbols.map((symbol) => [symbol, 0])) as Record<SymbolName, number>;
  // Each round shrinks the error by the branching of relative clauses, below 1/2: 200 rounds reach the last bit.
  for (let round = 0; round < 200; round++) {
    for (const symbol of symbols) {
      value[symbol] = choices[symbol].reduce(
        (sum, { probability, then }) =>
          sum + probability * then.reduce((rest, each) => rest + value[each], 0),
        own(symbol),
      );
    }
  }
  return value;
}
