/**
 * The steps of the waterfall from naive JavaScript to the fastest kernel, as a table: each row changes one thing over
 * the row before. A target that is missing or not asked for takes its rows out and the chain closes over the gap; the
 * last step puts the finished kernel on all threads. Where a search has found a plan for the shape's class on this machine,
 * it is the finished kernel. Variants are named as `way.ts` reads them.
 */

import type { Settings, VariantRef } from "../experiment.ts";
import { finishedOn } from "../tune/stored-plans.ts";
import { meansVariant, withThreads } from "../variant.ts";
import type { GemmShape } from "./arguments.ts";

export interface WaterfallStep extends VariantRef {
  /** What this step adds, in two or three words: the label of its bar. */
  readonly title: string;
  /** The same for a reader who does not know the words. */
  readonly adds: string;
}

/** In order; the first is where the fall begins. */
export const waterfallSteps: readonly WaterfallStep[] = [
  { variant: "naive-ijk", target: "js", title: "naive JavaScript", adds: "three plain loops, i-j-k" },
  {
    variant: "naive-ijk",
    target: "wasm",
    title: "WebAssembly",
    adds: "the same loops, compiled ahead: what the language itself costs",
  },
  {
    variant: "loop-ikj",
    target: "wasm",
    title: "loop order",
    adds: "every inner access is to the next element, so that each cache line is used whole",
  },
  {
    variant: "blocked",
    target: "wasm",
    title: "blocking",
    adds: "blocks of 48 x 48, three of which stay in the first-level cache while they are needed",
  },
  {
    variant: "blocked-simd-strict",
    target: "wasm",
    title: "SIMD",
    adds: "four columns at once in 128-bit vectors, multiply and add apart",
  },
  {
    variant: "blocked-simd",
    target: "wasm",
    title: "fused multiply-add",
    adds: "one instruction with one rounding in place of two",
  },
  {
    variant: "register-6x8-simd-blocked",
    target: "wasm",
    title: "register tile",
    adds: "6 x 8 elements of C stay in registers for the whole sum: 8 loads feed 12 multiply-adds",
  },
  {
    variant: "micro-6x8-rolled",
    target: "wasm",
    title: "packing",
    adds: "A and B are copied into the order in which they are read",
  },
  {
    variant: "packed-blocked",
    target: "wasm",
    title: "unrolling",
    adds: "four steps of k in each pass of the innermost loop",
  },
  {
    variant: "packed-blocked-avx2",
    target: "native",
    title: "256-bit vectors",
    adds: "the same loops as machine code with AVX2: eight columns at once, 6 x 16 elements of C in registers",
  },
  {
    variant: "packed-blocked",
    target: "native",
    title: "widest vectors",
    adds: "AVX-512 where the processor has it: sixteen columns at once and 32 registers; else the same code again",
  },
  {
    variant: "auto",
    target: "native",
    title: "plan by size",
    adds: "what the caches hold is read where it lies, without the copies that a large product is worth",
  },
];

/** Threads that a chart can name a step of: more than any machine here has cores is no harm. */
const mostThreads = 64;

/** The last step: the last kernel of the widest target on all threads of the run. */
function threadStep({ variant, target }: VariantRef, threads: number): WaterfallStep {
  return {
    variant: withThreads(variant, threads),
    target,
    title: `${threads} threads`,
    adds: "C is divided among the threads, each with a workspace of its own",
  };
}

const lastSteps = (["wasm", "native"] as const).map(
  (target) => waterfallSteps.findLast((step) => step.target === target) as WaterfallStep,
);

/** What a search found on this machine, on one thread or on all of them: in place of the numbers by class of machine. */
const foundSteps = lastSteps.map(
  ({ target }): WaterfallStep => ({
    variant: "tuned-*",
    target,
    title: "plan of a search",
    adds: "tile, blocks, unrolling, loop order and prefetch as a search found them on this machine",
  }),
);

const threadSteps = lastSteps.flatMap((last) =>
  Array.from({ length: mostThreads - 1 }, (_, i) => threadStep(last, i + 2)),
);

/** What is lost if one thing is taken away from the finished kernel: what a step is worth at the end, not at its place. */
export interface TakenAway extends VariantRef {
  readonly from: VariantRef;
  readonly without: string;
}

const finished: VariantRef = { variant: "packed-blocked", target: "wasm" };

export const takenAway: readonly TakenAway[] = [
  { variant: "packed-blocked-strict", target: "wasm", from: finished, without: "fused multiply-add" },
  { variant: "packed", target: "wasm", from: finished, without: "blocking" },
  { variant: "register-6x8-simd-blocked", target: "wasm", from: finished, without: "packing" },
  { variant: "micro-4x4", target: "wasm", from: finished, without: "a large register tile" },
];

/** Where neither WebAssembly nor anything faster may run: what plain JavaScript can do. */
const scriptSteps: readonly WaterfallStep[] = ["naive-ijk", "loop-ikj", "blocked", "register-4x4"].map(
  (variant, at) => ({
    variant,
    target: "js",
    title: ["naive JavaScript", "loop order", "blocking", "register tile"][at] as string,
    adds: "",
  }),
);

/** Every step that a chart may have to name, whichever targets ran. */
export const chartSteps: readonly WaterfallStep[] = [
  ...waterfallSteps,
  ...foundSteps,
  ...threadSteps,
  ...scriptSteps.slice(1),
];

type StepSettings = Pick<Settings, "targets" | "threads" | "plans">;

/** Steps on the allowed targets, in order, ending with what is fastest for the shape. */
function stepsOn(settings: StepSettings, shape: GemmShape): readonly VariantRef[] {
  const steps = waterfallSteps.filter(({ target }) => settings.targets.includes(target));
  if (steps.every(({ target }) => target === "js") && steps.length > 0) return scriptSteps;
  const last = steps.at(-1);
  return last ? [...steps, ...finishedOn(settings, last, shape)] : steps;
}

/** The contestants of a waterfall: its steps, then what is measured for `takenAway` alone. */
export function waterfallVariants(settings: StepSettings, shape: GemmShape): readonly VariantRef[] {
  const refs: VariantRef[] = stepsOn(settings, shape).map(({ variant, target }) => ({ variant, target }));
  for (const { variant, target } of takenAway) {
    const known = refs.some((ref) => ref.variant === variant && ref.target === target);
    if (!known && settings.targets.includes(target)) refs.push({ variant, target });
  }
  return refs;
}

/** Pairs [a, b] whose speed-up of a over b is asked for: each step over the one before, the end over what lacks a part. */
export function waterfallPairs(refs: readonly VariantRef[]): readonly (readonly [VariantRef, VariantRef])[] {
  const find = ({ variant, target }: VariantRef): VariantRef | undefined =>
    refs.find((ref) => ref.variant === variant && ref.target === target);
  const steps = refs.filter((ref) => chartSteps.some((step) => meansVariant(step, ref)));
  const chain = steps.slice(1).map((ref, i) => [ref, steps[i] as VariantRef] as const);
  const ablations = takenAway.flatMap(({ from, ...less }) => {
    const [whole, lacking] = [find(from), find(less)];
    return whole && lacking ? [[whole, lacking] as const] : [];
  });
  return [...chain, ...ablations];
}
