/**
 * The contestants of one level: streams and kernels on the same arrays, which together take half of the level, so that
 * whoever comes next finds there what the one before has left. Each is checked against float64 before it is timed.
 */
import { compile, type KernelTarget } from "../codegen/compile.ts";
import { bytesOf } from "../codegen/expressions.ts";
import { Memory } from "../codegen/memory.ts";
import type { Program } from "../codegen/statements.ts";
import type { Candidate, VariantRef } from "../experiment.ts";
import { fillRandom } from "../gemm/contest.ts";
import { createGemv } from "../gemm/gemv.ts";
import { kernelIsa, machineRow } from "../gemm/machines.ts";
import { differsFromReference, referenceGemm } from "../gemm/reference.ts";
import { repeatedStreamLoop } from "../measure/peak-programs.ts";
import {
  axpyPassesProgram,
  copyProgram,
  dotPassesProgram,
  mapProgram,
  readProgram,
  updateProgram,
  wholeVectors,
} from "./programs.ts";
import { atLevel, type Level, mapTimes } from "./roofline-bounds.experiment.ts";

export interface LevelArrays {
  readonly level: Level;
  /** Of all arrays together. */
  readonly bytes: number;
}

/** A contestant with the bytes that it touches. */
export type Contestant = Candidate & { readonly bytes: number; readonly workingSet: number };

/** A call moves at least so many bytes, tens of microseconds, so that calling it counts for nothing. */
const leastBytesPerCall = 2 ** 21;

/** Factors by which values stay of order 1 however often a kernel is applied to what it has written. */
const [alpha, scale, shift] = [2 ** -20, 0.5, 0.25];
/** Of the triad; what is multiplied does not count, and with 0 nothing grows. */
const scalar = 0;
/** Of the update: nothing grows, and every element changes. */
const sign = -1;

/** Lanes of the vectors that a target computes with. */
export function lanesOn(target: KernelTarget): number {
  return machineRow("f32", kernelIsa(target)).vectorBytes / bytesOf.f32;
}

/** Streams first, then kernels, all at one level. */
export function levelContestants(
  target: KernelTarget,
  { level, bytes }: LevelArrays,
  random: () => number,
): readonly Contestant[] {
  const memory = new Memory(bytes + 2 ** 16);
  const all = memory.allocate("f32", bytes / 4);
  const result = memory.allocate("f32", 1);
  const lanes = lanesOn(target);
  /** Elements of each of so many arrays. */
  const share = (arrays: number): number =>
    Math.floor(bytes / 4 / arrays / (lanes * wholeVectors)) * lanes * wholeVectors;
  const [half, third] = [share(2), share(3)];
  const place = (elements: number) => ({
    address: all.address + 4 * elements,
    view: all.view.subarray(elements),
  });
  const [x, y] = [place(0), place(half)];
  const refill = (): void => fillRandom(all.view, random);
  refill();
  const make = (row: Row): Contestant => {
    const moved = bytesMoved(row, level);
    const passes = Math.max(1, Math.ceil(leastBytesPerCall / moved));
    const { call } = compile(row.program, target, memory);
    return {
      ...ref(row.name, level, target),
      run: () => call(passes, ...row.args),
      check: () => {
        refill();
        const expected = row.expected();
        call(1, ...row.args);
        return expected();
      },
      ...(row.flops && { flops: passes * row.flops }),
      bytes: passes * moved,
      workingSet: 4 * (row.touched ?? row.reads + row.writes),
    };
  };
  const views = { x: x.view, y: y.view, result: result.view, n: half };
  const rows: readonly Row[] = [
    {
      ...{ name: "peak-read", program: readProgram(lanes), args: [2 * half, x.address, result.address] },
      ...{
        reads: 2 * half,
        writes: 0,
        expected: () => sumCheck({ ...views, n: 2 * half }, (i) => x.view[i] as number),
      },
    },
    {
      ...{ name: "peak-copy", program: copyProgram(lanes), args: [half, x.address, y.address] },
      ...{ reads: half, writes: half, fetched: half, expected: () => elementCheck(views, (_, xi) => xi) },
    },
    {
      ...{ name: "peak-update", program: updateProgram(lanes), args: [half, sign, y.address] },
      ...{ reads: half, writes: half, touched: half, expected: () => elementCheck(views, (yi) => sign * yi) },
    },
    {
      ...{ name: "peak-stream", program: repeatedStreamLoop({ element: "f32", lanes }) },
      args: [third, ...[0, 1, 2].map((array) => place(array * third).address), scalar],
      ...{ reads: 2 * third, writes: third, fetched: third, expected: () => () => null },
    },
    {
      ...{
        name: "dot",
        program: dotPassesProgram(lanes),
        args: [half, x.address, result.address, y.address],
      },
      ...{ flops: 2 * half, reads: 2 * half, writes: 0 },
      expected: () => sumCheck(views, (i) => (x.view[i] as number) * (y.view[i] as number)),
    },
    {
      ...{ name: "axpy", program: axpyPassesProgram(lanes), args: [half, alpha, x.address, y.address] },
      ...{ flops: 2 * half, reads: 2 * half, writes: half, touched: 2 * half },
      expected: () => elementCheck(views, (yi, xi) => yi + alpha * xi),
    },
    ...mapTimes.map((times) => ({
      ...{ name: `map${times}`, program: mapProgram(lanes) },
      args: [half, times, scale, shift, x.address, y.address],
      ...{ flops: 2 * times * half, reads: half, writes: half, fetched: half },
      expected: () => elementCheck(views, (_: number, xi: number) => iterated(xi, times)),
    })),
  ];
  const contestants = rows.map(make);
  const gemv = gemvAt(target, level, { memory, matrix: all, bytes, refill });
  return [...contestants, gemv];
}

interface Row {
  readonly name: string;
  readonly program: Program;
  /** Behind the number of passes. */
  readonly args: readonly number[];
  /** Of one pass. */
  readonly flops?: number;
  /** Elements that a pass loads and stores. */
  readonly reads: number;
  readonly writes: number;
  /** Elements written without having been read, whose lines a cache fetches first (none where absent). */
  readonly fetched?: number;
  /** Elements of the arrays (default: all that is read or written). */
  readonly touched?: number;
  /** Reads the operands before the kernel runs; what it returns compares afterwards. */
  expected(): () => string | null;
}

/**
 * Bytes that a pass moves between its level and the core. Beyond the first level lines move, and one that is to be
 * overwritten is fetched first: STREAM does not count these, but they take their time on the way all the same.
 */
function bytesMoved({ reads, writes, fetched = 0 }: Row, level: Level): number {
  return 4 * (reads + writes + (level === "l1" ? 0 : fetched));
}

function ref(name: string, level: Level, target: KernelTarget): VariantRef {
  return { variant: atLevel(name, level), target };
}

function iterated(value: number, times: number): number {
  let v = value;
  for (let i = 0; i < times; i++) v = v * scale + shift;
  return v;
}

export interface Views {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly result: Float32Array;
  readonly n: number;
}

/** The sum of all terms, within n roundings of their absolute sum. */
export function sumCheck({ n, result }: Views, term: (i: number) => number): () => string | null {
  let [sum, absolute] = [0, 0];
  for (let i = 0; i < n; i++) {
    sum += term(i);
    absolute += Math.abs(term(i));
  }
  const bound = n * 2 ** -24 * absolute;
  return () => {
    const found = result[0] as number;
    return Math.abs(found - sum) <= bound ? null : `the sum is ${found}, expected ${sum} within ${bound}`;
  };
}

/** Elements that are compared: of a large array some, evenly spread, the first and the last among them. */
const compared = 4096;

/** Elements against what `of` says of those that were there before, to a few roundings. */
export function elementCheck(
  { x, y, n }: Views,
  of: (yi: number, xi: number) => number,
): () => string | null {
  const step = Math.max(1, Math.floor(n / compared));
  const places: number[] = [];
  for (let i = 0; i < n; i += step) places.push(i);
  places.push(n - 1);
  const expected = places.map((i) => of(y[i] as number, x[i] as number));
  // Values are of order 1, and each rounding is followed by one that halves it or by none.
  const bound = 4 * 2 ** -24;
  return () => {
    const wrong = places.findIndex(
      (i, at) => !(Math.abs((y[i] as number) - (expected[at] as number)) <= bound),
    );
    return wrong < 0
      ? null
      : `element ${places[wrong]} is ${y[places[wrong] as number]}, expected ${expected[wrong]}`;
  };
}

/** Columns of the matrix of a GEMV: rows long enough for its loop, and enough rows for four at once. */
const gemvColumns = (bytes: number): number => (bytes < 2 ** 18 ? 256 : bytes < 2 ** 22 ? 512 : 4096);
/** Share of the level's arrays that the matrix takes. */
const matrixShare = 0.85;

function gemvAt(
  target: KernelTarget,
  level: Level,
  at: {
    readonly memory: Memory;
    readonly matrix: { readonly address: number; readonly view: Float32Array };
    readonly bytes: number;
    refill(): void;
  },
): Contestant {
  const { memory, matrix, refill } = at;
  const n = gemvColumns(at.bytes);
  const m = Math.floor((matrixShare * at.bytes) / 4 / n);
  // Behind the matrix, in the same arrays.
  const x = { address: matrix.address + 4 * m * n, view: matrix.view.subarray(m * n, m * n + n) };
  const y = memory.allocate("f32", m);
  const gemv = createGemv({ variant: "gemv-dot-simd", target, memory });
  const call = { m, n, a: matrix.address, x: x.address, y: y.address };
  return {
    ...ref("gemv", level, target),
    run: () => gemv.run(call),
    check: () => {
      refill();
      gemv.run(call);
      return differsFromReference(referenceGemm({ m, n: 1, k: n, a: matrix.view, b: x.view }), y.view);
    },
    flops: 2 * m * n,
    bytes: 4 * (m * n + n + m),
    workingSet: 4 * (m * n + n + m),
  };
}
