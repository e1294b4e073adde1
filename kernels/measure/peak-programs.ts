/**
 * The loops whose speed is the ceiling of every figure: multiply-adds in registers alone, and a stream through
 * memory. Vector programs like any kernel, so that peak and kernel come from the same compiler.
 */
import {
  add,
  and,
  at,
  broadcast,
  constant,
  type Element,
  load,
  multiplyAdd,
  type Name,
  splat,
  type Value,
} from "../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../codegen/program.ts";
import type { Program } from "../codegen/statements.ts";

export interface PeakShape {
  readonly element: Element;
  readonly lanes: number;
}

/**
 * Independent accumulators: latency times throughput of fused multiply-add is 8 on Zen 2 to 5 and on Intel since
 * Skylake (4 cycles x 2 a cycle), 10 on Haswell; with two operands they still fit V8's 15 vector registers.
 */
export const accumulators = 12;

/** Multiply-adds in one pass of the loop, so that the loop's own instructions weigh nothing. */
export const multiplyAddsPerPass = accumulators * 4;

/** Floating-point operations of one call of `multiplyAddLoop` with this many passes: two for each multiply-add. */
export function multiplyAddFlops(shape: PeakShape, passes: number): number {
  return 2 * shape.lanes * multiplyAddsPerPass * passes;
}

/**
 * Parameters `(passes, data)`: `passes` times 48 multiply-adds c = a * b + c in 12 chains. `data` points to two
 * numbers a and b, read, and room for one vector, where the sum of the chains is written so that none is dead.
 * With a = b = 0 no value grows. Layout: a, b, then padding to the vector at element 16.
 */
export function multiplyAddLoop({ element, lanes }: PeakShape): Program {
  return program(`peak-fma-${element}x${lanes}`, (b) => {
    const passes = b.integer("passes");
    const data = b.pointer("data", element);
    const x = b.let("x", broadcast(at(data, 0), lanes));
    const y = b.let("y", broadcast(at(data, 1), lanes));
    const chains = Array.from({ length: accumulators }, (_, i) =>
      b.variable(`c${i}`, constant(0, { element, lanes })),
    );
    b.loop("pass", 0, passes, {}, () => {
      for (let copy = 0; copy < multiplyAddsPerPass / accumulators; copy++)
        for (const chain of chains) b.set(chain, multiplyAdd(x, y, chain));
    });
    const [first, ...others] = chains as [Name, ...Name[]];
    b.store(
      at(data, 16),
      others.reduce<Value>((sum, chain) => add(sum, chain), first),
    );
  });
}

/** Elements the memory behind `multiplyAddLoop` needs at `data`. */
export function multiplyAddData({ lanes }: PeakShape): number {
  return 16 + lanes;
}

/** Bytes that one call of `streamLoop` moves: two streams read and one written, as STREAM's triad counts them. */
export function streamBytes(element: Element, length: number): number {
  return 3 * length * (element === "f64" ? 8 : 4);
}

/**
 * Parameters `(n, a, b, c, scalar)`: a[i] = b[i] + scalar * c[i] for n elements (rounded down to whole vectors), the
 * triad of STREAM (McCalpin 1995). Four vectors in flight a pass hide the loop's own cost.
 */
export function streamLoop(shape: PeakShape): Program {
  return program(`peak-stream-${shape.element}x${shape.lanes}`, (b) => triad(b, shape));
}

/**
 * Parameters `(passes, n, a, b, c, scalar)`: the same triad so many times over. Arrays that fit a first-level cache
 * take a fifth of a microsecond a pass, which a call from JavaScript would lengthen.
 */
export function repeatedStreamLoop(shape: PeakShape): Program {
  return program(`peak-stream-passes-${shape.element}x${shape.lanes}`, (b) => {
    const passes = b.integer("passes");
    triad(b, shape, (body) => b.loop("pass", 0, passes, {}, body));
  });
}

/** Declares the triad's parameters and emits its loop, inside of `around`. */
function triad(
  b: ProgramBuilder,
  { element, lanes }: PeakShape,
  around: (body: () => void) => void = (body) => body(),
): void {
  const n = b.integer("n");
  const target = b.pointer("a", element);
  const first = b.pointer("b", element);
  const second = b.pointer("c", element);
  const scalar = b.scalar("scalar", element);
  const s = b.let("s", splat(scalar, lanes));
  const whole = b.let("whole", and(n, -lanes));
  around(() =>
    b.loop("i", 0, whole, { step: lanes, unroll: 4 }, (i) =>
      b.store(at(target, i), multiplyAdd(s, load(at(second, i), lanes), load(at(first, i), lanes))),
    ),
  );
}

/** Additions in one pass of `dependentAddLoop`: the loop's own two instructions run beside the chain, not in it. */
export const addsPerPass = 48;

/**
 * Parameters `(passes, step, result)`: adds `step` to one integer 48 times a pass, each addition waiting for the one
 * before, and writes the total. An addition of two registers takes one cycle on every core since the 1990s (Fog,
 * Instruction tables), so additions a second are the clock frequency, which no system call tells truthfully.
 */
export function dependentAddLoop(): Program {
  return program("clock-adds", (b) => {
    const passes = b.integer("passes");
    const step = b.integer("step");
    const result = b.pointer("result", "i32");
    const total = b.variable("total", constant(0));
    b.loop("pass", 0, passes, {}, () => {
      for (let i = 0; i < addsPerPass; i++) b.set(total, add(total, step));
    });
    b.store(at(result), total);
  });
}
