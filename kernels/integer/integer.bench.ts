/**
 * Prints the figures of the integer GEMM: multiply-adds per second beside those of our own f32 GEMM, in the same rounds,
 * one thread. Run: node kernels/integer/integer.bench.ts [side …] (default: 1024).
 * B is packed beforehand, as weights are; packing of A counts. Each integer kernel is checked before it is timed.
 */
import { loadavg } from "node:os";
import { hasVnni, type KernelTarget } from "../codegen/compile.ts";
import { Memory } from "../codegen/memory.ts";
import { createGemm } from "../gemm/gemm.ts";
import { nativeAvailability } from "../native/availability.ts";
import type { NativeIsa } from "../native/cpu-features.ts";
import { createIntegerGemm } from "./gemm/integer-gemm.ts";
import type { LeftBytes } from "./gemm/tiles.ts";

interface Row {
  readonly name: string;
  readonly target: KernelTarget;
  readonly isa?: NativeIsa;
  readonly vnni?: boolean;
  readonly left: LeftBytes;
  /** The ratio to f32 on the same level that the project promises. */
  readonly promised?: number;
}

const availability = nativeAvailability();
const isas: readonly NativeIsa[] = !availability.available
  ? []
  : availability.isa === "avx512"
    ? ["avx2", "avx512"]
    : ["avx2"];

/** Every way on every level that this machine has; promised is what the best native one and the exact wasm one owe. */
const rows: readonly Row[] = [
  { name: "wasm, 16-bit pairs", target: "wasm", left: "u8", promised: 1.3 },
  { name: "wasm, relaxed dot of 7 bits", target: "wasm", left: "u7" },
  ...isas.flatMap((isa): Row[] => [
    { name: `${isa}, 16-bit pairs`, target: "native", isa, vnni: false, left: "u8" },
    { name: `${isa}, vpmaddubsw of 7 bits`, target: "native", isa, vnni: false, left: "u7" },
    ...(hasVnni(isa)
      ? [{ name: `${isa}, VNNI`, target: "native", isa, vnni: true, left: "u8", promised: 2.5 } as const]
      : []),
  ]),
];

const median = (values: readonly number[]): number =>
  [...values].sort((left, right) => left - right)[values.length >> 1] as number;

function seconds(run: () => void): number {
  const start = performance.now();
  run();
  return (performance.now() - start) / 1000;
}

const levelOf = (row: Row): string => row.isa ?? row.target;

/** The f32 GEMM of a level, on numbers that do not matter. */
function single(row: Row, n: number): () => void {
  const shape = { m: n, n, k: n };
  const memory = new Memory(4 * 4 * n * n + (1 << 24));
  const level = row.isa ? { isa: row.isa } : {};
  const gemm = createGemm({ variant: "packed-blocked", target: row.target, memory, shape, ...level });
  const [a, b, c] = [0, 1, 2].map(() => {
    const operand = memory.allocate("f32", n * n);
    operand.view.fill(0.5);
    return operand.address;
  }) as [number, number, number];
  return () => gemm.run({ ...shape, a, b, c });
}

function integer({ target, isa, vnni, left }: Row, n: number): () => void {
  const shape = { m: n, n, k: n };
  const memory = new Memory(8 * n * n + (1 << 24));
  const level = { ...(isa ? { isa } : {}), ...(vnni === undefined ? {} : { vnni }) };
  const gemm = createIntegerGemm({ target, memory, shape, left, ...level });
  const a = memory.allocate("u8", n * n);
  const b = memory.allocate("i8", n * n);
  const c = memory.allocate("i32", n * n);
  a.view.forEach((_, i) => {
    a.view[i] = (i * 7) % 128;
  });
  b.view.forEach((_, i) => {
    b.view[i] = (i * 11) % 255;
  });
  const packed = gemm.pack({ b: b.address, n, k: n, ldb: n });
  const run = (): void => gemm.run({ a: a.address, m: n, lda: n, c: c.address }, packed);
  run();
  for (const [i, j] of [
    [0, 0],
    [n - 1, n - 2],
    [n >> 1, 3],
  ] as const) {
    let sum = 0;
    for (let p = 0; p < n; p++) sum += (a.view[i * n + p] as number) * (b.view[p * n + j] as number);
    if (c.view[i * n + j] !== sum) throw new Error(`${target} ${left}: wrong at ${i}, ${j}`);
  }
  return run;
}

function compare(n: number, rounds: number): void {
  const levels = [...new Set(rows.map(levelOf))];
  const singles = levels.map((level) => single(rows.find((row) => levelOf(row) === level) as Row, n));
  const runs = [...singles, ...rows.map((row) => integer(row, n))];
  for (const run of runs) for (let i = 0; i < 3; i++) run();
  const times = runs.map((): number[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [i, run] of runs.entries()) times[i]?.push(seconds(run));
  const rate = (i: number): string => (n ** 3 / median(times[i] as number[]) / 1e9).toFixed(1).padStart(7);
  console.log(
    `\n${n} cubed, one thread, ${rounds} rounds, load ${loadavg()[0]?.toFixed(1)}: 10^9 multiply-adds a second`,
  );
  for (const [i, level] of levels.entries()) console.log(`${`${level}, f32`.padEnd(30)}${rate(i)}`);
  for (const [r, row] of rows.entries()) {
    const own = times[levels.length + r] as number[];
    const other = times[levels.indexOf(levelOf(row))] as number[];
    const ratio = median(own.map((time, i) => (other[i] as number) / time));
    const { promised = 0 } = row;
    const goal = promised ? `  (at least ${promised}x: ${ratio >= promised ? "holds" : "MISSED"})` : "";
    console.log(`${row.name.padEnd(30)}${rate(levels.length + r)}  ${ratio.toFixed(2)}x f32${goal}`);
  }
}

const sides = process.argv.slice(2).map(Number);
for (const side of sides.length > 0 ? sides : [1024]) compare(side, side > 512 ? 15 : 41);
