/**
 * The set `click-log`: sessions of ranked items with clicks, a position bias, and features that are known only after the
 * click, as in Privileged Features Distillation (Xu et al. 2020, arXiv 1907.05171). A click happens where an item is both
 * looked at and attractive (the position-based model; Craswell et al. 2008), and both probabilities are known, so the
 * best AUC that any model can reach is known too, with and without the privileged features.
 */
import { labelSeed, randomStream } from "../random.ts";
import type { DataSet } from "./data-set.ts";
import { type DrawnOptions, drawnSet } from "./drawn-set.ts";
import { exponential, logarithm, normalBelow, normalStream } from "./portable-math.ts";

export interface ClickLogOptions extends DrawnOptions {
  /** Items of a session (default 10). */
  readonly items?: number;
  /** Features of an item that are known before it is shown (default 8). */
  readonly features?: number;
  /** Position k (from 0) is looked at with probability (1 + k)^-bias (default 1; 0 is no bias). */
  readonly bias?: number;
  /** Standard deviation of what the features do not tell of an item's appeal (default 1). */
  readonly hidden?: number;
  /** Standard deviation of the error with which the privileged features show that (default 0.3). */
  readonly privilegedNoise?: number;
}

// Dwell time and the like: each shows the hidden part of the appeal with an error of its own.
const privilegedCount = 3;
// The appeal's spread over items by their features, in units of its noise; and how far below 0 it is on average.
const spread = 1.2;
const offset = -0.8;

/**
 * Fields, each with one row an item: `features` [items, features]; `position` [items], where it was shown; `privileged`
 * [items, 3]; `click` [items]; `relevance` [items], whether it was attractive, seen or not; and as truth `attraction`
 * [items], its probability given the features, `attractionWithPrivileged` given both, `examination` [items].
 */
export function clickLog(options: ClickLogOptions = {}): DataSet {
  const settings = { items: 10, features: 8, bias: 1, hidden: 1, privilegedNoise: 0.3, ...options };
  const { items, features } = settings;
  const appeal = appealOf(features, options.seed ?? 1);
  const binary = { shape: [items], values: 2 } as const;
  return drawnSet(
    {
      name: "click-log",
      fields: [
        {
          name: "features",
          shape: [items, features],
          role: "input",
          meaning: "known before the item is shown",
        },
        {
          name: "position",
          shape: [items],
          role: "input",
          values: items,
          meaning: "where it was shown, from 0",
        },
        {
          name: "privileged",
          shape: [items, privilegedCount],
          role: "privileged",
          meaning: "known after the click",
        },
        { name: "click", ...binary, role: "target", meaning: "looked at and attractive" },
        { name: "relevance", ...binary, role: "truth", meaning: "attractive, whether looked at or not" },
        { name: "attraction", shape: [items], role: "truth", meaning: "P(relevant | features)" },
        {
          name: "attractionWithPrivileged",
          shape: [items],
          role: "truth",
          meaning: "P(relevant | features, privileged)",
        },
        { name: "examination", shape: [items], role: "truth", meaning: "P(looked at | position)" },
      ],
      draw: (random) => drawSession(settings, appeal, random),
    },
    options,
  );
}

/** How likely a position is looked at. */
export function examinationOf(position: number, bias: number): number {
  return exponential(-bias * logarithm(1 + position));
}

/** A linear part and one product of two features, which a linear model cannot learn; unit variance times the spread. */
function appealOf(features: number, seed: number): (item: Float32Array) => number {
  const normal = normalStream(randomStream(labelSeed(seed, "click-log appeal")));
  const weights = Float64Array.from({ length: features }, normal);
  const length = Math.sqrt(weights.reduce((sum, weight) => sum + weight * weight, 0));
  // 0.6² + 0.8² = 1: the product of two features has a variance of 1 as the linear part has.
  return (item) => {
    const linear = weights.reduce((sum, weight, at) => sum + weight * (item[at] as number), 0) / length;
    return (
      offset + spread * (0.8 * linear + 0.6 * (item[0] as number) * (item[features > 1 ? 1 : 0] as number))
    );
  };
}

type Settings = Required<Omit<ClickLogOptions, keyof DrawnOptions>>;

function drawSession(settings: Settings, appeal: (item: Float32Array) => number, random: () => number) {
  const { items, features, bias, hidden, privilegedNoise } = settings;
  const normal = normalStream(random);
  const drawn = Array.from({ length: items }, () => {
    const known = Float32Array.from({ length: features }, normal);
    const secret = normal();
    // The ranker that made the log knew something of the appeal, so position and appeal are confounded.
    return { known, secret, appeal: appeal(known), rank: appeal(known) + 1.5 * normal() };
  });
  drawn.sort((a, b) => b.rank - a.rank);
  const column = (): Float32Array => new Float32Array(items);
  const session = {
    features: new Float32Array(items * features),
    position: Float32Array.from({ length: items }, (_, position) => position),
    privileged: new Float32Array(items * privilegedCount),
    click: column(),
    relevance: column(),
    attraction: column(),
    attractionWithPrivileged: column(),
    examination: column(),
  };
  drawn.forEach((item, position) => {
    session.features.set(item.known, position * features);
    let shown = 0;
    for (let each = 0; each < privilegedCount; each++) {
      const value = item.secret + privilegedNoise * normal();
      session.privileged[position * privilegedCount + each] = value;
      shown += value / privilegedCount;
    }
    const relevant = item.appeal + hidden * item.secret + normal() > 0;
    const examination = examinationOf(position, bias);
    session.relevance[position] = relevant ? 1 : 0;
    session.click[position] = random() < examination && relevant ? 1 : 0;
    session.examination[position] = examination;
    // P(appeal + hidden * secret + noise > 0), both standard normal.
    session.attraction[position] = normalBelow(item.appeal / Math.sqrt(1 + hidden * hidden));
    session.attractionWithPrivileged[position] = knowing(item.appeal, hidden, shown, privilegedNoise);
  });
  return session;
}

/** The same once the mean of the privileged features is known, which is sufficient for the hidden part. */
function knowing(appeal: number, hidden: number, shown: number, privilegedNoise: number): number {
  const error = (privilegedNoise * privilegedNoise) / privilegedCount;
  const left = error / (1 + error);
  const expected = shown / (1 + error);
  return normalBelow((appeal + hidden * expected) / Math.sqrt(1 + hidden * hidden * left));
}
