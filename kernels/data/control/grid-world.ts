/**
 * A grid with walls, pits and a goal, where a step goes astray with a known probability: small enough that the value of
 * every state is computed exactly, so a learnt policy can be judged by what it loses against the best one.
 */
import { labelSeed, randomStream } from "../../random.ts";
import { type ControlTask, requireAction } from "./task.ts";

// S start, # wall, o pit, G goal.
const map = ["S....", ".##.o", "...#.", ".o...", "...#G"] as const;
const side = map.length;
const moves = [
  [-1, 0],
  [0, 1],
  [1, 0],
  [0, -1],
] as const;
/** How likely a step goes to either side in place of ahead. */
export const astray = 0.1;
/** What a later reward is worth less a step. */
export const discount = 0.95;
const stepReward = -0.04;
const ends: Readonly<Record<string, number>> = { G: 1, o: -1 };

const symbolAt = (cell: number): string => map[Math.floor(cell / side)]?.[cell % side] ?? "#";

/** The cell behind a step: the same one where a wall or the edge is in the way. */
function moved(cell: number, direction: number): number {
  const [down = 0, right = 0] = moves[(direction + 4) % 4] ?? [];
  const [row, column] = [Math.floor(cell / side) + down, (cell % side) + right];
  const inside = row >= 0 && row < side && column >= 0 && column < side;
  const next = row * side + column;
  return inside && symbolAt(next) !== "#" ? next : cell;
}

/** Observations: 25 numbers, 1 for the cell where one is. A step costs 0.04, a pit 1; the goal is worth 1. */
export const gridWorld: ControlTask = {
  name: "grid-world",
  observations: side * side,
  actions: ["up", "right", "down", "left"],
  longest: 100,
  begin(seed) {
    const random = randomStream(labelSeed(seed, "grid-world"));
    let cell = 0;
    let steps = 0;
    let over = false;
    return {
      observe: () => Float32Array.from({ length: side * side }, (_, at) => (at === cell ? 1 : 0)),
      act(action) {
        requireAction(gridWorld, action, over);
        const chance = random();
        cell = moved(cell, action + (chance < astray ? -1 : chance < 2 * astray ? 1 : 0));
        steps++;
        const end = ends[symbolAt(cell)];
        over = end !== undefined || steps >= gridWorld.longest;
        return { reward: end ?? stepReward, done: over };
      },
    };
  },
};

/** The expected discounted reward of each action in each cell under the best policy (value iteration to the last bit). */
export function bestActionValues(): readonly (readonly number[])[] {
  const cells = Array.from({ length: side * side }, (_, cell) => cell);
  let values = cells.map(() => 0);
  const worth = (cell: number): number =>
    ends[symbolAt(cell)] ?? stepReward + discount * (values[cell] as number);
  const actionValue = (cell: number, action: number): number =>
    (1 - 2 * astray) * worth(moved(cell, action)) +
    astray * (worth(moved(cell, action - 1)) + worth(moved(cell, action + 1)));
  const all = (): number[][] => cells.map((cell) => moves.map((_, action) => actionValue(cell, action)));
  // 0.95^800 is below 2^-53.
  for (let sweep = 0; sweep < 800; sweep++) values = all().map((each) => Math.max(...each));
  return all();
}
