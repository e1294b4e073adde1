/**
 * Random: draws many plans, asks the model which are worth a measurement, and measures some that it did not choose:
 * without these the model would never learn where it is wrong. Bergstra & Bengio (2012) on why random beats a grid.
 */
import { randomPoint } from "../space.ts";
import type { StrategyRow } from "./strategy.ts";
import { bestPredicted, Seen } from "./unseen.ts";

/** Plans drawn for each that is asked for; more would ask the model alone. */
const drawn = 24;
/** One in so many is taken as it was drawn, whatever the model says. */
export const blindEvery = 4;

export const random: StrategyRow = {
  id: "random",
  does: "draws plans at random and measures those that the model likes, and one in four that it was not asked about",
  create(space) {
    const seen = new Seen();
    return {
      ask({ count, random: stream, predict }) {
        const pool = seen.unseen(Array.from({ length: drawn * count }, () => randomPoint(space, stream)));
        const blind = pool.slice(0, Math.floor(count / blindEvery));
        const chosen = bestPredicted(pool.slice(blind.length), count - blind.length, predict);
        const asked = [...chosen, ...blind];
        for (const plan of asked) seen.add(plan);
        return asked;
      },
      tell(results) {
        for (const { plan } of results) seen.add(plan);
      },
    };
  },
};
