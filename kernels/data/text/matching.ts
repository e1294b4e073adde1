/**
 * The set `text-matching`: two sentences that mean the same or not. The meaning comes first (who does what to whom, what
 * he is like, where), and is then said in one of several ways: active or passive, with synonyms, the place first or last.
 * In half of the pairs that do not match, a single part of the meaning differs, or agent and patient change places.
 */
import { integerIn } from "../../random.ts";
import type { DataSet } from "../data-set.ts";
import { type DrawnOptions, drawnSet } from "../drawn-set.ts";

/** Parts of a meaning: each value with its synonyms. */
const parts = {
  agent: [["king"], ["doctor", "physician"], ["thief", "robber"], ["girl"], ["boy"], ["teacher"]],
  action: [
    ["sees", "spots"],
    ["helps", "aids"],
    ["follows", "trails"],
    ["calls", "phones"],
  ],
  patient: [["king"], ["doctor", "physician"], ["thief", "robber"], ["girl"], ["boy"], ["teacher"]],
  manner: [
    ["old", "aged"],
    ["quick", "fast"],
    ["happy", "glad"],
    ["big", "large"],
  ],
  place: [["street", "road"], ["garden"], ["shop", "store"], ["home"]],
} as const;

type Part = keyof typeof parts;
const partNames = Object.keys(parts) as Part[];
type Meaning = Readonly<Record<Part, number>>;

// Passive forms of the actions, with the same synonyms.
const passive = [
  ["seen", "spotted"],
  ["helped", "aided"],
  ["followed", "trailed"],
  ["called", "phoned"],
] as const;

const padding = "-";
const words = ["the", "is", "by", "at"];

/** Every word; token 0 fills up what a sentence is shorter than the longest. */
export const matchingVocabulary: readonly string[] = [
  padding,
  ...new Set([...words, ...partNames.flatMap((part) => parts[part].flat()), ...passive.flat()]),
];

// the old king is seen by the doctor at the shop: eleven words, with "at the" before or after.
const sentenceLength = 11;

/** Fields: `first`, `second` [11]; `label`, 1 where they mean the same; `differences`, how many parts of five differ. */
export function textMatching(options: DrawnOptions = {}): DataSet {
  const tokens = { shape: [sentenceLength], values: matchingVocabulary.length, role: "input" } as const;
  return drawnSet(
    {
      name: "text-matching",
      classes: ["different", "same"],
      fields: [
        { name: "first", ...tokens, meaning: "words of one sentence" },
        { name: "second", ...tokens, meaning: "words of the other" },
        { name: "label", shape: [], role: "target", values: 2, meaning: "1: they mean the same" },
        {
          name: "differences",
          shape: [],
          role: "truth",
          values: 6,
          meaning: "parts of the meaning that differ",
        },
      ],
      draw(random, index) {
        const one = meaning(random);
        const label = index % 2;
        const other = label === 1 ? one : index % 4 === 0 ? nearMiss(one, random) : different(one, random);
        const differences = partNames.filter((part) => one[part] !== other[part]).length;
        return {
          first: said(one, random),
          second: said(other, random),
          label: [label],
          differences: [differences],
        };
      },
    },
    options,
  );
}

function meaning(random: () => number): Meaning {
  const drawn = partNames.map((part) => [part, integerIn(random, 0, parts[part].length - 1)] as const);
  const made = Object.fromEntries(drawn) as Meaning;
  // Nobody does it to himself: passive and active would be told apart by nothing.
  return made.agent === made.patient ? { ...made, patient: (made.agent + 1) % parts.patient.length } : made;
}

/** One part changed, or agent and patient exchanged. */
function nearMiss(one: Meaning, random: () => number): Meaning {
  const which = integerIn(random, 0, 3);
  if (which === 0) return { ...one, agent: one.patient, patient: one.agent };
  const part = (["action", "manner", "place"] as const)[which - 1] as "action" | "manner" | "place";
  const count = parts[part].length;
  return { ...one, [part]: (one[part] + integerIn(random, 1, count - 1)) % count };
}

function different(one: Meaning, random: () => number): Meaning {
  for (;;) {
    const other = meaning(random);
    if (partNames.some((part) => one[part] !== other[part])) return other;
  }
}

/** Tokens of one way to say it, filled up to the full length. */
function said(what: Meaning, random: () => number): number[] {
  const pick = (synonyms: readonly string[]): string =>
    synonyms[integerIn(random, 0, synonyms.length - 1)] as string;
  const word = (part: Part): string => pick(parts[part][what[part]] as readonly string[]);
  const place = ["at", "the", word("place")];
  const agent = ["the", word("manner"), word("agent")];
  const patient = ["the", word("patient")];
  const isPassive = random() < 0.5;
  const core = isPassive
    ? [...patient, "is", pick(passive[what.action] as readonly string[]), "by", ...agent]
    : [...agent, word("action"), ...patient];
  const sentence = random() < 0.5 ? [...place, ...core] : [...core, ...place];
  return Array.from({ length: sentenceLength }, (_, at) =>
    matchingVocabulary.indexOf(sentence[at] ?? padding),
  );
}
