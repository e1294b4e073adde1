/**
 * Grid: every tile with every second size of its blocks, the model's favourites first. It ends, and then knows all of
 * these; on tens of thousands it is a walk down the model's own list.
 */
import { type Point, pointName } from "../point.ts";
import { type Choice, knobNames, ofPacking, type Space, type SpaceKnobs } from "../space.ts";
import type { StrategyRow } from "./strategy.ts";
import { bestPredicted } from "./unseen.ts";

export const grid: StrategyRow = {
  id: "grid",
  does: "walks through every tile and every second block size in the order in which the model ranks them",
  create(space) {
    let left: Map<string, Point> | undefined;
    const known = new Set<string>();
    const strike = (plans: readonly Point[]): void => {
      for (const id of plans.map(pointName)) {
        known.add(id);
        left?.delete(id);
      }
    };
    return {
      ask({ count, predict }) {
        left ??= pointsBut(known, space);
        const asked = bestPredicted([...left.values()], count, predict);
        strike(asked);
        return asked;
      },
      tell: (results) => strike(results.map(({ plan }) => plan)),
    };
  },
};

function pointsBut(known: ReadonlySet<string>, space: Space): Map<string, Point> {
  const points = [...everyPoint(space)].map((point) => [pointName(point), point] as const);
  return new Map(points.filter(([id]) => !known.has(id)));
}

/** Knobs of which every second value will do: neighbours differ by less than what they cost to tell apart. */
const sizes: readonly (keyof SpaceKnobs)[] = ["kc", "mc", "nc", "unroll", "ahead"];

/** Every point of the grid, some more than once. */
export function* everyPoint(space: Space): Generator<Point> {
  for (const choice of choices(space.knobs, 0, {})) {
    const point = space.point(choice);
    if (point) yield point;
  }
}

function* choices(knobs: SpaceKnobs, at: number, chosen: Partial<Choice>): Generator<Choice> {
  const knob = knobNames[at];
  if (knob === undefined) return yield chosen as Choice;
  const every = sizes.includes(knob) ? 2 : 1;
  const isIdle = chosen.packed === false && ofPacking.includes(knob);
  for (const [place, value] of knobs[knob].entries()) {
    if (isIdle ? place === 0 : place % every === 0)
      yield* choices(knobs, at + 1, { ...chosen, [knob]: value });
  }
}
