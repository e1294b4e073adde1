/**
 * Evolution: plans descend from the best ones measured so far, by exchanging knobs (crossover) and changing a few
 * (mutation); the model chooses which of many children are measured. As in Ansor (Zheng et al., OSDI 2020).
 */
import type { Point } from "../point.ts";
import { type Choice, knobNames, pick, randomPoint, type Space } from "../space.ts";
import { blindEvery } from "./random.ts";
import type { StrategyRow, Told } from "./strategy.ts";
import { bestPredicted, Seen } from "./unseen.ts";

/** Parents of a generation: enough that crossover has something to exchange. */
const parentsKept = 8;
const childrenForEach = 16;
/** A child changes one knob, and each further one with this chance. */
const furtherChange = 0.3;
/** One parent in so many is a stranger, so that a good start does not end the search. */
const strangers = 0.15;

export const evolution: StrategyRow = {
  id: "evolution",
  does: "lets plans descend from the best ones so far by crossover and mutation; the model chooses among the children",
  create(space) {
    const seen = new Seen();
    const told: Told[] = [];
    return {
      ask({ count, random, predict }) {
        const parents = fittest(space, told);
        const parent = (): Point =>
          random() < strangers ? randomPoint(space, random) : pick(parents, random);
        const children = Array.from({ length: childrenForEach * count }, () =>
          mutated(space, crossed(space, parent(), parent(), random), random),
        );
        const pool = seen.unseen(children.filter((child) => child !== undefined));
        const blind = pool.slice(0, Math.floor(count / blindEvery));
        const asked = [...bestPredicted(pool.slice(blind.length), count - blind.length, predict), ...blind];
        for (const plan of asked) seen.add(plan);
        return asked;
      },
      tell(results) {
        for (const { plan } of results) seen.add(plan);
        told.push(...results);
      },
    };
  },
};

/** The best plans so far, and the default, which is a parent from the beginning. */
function fittest(space: Space, told: readonly Told[]): readonly Point[] {
  const measured = told.flatMap(({ plan, logTime }) => (logTime === undefined ? [] : [{ plan, logTime }]));
  return [{ plan: space.start, logTime: 0 }, ...measured]
    .sort((a, b) => a.logTime - b.logTime)
    .slice(0, parentsKept)
    .map(({ plan }) => plan);
}

/** Each knob from either parent. */
function crossed(space: Space, a: Point, b: Point, random: () => number): Choice {
  const [left, right] = [space.choice(a), space.choice(b)];
  return Object.fromEntries(
    knobNames.map((knob) => [knob, random() < 0.5 ? left[knob] : right[knob]]),
  ) as unknown as Choice;
}

/** With one or more knobs turned to other values; undefined where the target cannot hold the tile. */
function mutated(space: Space, choice: Choice, random: () => number): Point | undefined {
  const { knobs } = space;
  const turnable = knobNames.filter((knob) => knobs[knob].length > 1);
  let changed = choice;
  do {
    const knob = pick(turnable, random);
    changed = { ...changed, [knob]: pick<unknown>(knobs[knob], random) };
  } while (random() < furtherChange);
  return space.point(changed);
}
