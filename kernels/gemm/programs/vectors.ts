/**
 * The first level of BLAS: dot product and axpy, with vectors and a scalar rest. With one lane they are the plain
 * loops.
 */
import {
  add,
  and,
  at,
  constant,
  load,
  multiplyAdd,
  type Name,
  splat,
  sum,
} from "../../codegen/expressions.ts";
import { program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { Real } from "../arguments.ts";

/** Independent sums of a dot product: latency times throughput of fused multiply-add on current x86-64 cores. */
const chains = 8;

/** Parameters `(n, x, y, result)`: one number x . y is stored at `result`. One lane sums in ascending order. */
export function dotProgram(element: Real, lanes: number): Program {
  return program(`dot-${element}x${lanes}`, (b) => {
    const n = b.integer("n");
    const x = b.pointer("x", element);
    const y = b.pointer("y", element);
    const result = b.pointer("result", element);
    const type = { element, lanes };
    const step = lanes === 1 ? 1 : lanes * chains;
    const whole = step === 1 ? n : b.let("whole", and(n, -step));
    const sums = Array.from({ length: step / lanes }, (_, s) => b.variable(`s${s}`, constant(0, type)));
    b.loop("i", 0, whole, { step }, (i) => {
      for (const [s, partial] of sums.entries())
        b.set(
          partial,
          multiplyAdd(load(at(x, i, s * lanes), lanes), load(at(y, i, s * lanes), lanes), partial),
        );
    });
    const [first, ...others] = sums as [Name, ...Name[]];
    for (const other of others) b.set(first, add(first, other));
    const total = b.variable("total", sum(first));
    b.loop("i", whole, n, {}, (i) => b.set(total, multiplyAdd(load(at(x, i)), load(at(y, i)), total)));
    b.store(at(result), total);
  });
}

/** Parameters `(n, alpha, x, y)`: y += alpha x. */
export function axpyProgram(element: Real, lanes: number): Program {
  return program(`axpy-${element}x${lanes}`, (b) => {
    const n = b.integer("n");
    const alpha = b.scalar("alpha", element);
    const x = b.pointer("x", element);
    const y = b.pointer("y", element);
    const whole = lanes === 1 ? constant(0) : b.let("whole", and(n, -lanes));
    if (lanes > 1) {
      const factor = b.let("factor", splat(alpha, lanes));
      b.loop("i", 0, whole, { step: lanes }, (i) =>
        b.store(at(y, i), multiplyAdd(factor, load(at(x, i), lanes), load(at(y, i), lanes))),
      );
    }
    b.loop("i", whole, n, {}, (i) => b.store(at(y, i), multiplyAdd(alpha, load(at(x, i)), load(at(y, i)))));
  });
}
