/**
 * The elementary functions as a table, and the program that applies one to an array: what tests, benchmarks and whoever
 * needs a function by name read.
 */
import { at, load, sub, type Value } from "../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../codegen/program.ts";
import type { Program } from "../codegen/statements.ts";
import { erf } from "./erf.ts";
import { exp, exp2 } from "./exp.ts";
import type { RealElement } from "./intervals.ts";
import { log } from "./log.ts";
import { sigmoid, tanh } from "./tanh.ts";

/** Writes the function of a value into a program; any f32 or f64, scalar or vector. */
export type Elementary = (b: ProgramBuilder, x: Value) => Value;

export const elementary = { exp, exp2, log, tanh, sigmoid, erf } as const satisfies Record<
  string,
  Elementary
>;

export type ElementaryName = keyof typeof elementary;

export const elementaryNames = Object.keys(elementary) as ElementaryName[];

/** `(n, x, y)`: y[i] = f(x[i]) for n elements, `lanes` at once and the last ones under a mask. */
export function mapProgram(name: ElementaryName, element: RealElement, lanes: number): Program {
  return program(`${name}-${element}x${lanes}`, (b) => {
    const n = b.integer("n");
    const x = b.pointer("x", element);
    const y = b.pointer("y", element);
    b.loop("i", 0, n, { step: lanes }, (i) => {
      if (lanes === 1) {
        b.store(at(y, i), elementary[name](b, load(at(x, i))));
        return;
      }
      const tail = b.tail("tail", sub(n, i), { element, lanes });
      b.store(at(y, i), elementary[name](b, load(at(x, i), lanes, tail)), tail);
    });
  });
}
