/**
 * What follows a convolution before its output is done: a bias for each filter, a shortcut, then an activation. Here as a pass of
 * its own over the output; an algorithm that does it on the sums in registers says so and this one is not run.
 */
import {
  add,
  at,
  greater,
  less,
  load,
  mul,
  type Name,
  select,
  splat,
  type Value,
} from "../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../codegen/program.ts";
import type { Program } from "../codegen/statements.ts";
import { type ConvProblem, vectorLanes } from "./problem.ts";
import { positions } from "./shape.ts";

export interface Epilogue {
  /** Whether `run` gets the address of a bias with one number for each filter. */
  readonly bias: boolean;
  readonly activation: Activation;
  /**
   * Whether `run` gets the address of a tensor like the output, the shortcut of a residual block, which is added before the
   * activation. Algorithms that bring their sums into the output's layout at the end do it there; the others refuse it.
   */
  readonly residual?: boolean;
}

/** What is done to sums before the output is written, where a shortcut is added as it is written. */
export const beforeResidual = (epilogue: Epilogue): Epilogue =>
  epilogue.residual ? { bias: epilogue.bias, activation: "none" } : epilogue;

/** Nothing after the sums. */
export const noEpilogue: Epilogue = { bias: false, activation: "none" };

/** Emits an activation of a named vector. */
type Emit = (b: ProgramBuilder, x: Name) => Value;

const relu: Emit = (_, x) => select(less(x, 0), 0, x);

/**
 * Activations by name. By comparison and not by max, which orders zeros too and takes more registers than a full tile
 * leaves on AVX2; NaN stays NaN. `relu6` is MobileNet's (Howard et al., arXiv:1704.04861).
 */
export const activations = {
  none: (_, x) => x,
  relu,
  relu6: (b, x) => {
    const positive = b.let("positive", relu(b, x));
    return select(greater(positive, 6), 6, positive);
  },
} as const satisfies Record<string, Emit>;

export type Activation = keyof typeof activations;

/** The same on a number: the reference. */
export const activationReferences: Readonly<Record<Activation, (x: number) => number>> = {
  none: (x) => x,
  relu: (x) => Math.max(x, 0),
  relu6: (x) => Math.min(Math.max(x, 0), 6),
};

/** Whether there is nothing to do. */
export const isEmpty = ({ bias, activation, residual = false }: Epilogue): boolean =>
  !bias && !residual && activation === "none";

/** Parameters `(bias, output)`: the epilogue over the output of a whole batch, in place. */
export function epilogueProgram(problem: ConvProblem): Program {
  const { element, layout } = problem;
  return program(`epilogue-${layout}-${element}`, (b) => {
    const bias = b.pointer("bias", element);
    const output = b.pointer("output", element);
    if (layout === "nchw") planes(b, problem, bias, output);
    else pixels(b, problem, bias, output);
  });
}

type Pointer = Parameters<typeof at>[0];

/** nchw: one bias for a whole plane. */
function planes(b: ProgramBuilder, problem: ConvProblem, bias: Pointer, output: Pointer): void {
  const { shape, batch } = problem;
  const area = positions(shape);
  b.loop("image", 0, batch, {}, (image) =>
    b.loop("filter", 0, shape.filters, {}, (filter) => {
      const own = b.let("own", load(at(bias, filter)));
      const plane = b.let("plane", mul(add(mul(image, shape.filters), filter), area));
      sweep(b, problem, area, (i, lanes) => {
        const place = () => at(output, add(plane, i));
        b.store(place(), finished(b, problem.epilogue, load(place(), lanes), splat(own, lanes)));
      });
    }),
  );
}

/** nhwc: a bias for each neighbour. */
function pixels(b: ProgramBuilder, problem: ConvProblem, bias: Pointer, output: Pointer): void {
  const { shape, batch } = problem;
  b.loop("pixel", 0, batch * positions(shape), {}, (pixel) => {
    const first = b.let("first", mul(pixel, shape.filters));
    sweep(b, problem, shape.filters, (i, lanes) => {
      const place = () => at(output, add(first, i));
      b.store(place(), finished(b, problem.epilogue, load(place(), lanes), load(at(bias, i), lanes)));
    });
  });
}

/** Bias and activation of a vector of sums; `ofFilter` is evaluated where there is a bias. */
export function finished(
  b: ProgramBuilder,
  { bias, activation }: Epilogue,
  value: Value,
  ofFilter: Value,
): Value {
  return activations[activation](b, b.let("biased", bias ? add(value, ofFilter) : value));
}

/** Runs the body over `count` elements by vectors, and one at a time over what is left. */
function sweep(
  b: ProgramBuilder,
  problem: ConvProblem,
  count: number,
  body: (i: Value, lanes: number) => void,
): void {
  const lanes = vectorLanes(problem);
  const whole = count - (count % lanes);
  b.loop("i", 0, whole, { step: lanes }, (i) => body(i, lanes));
  if (whole < count) b.loop("i", whole, count, {}, (i) => body(i, 1));
}
