/**
 * What a plan should cost before anyone runs it: a sum of effects, each a number that the plan alone decides (registers
 * that are missing, loads for each multiply-add, panels that leave their cache, work thrown away at edges, packing),
 * times a weight. The weights begin as the literature and earlier measurements have them and are fitted to each search's
 * own measurements by ridge regression towards these beginnings (Hoerl & Kennard, Technometrics 12, 1970). After Low et
 * al. (2016), "Analytical Modeling Is Enough for High-Performance BLIS", and the learnt models of TVM (Chen et al. 2018).
 */
import { bytesOf } from "../codegen/expressions.ts";
import type { GemmShape } from "../gemm/arguments.ts";
import { lanesOf } from "../gemm/tuned.ts";
import { solve } from "./linear-system.ts";
import type { Point } from "./point.ts";
import { partOf, registersNeeded, type Space } from "./space.ts";

/** Capacities in bytes of what one core may fill. */
export interface CacheSizes {
  readonly l1: number;
  readonly l2: number;
  readonly l3: number;
}

/** Of a core whose caches are not known: what most x86-64 cores have at the least. */
export const usualCaches: CacheSizes = { l1: 32 * 1024, l2: 512 * 1024, l3: 4 * 1024 * 1024 };

/** One effect: its name, where its weight begins, and why it begins there. */
interface Effect {
  readonly id: string;
  readonly weight: number;
  readonly why: string;
  of(plan: Point, place: Place): number;
}

export interface Place {
  readonly lanes: number;
  readonly bytes: number;
  readonly registers: number;
  /** The whole product. */
  readonly whole: GemmShape;
  /** What one thread computes of it. */
  readonly shape: GemmShape;
  readonly caches: CacheSizes;
}

const beyond = (bytes: number, capacity: number): number => Math.max(0, Math.log2(bytes / capacity));
const sums = ({ mr, nr }: Pick<Point, "mr" | "nr">, { lanes }: Pick<Place, "lanes">): number =>
  (mr * nr) / lanes;
const ceil = (side: number, step: number): number => Math.ceil(side / step) * step;

const lineBytes = 64;
const pageBytes = 4096;

/**
 * A plan and its place as the effects read them: the part of one thread, and for what is read in place blocks that are
 * that part.
 */
export function asExecuted(plan: Point, place: Omit<Place, "shape">): [Point, Place] {
  const shape = partOf(plan, place.whole);
  const { m, n, k } = shape;
  return [plan.packed ? plan : { ...plan, mc: m, nc: n, kc: k }, { ...place, shape }];
}

/** Every effect on the logarithm of the time. */
export const effects: readonly Effect[] = [
  {
    id: "missing-registers",
    weight: 6,
    why: "one register of fifteen too few costs a third to a half of the speed, two (7x8) not twice that",
    of: (plan, place) => Math.max(0, registersNeeded(plan, place.lanes) - place.registers) / place.registers,
  },
  {
    id: "loads",
    weight: 0.5,
    why: "a core loads as many vectors a cycle as it multiplies: loads begin to cost near one for each multiply-add",
    of: ({ mr, nr }, { lanes }) => (nr / lanes + mr) / ((mr * nr) / lanes),
  },
  {
    id: "latency",
    weight: 0.35,
    why: "eight sums hide a latency of 4 at 2 a cycle; with fewer the units wait, part of which the loads hide",
    of: (plan, place) => Math.max(0, Math.log2(8 / sums(plan, place))),
  },
  {
    id: "first-level",
    weight: 0.15,
    why: "panels of A and B beyond L1 come from L2, which most of the time keeps up",
    of: ({ mr, nr, kc }, { bytes, caches }) => beyond((mr + nr) * kc * bytes, caches.l1),
  },
  {
    id: "second-level",
    weight: 0.15,
    why: "the block of A beyond half of L2 is evicted by what passes",
    of: ({ mc, kc }, { bytes, caches }) => beyond(mc * kc * bytes, caches.l2 / 2),
  },
  {
    id: "last-level",
    weight: 0.1,
    why: "packed panels of B beyond the share of the last level come from memory once for each block of A",
    of: ({ nc, kc }, { bytes, caches }) => beyond(nc * kc * bytes, caches.l3),
  },
  {
    id: "edges",
    weight: 1,
    why: "what is computed beyond the border of C takes as long as the rest",
    of: ({ mr, nr }, { shape: { m, n } }) => Math.log((ceil(m, mr) * ceil(n, nr)) / (m * n)),
  },
  {
    id: "packing",
    weight: 12,
    why: "an element costs 6 to 20 multiply-adds to be packed (threads.bench.ts)",
    of: ({ mc, nc, order, packed }, { shape: { m, n } }) => {
      if (!packed) return 0;
      const keepsA = order === "ipj" || order === "pij";
      return (keepsA ? 1 : Math.ceil(n / nc)) / n + (keepsA ? Math.ceil(m / mc) : 1) / m;
    },
  },
  {
    id: "results",
    weight: 8,
    why: "every stretch of k reads and writes all of C: two accesses and a little arithmetic an element",
    of: ({ kc }, { shape: { k } }) => Math.ceil(k / kc) / k,
  },
  {
    id: "conflicts",
    weight: 0.1,
    why: "rows of B whole pages apart share one set in place: half the speed at 1024 cubed; half a page apart cost nothing",
    of: ({ nr, packed }, { bytes, whole: { n, k }, caches }) =>
      packed || (n * bytes) % pageBytes > 0 ? 0 : beyond(k * nr * bytes, (caches.l1 * lineBytes) / pageBytes),
  },
  {
    id: "asking-ahead",
    weight: 0.25,
    why: "a line asked for takes the place of a load in its cycle; what it saves is for the measurements to say",
    of: ({ mr, nr, packed, ahead }, place) => {
      const lines = ((packed ? mr + nr : nr) * place.bytes) / lineBytes;
      return ahead > 0 ? lines / sums({ mr, nr }, place) : 0;
    },
  },
  {
    id: "balance",
    weight: 1,
    why: "all wait for the thread with the largest part",
    of: ({ threads }, { whole, shape }) => Math.log((threads * shape.m * shape.n) / (whole.m * whole.n)),
  },
  {
    id: "loop",
    weight: 0.7,
    why: "a pass costs a count, a comparison and two additions beside the work of its tile",
    of: (plan, place) => 1 / (plan.unroll * sums(plan, place)),
  },
  {
    id: "code",
    weight: 0.1,
    why: "beyond 256 multiply-adds a loop leaves the cache of decoded instructions",
    of: (plan, place) => Math.max(0, Math.log2((plan.unroll * sums(plan, place)) / 256)),
  },
];

/** What was measured of a plan: the logarithm of its time over that of the default plan. */
export interface Observation {
  readonly plan: Point;
  readonly logTime: number;
}

/**
 * Of a ratio of two medians of few rounds, as a variance of its logarithm, over the variance that a weight is believed
 * to have before anything was measured (its own size): what ridge regression calls lambda.
 */
const lambda = 0.05 ** 2 / 1;

/** A model of one space. Plans are compared with the default, so that what all have in common needs no weight. */
export class CostModel {
  readonly #place: Omit<Place, "shape">;
  readonly #start: readonly number[];
  /** How many times its beginning each weight is. */
  #factors: readonly number[] = effects.map(() => 1);

  constructor({ target, element, shape, start }: Space, caches: CacheSizes) {
    const lanes = lanesOf(target, element);
    this.#place = { lanes, bytes: bytesOf[element], registers: target.registers, whole: shape, caches };
    this.#start = this.#effectsOf(start);
  }

  /** The logarithm of a plan's time over that of the default plan. */
  predict(plan: Point): number {
    return this.#row(plan).reduce((sum, value, at) => sum + value * (this.#factors[at] as number), 0);
  }

  /** Fits the weights to everything observed so far, from the beginning: the order of observations does not matter. */
  fit(observations: readonly Observation[]): void {
    const size = effects.length;
    const matrix = effects.map((_, i) => effects.map((_, j) => (i === j ? lambda : 0)));
    const right: number[] = effects.map(() => lambda);
    for (const { plan, logTime } of observations) {
      const row = this.#row(plan);
      for (let i = 0; i < size; i++) {
        (right[i] as number) += (row[i] as number) * logTime;
        for (let j = 0; j < size; j++)
          ((matrix[i] as number[])[j] as number) += (row[i] as number) * (row[j] as number);
      }
    }
    this.#factors = solve(matrix, right);
  }

  /** The weights as they are now, by effect. */
  weights(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      effects.map(({ id, weight }, at) => [id, weight * (this.#factors[at] as number)]),
    );
  }

  /** Effects times their first weights, beyond those of the default plan. */
  #row(plan: Point): number[] {
    return this.#effectsOf(plan).map((value, at) => value - (this.#start[at] as number));
  }

  #effectsOf(plan: Point): number[] {
    const executed = asExecuted(plan, this.#place);
    return effects.map(({ weight, of }) => weight * of(...executed));
  }
}
