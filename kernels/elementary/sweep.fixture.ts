/**
 * The error of the functions in f32 over bit patterns: all of them, or every so many. The reference is the same function
 * in f64 (which other tests hold against high precision), so that nothing leaves generated code but the largest error.
 */
import { type CompileOptions, compile, type Kernel, type KernelTarget } from "../codegen/compile.ts";
import {
  abs,
  at,
  constant,
  equal,
  exponent,
  greaterOrEqual,
  load,
  max,
  min,
  mul,
  type Name,
  scale,
  select,
  splat,
  sub,
  type Value,
} from "../codegen/expressions.ts";
import { Memory } from "../codegen/memory.ts";
import { type ProgramBuilder, program } from "../codegen/program.ts";
import type { Program } from "../codegen/statements.ts";
import { type Elementary, type ElementaryName, elementary, mapProgram } from "./functions.ts";

/** The largest error in units of the last place of the result, and the argument where it is. */
export interface Worst {
  readonly ulp: number;
  readonly at: number;
}

export interface SweepOptions extends CompileOptions {
  readonly target: KernelTarget;
  /** Lanes of f32; half as many of f64. */
  readonly lanes: number;
  /** Distance of the bit patterns that are tried; 1 for all. */
  readonly step: number;
}

/** From here on a number is rounded to infinity in f32: the largest one and half of its last place. */
const roundsToInfinity = 2 ** 128 - 2 ** 103;

/** |y - f(x)| in places of f32, for f64 lanes: 0 where both are the same NaN or infinity, ∞ where only one is. */
function errorOf(b: ProgramBuilder, f: Elementary, x: Value, result: Value): Name {
  const y = b.let("y", result);
  const reference = b.let("reference", f(b, x));
  const size = b.let("size", abs(reference));
  const normal = min(max(size, 2 ** -126), 2 ** 127);
  const places = sub(constant(23, y.type), exponent(normal));
  const distance = abs(sub(y, reference));
  const error = b.let("error", mul(distance, scale(constant(1, y.type), places)));
  const number = b.let("number", select(greaterOrEqual(error, 0), error, Number.POSITIVE_INFINITY));
  const infinite = b.let(
    "infinite",
    select(equal(abs(y), Number.POSITIVE_INFINITY), constant(0, y.type), number),
  );
  const bounded = b.let("bounded", select(greaterOrEqual(size, roundsToInfinity), infinite, number));
  const same = b.let("same", select(equal(y, reference), constant(0, y.type), bounded));
  const isNumber = b.let("isNumber", select(equal(reference, reference), constant(1, y.type), 0));
  const notANumber = select(equal(y, y), constant(Number.POSITIVE_INFINITY, y.type), 0);
  return b.let("judged", select(equal(isNumber, 1), same, notANumber));
}

/** `(n, x, y, worst)`: the largest error of n results, a multiple of the lanes, one number a lane. */
function errorProgram(name: ElementaryName, lanes: number): Program {
  return program(`error-of-${name}`, (b) => {
    const n = b.integer("n");
    const x = b.pointer("x", "f64");
    const y = b.pointer("y", "f64");
    const worst = b.pointer("worst", "f64");
    const largest = b.variable("largest", splat(constant(0, { element: "f64", lanes: 1 }), lanes));
    b.loop("i", 0, n, { step: lanes }, (i) => {
      const error = errorOf(b, elementary[name], load(at(x, i), lanes), load(at(y, i), lanes));
      b.set(largest, max(largest, error));
    });
    b.store(at(worst), largest);
  });
}

/** Results that are computed and judged together. */
const chunk = 2 ** 16;

/** Tries bit patterns from 0 to 2^32 - 1 in steps. */
export function sweep(name: ElementaryName, { target, lanes, step, ...options }: SweepOptions): Worst {
  const memory = new Memory(2 ** 21);
  const [x, y] = [memory.allocate("f32", chunk), memory.allocate("f32", chunk)];
  const [wideX, wideY] = [memory.allocate("f64", chunk), memory.allocate("f64", chunk)];
  const worst = memory.allocate("f64", lanes);
  const bits = new Int32Array(memory.buffer, x.address, chunk);
  const map = compile(mapProgram(name, "f32", lanes), target, memory, options);
  const judge = compile(errorProgram(name, lanes / 2), target, memory, options);
  let record: Worst = { ulp: -1, at: Number.NaN };
  for (let next = 0; next < 2 ** 32; ) {
    for (let i = 0; i < chunk; i++, next += step) bits[i] = Math.min(next, 2 ** 32 - 1);
    map.call(chunk, x.address, y.address);
    wideX.view.set(x.view);
    wideY.view.set(y.view);
    const ulp = largestError(judge, chunk, wideX.address, wideY.address, worst);
    if (ulp > record.ulp) record = { ulp, at: locate(judge, ulp, wideX, wideY, worst) };
  }
  return record;
}

type Doubles = { readonly address: number; readonly view: Float64Array };

function largestError(judge: Kernel, n: number, x: number, y: number, worst: Doubles): number {
  judge.call(n, x, y, worst.address);
  return Math.max(...worst.view);
}

/** The first argument of the chunk with this error. */
function locate(judge: Kernel, ulp: number, x: Doubles, y: Doubles, worst: Doubles): number {
  const group = worst.view.length / 2;
  for (let i = 0; i < chunk; i += group)
    if (largestError(judge, group, x.address + 8 * i, y.address + 8 * i, worst) === ulp)
      return x.view[i + worst.view.indexOf(ulp)] as number;
  throw new Error(`no result has the error ${ulp}`);
}
