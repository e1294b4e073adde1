/** Procedure of `roofline-bounds`: level by level streams and kernels in the same rounds, then products under the peak. */
import { kernelText } from "../codegen/compile.ts";
import { Memory } from "../codegen/memory.ts";
import type { Bench, Candidate, Cell, Procedure, VariantRef } from "../experiment.ts";
import { fillRandom } from "../gemm/contest.ts";
import { createGemm } from "../gemm/gemm.ts";
import { createGemv } from "../gemm/gemv.ts";
import { variantText } from "../gemm/listing.ts";
import { differsFromReference, referenceGemm } from "../gemm/reference.ts";
import { kernelTarget } from "../kernel-target.ts";
import { dataCaches } from "../measure/machine.ts";
import { multiplyAddPeak, peakTargetOf, streamPeak } from "../measure/peak.ts";
import { streamedLevels } from "../measure/streams.ts";
import { sameVariant, variantRef } from "../variant.ts";
import { type Contestant, type LevelArrays, lanesOn, levelContestants } from "./contestants.ts";
import { axpyPassesProgram, dotPassesProgram, mapProgram } from "./programs.ts";
import {
  atLevel,
  boundRounds,
  type Level,
  levels,
  productName,
  streams,
} from "./roofline-bounds.experiment.ts";

export const procedure: Procedure = { run, code };

async function run({ variants: planned }: Cell, bench: Bench): Promise<void> {
  const target = kernelTarget(planned[0] as VariantRef);
  for (const { capacity, ...arrays } of measuredLevels()) {
    bench.progress(`arrays of ${arrays.level}`);
    const all = levelContestants(target, arrays, bench.random(arrays.level));
    await compareLevel(all, arrays.level, capacity, bench);
  }
  await compareProducts(bench);
}

/** The levels that this machine tells of, and memory, with arrays of half of each. */
function measuredLevels(): readonly (LevelArrays & { readonly capacity: number | undefined })[] {
  const caches = streamedLevels(dataCaches()).flatMap(({ level, bytes }) =>
    (levels as readonly string[]).includes(level)
      ? [{ level: level as Level, bytes, capacity: 2 * bytes }]
      : [],
  );
  // As large as the stream that other experiments measure memory by, which no cache holds.
  return [...caches, { level: "memory", bytes: streamPeak().bytes ?? 0, capacity: undefined }];
}

async function compareLevel(
  all: readonly Contestant[],
  level: Level,
  capacity: number | undefined,
  bench: Bench,
): Promise<void> {
  const isStream = ({ variant }: VariantRef): boolean =>
    streams.some((stream) => variant === atLevel(stream, level));
  // Ceilings are no planned variants; a kernel that died in an earlier attempt is left out.
  const taking = all.filter(
    (each) =>
      each.variant.startsWith("peak-") || bench.variants.some((allowed) => sameVariant(allowed, each)),
  );
  const measured = taking.filter(isStream);
  const kernels = taking.filter((each) => !isStream(each));
  for (const each of taking) {
    bench.exact(each, "working-set", each.workingSet);
    bench.exact(each, "bytes-moved", each.bytes);
    if (isStream(each) && capacity !== undefined) bench.exact(each, "level-capacity", capacity);
  }
  const [first] = taking;
  if (!first) return;
  await bench.compare([...taking, multiplyAddPeak(1, peakTargetOf(first.target))], {
    against: null,
    ceiling: false,
    pairs: kernels.flatMap((kernel) =>
      measured.map((stream) => [variantRef(kernel), variantRef(stream)] as const),
    ),
    leastRounds: boundRounds,
  });
}

/** The square products of the cell, each with its operands once as its bytes. */
async function compareProducts(bench: Bench): Promise<void> {
  const candidates = bench.variants.flatMap((ref): Candidate[] => {
    const side = Number(/^gemm-(\d+)$/.exec(ref.variant)?.[1]);
    return side > 0 ? [product(ref, side, bench)] : [];
  });
  const [first] = candidates;
  if (!first) return;
  for (const each of candidates) bench.exact(each, "working-set", each.bytes ?? 0);
  await bench.compare([...candidates, multiplyAddPeak(1, peakTargetOf(first.target))], {
    against: null,
    ceiling: false,
    leastRounds: boundRounds,
  });
}

function product(ref: VariantRef, side: number, bench: Bench): Candidate {
  const shape = { m: side, n: side, k: side };
  const memory = new Memory(32 * side * side + 2 ** 22);
  const [a, b, c] = [memory, memory, memory].map((of) => of.allocate("f32", side * side)) as [
    Room,
    Room,
    Room,
  ];
  fillRandom(a.view, bench.random("A"));
  fillRandom(b.view, bench.random("B"));
  const gemm = createGemm({ variant: "auto", target: kernelTarget(ref), memory, shape });
  const call = { ...shape, a: a.address, b: b.address, c: c.address };
  const run = (): void => gemm.run(call);
  const check = (): string | null => {
    c.view.fill(Number.NaN);
    run();
    return differsFromReference(referenceGemm({ ...shape, a: a.view, b: b.view }), c.view);
  };
  return { ...ref, variant: productName(side), run, check, flops: 2 * side ** 3, bytes: 12 * side * side };
}

interface Room {
  readonly address: number;
  readonly view: Float32Array;
}

const programsByKernel = { dot: dotPassesProgram, axpy: axpyPassesProgram } as const;

async function code(ref: VariantRef): Promise<string | undefined> {
  const target = kernelTarget(ref);
  const kernel = ref.variant.replace(/-\w+$/, "");
  if (kernel === "gemm") return variantText({ ...ref, variant: "auto" });
  if (kernel === "gemv")
    return createGemv({ variant: "gemv-dot-simd", target, memory: new Memory(0) }).kernel.text;
  const program = programsByKernel[kernel as keyof typeof programsByKernel] ?? mapProgram;
  return kernelText(program(lanesOn(target)), target);
}
