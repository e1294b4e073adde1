/**
 * Loops of known intensity: streams that move bytes and compute next to nothing, and kernels that do a chosen number of
 * operations for each byte. All repeat themselves `passes` times in one call, because arrays that fit a first-level cache
 * are through before a call from JavaScript is.
 */
import {
  add,
  at,
  constant,
  load,
  mul,
  multiplyAdd,
  type Name,
  type PointerName,
  splat,
  sum,
  type Value,
} from "../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../codegen/program.ts";
import type { Program } from "../codegen/statements.ts";

/** Independent sums of a reduction: latency times throughput of fused multiply-add on current x86-64 cores. */
const chains = 8;
/** Elements that are mapped side by side: eight chains are enough, twelve divide evenly among two units and registers. */
const mapped = 12;

/** Lengths of arrays are multiples of this many vectors, so that no loop has a rest. */
export const wholeVectors = 24;

/** `(passes, n, x, result)`: the sum of x, over and over; 4 bytes read for each element of float32. */
export function readProgram(lanes: number): Program {
  return program(`read-f32x${lanes}`, (b) =>
    reduction(b, lanes, (x, i, offset, partial) => add(partial, load(at(x, i, offset), lanes))),
  );
}

/** `(passes, n, x, result, y)`: the dot product, over and over: 2 operations for 8 bytes read. */
export function dotPassesProgram(lanes: number): Program {
  return program(`dot-passes-f32x${lanes}`, (b) => {
    let y: PointerName | undefined;
    reduction(
      b,
      lanes,
      (x, i, offset, partial) =>
        multiplyAdd(load(at(x, i, offset), lanes), load(at(y as PointerName, i, offset), lanes), partial),
      () => {
        y = b.pointer("y", "f32");
      },
    );
  });
}

type Step = (x: PointerName, i: Value, offset: number, partial: Name) => Value;

/** Declares `(passes, n, x, result)` and what `more` adds, and stores the sum of all partial sums at `result`. */
function reduction(b: ProgramBuilder, lanes: number, step: Step, more: () => void = () => {}): void {
  const [passes, n] = [b.integer("passes"), b.integer("n")];
  const [x, result] = [b.pointer("x", "f32"), b.pointer("result", "f32")];
  more();
  const sums = Array.from({ length: chains }, (_, s) =>
    b.variable(`s${s}`, constant(0, { element: "f32", lanes })),
  );
  b.loop("pass", 0, passes, {}, () =>
    b.loop("i", 0, n, { step: lanes * chains }, (i) => {
      for (const [s, partial] of sums.entries()) b.set(partial, step(x, i, s * lanes, partial));
    }),
  );
  const [first, ...others] = sums as [Name, ...Name[]];
  for (const other of others) b.set(first, add(first, other));
  b.store(at(result), sum(first));
}

/** `(passes, n, x, y)`: y = x; 4 bytes read and 4 written for each element of float32. */
export function copyProgram(lanes: number): Program {
  return program(`copy-f32x${lanes}`, (b) => {
    const [passes, n] = [b.integer("passes"), b.integer("n")];
    const [x, y] = [b.pointer("x", "f32"), b.pointer("y", "f32")];
    b.loop("pass", 0, passes, {}, () =>
      b.loop("i", 0, n, { step: lanes, unroll: 4 }, (i) => b.store(at(y, i), load(at(x, i), lanes))),
    );
  });
}

/** `(passes, n, factor, x)`: x *= factor in place; 4 bytes read and the same 4 written for each element of float32. */
export function updateProgram(lanes: number): Program {
  return program(`update-f32x${lanes}`, (b) => {
    const [passes, n, factor] = [b.integer("passes"), b.integer("n"), b.scalar("factor", "f32")];
    const x = b.pointer("x", "f32");
    const factors = b.let("factors", splat(factor, lanes));
    b.loop("pass", 0, passes, {}, () =>
      b.loop("i", 0, n, { step: lanes, unroll: 4 }, (i) =>
        b.store(at(x, i), mul(load(at(x, i), lanes), factors)),
      ),
    );
  });
}

/** `(passes, n, alpha, x, y)`: y += alpha x, over and over: 2 operations for 8 bytes read and 4 written. */
export function axpyPassesProgram(lanes: number): Program {
  return program(`axpy-passes-f32x${lanes}`, (b) => {
    const [passes, n, alpha] = [b.integer("passes"), b.integer("n"), b.scalar("alpha", "f32")];
    const [x, y] = [b.pointer("x", "f32"), b.pointer("y", "f32")];
    const factor = b.let("factor", splat(alpha, lanes));
    b.loop("pass", 0, passes, {}, () =>
      b.loop("i", 0, n, { step: lanes, unroll: 4 }, (i) =>
        b.store(at(y, i), multiplyAdd(factor, load(at(x, i), lanes), load(at(y, i), lanes))),
      ),
    );
  });
}

/**
 * `(passes, n, times, factor, offset, x, y)`: y is x after `times` (a multiple of 4) applications of v -> v * factor +
 * offset: 2 `times` operations for 4 bytes read and 4 written. With enough of them it is bound by arithmetic alone.
 */
export function mapProgram(lanes: number): Program {
  return program(`map-f32x${lanes}`, (b) => {
    const [passes, n, times] = [b.integer("passes"), b.integer("n"), b.integer("times")];
    const [factor, offset] = [b.scalar("factor", "f32"), b.scalar("offset", "f32")];
    const [x, y] = [b.pointer("x", "f32"), b.pointer("y", "f32")];
    const scale = b.let("factors", splat(factor, lanes));
    const shift = b.let("offsets", splat(offset, lanes));
    b.loop("pass", 0, passes, {}, () =>
      b.loop("i", 0, n, { step: lanes * mapped }, (i) => {
        const values = Array.from({ length: mapped }, (_, v) =>
          b.variable(`v${v}`, load(at(x, i, v * lanes), lanes)),
        );
        b.loop("t", 0, times, { step: 4 }, () => {
          for (let copy = 0; copy < 4; copy++)
            for (const value of values) b.set(value, multiplyAdd(value, scale, shift));
        });
        for (const [v, value] of values.entries()) b.store(at(y, i, v * lanes), value);
      }),
    );
  });
}
