/** Procedure of `attention-fusion`: one head both ways, some of its queries checked, bytes counted, timed side by side. */

import type { KernelTarget } from "../codegen/compile.ts";
import { kernelText } from "../codegen/compile.ts";
import { Memory } from "../codegen/memory.ts";
import type { Bench, Candidate, Cell, Procedure, VariantRef } from "../experiment.ts";
import { gemmText } from "../gemm/gemm.ts";
import { kernelIsa, machineRow } from "../gemm/machines.ts";
import { kernelTarget } from "../kernel-target.ts";
import type { NativeIsa } from "../native/cpu-features.ts";
import { chainAccounting, fusedAccounting } from "./accounting.ts";
import { createAttention } from "./attention.ts";
import {
  attentionFusion,
  chain,
  chainAvx2,
  fused,
  fusedAvx2,
  headWidth,
  lengthOfWorkload,
  rounds,
} from "./attention-fusion.experiment.ts";
import { createAttentionChain } from "./chain.ts";
import { forwardBlock } from "./programs/forward.ts";
import { attentionReference } from "./reference.ts";
import { type ProblemOptions, problemOf } from "./shape.ts";
import { tilesOf } from "./tiles.ts";

export const procedure: Procedure = { run, code };

interface Way {
  readonly fused: boolean;
  readonly isa?: NativeIsa;
}

/** What each variant is. */
const ways: Readonly<Record<string, Way>> = {
  [chain]: { fused: false },
  [fused]: { fused: true },
  [chainAvx2]: { fused: false, isa: "avx2" },
  [fusedAvx2]: { fused: true, isa: "avx2" },
};

function wayOf({ variant }: VariantRef): Way {
  const way = ways[variant];
  if (way) return way;
  throw new RangeError(
    `expected one of ${Object.keys(ways).join(", ")}; found ${variant} in ${attentionFusion.id}`,
  );
}

/** The kernel that does nearly all of the work: a block of the fused way, or the chain's product. */
async function code(ref: VariantRef): Promise<string> {
  const target: KernelTarget = kernelTarget(ref);
  const { fused: isFused, isa } = wayOf(ref);
  if (!isFused) return gemmText("auto", target, isa ? { isa } : {});
  const level = kernelIsa(target, isa);
  const tiles = tilesOf("f32", level, { width: headWidth, valueWidth: headWidth });
  const type = { element: "f32", lanes: machineRow("f32", level).vectorBytes / 4 } as const;
  const { name, write } = forwardBlock(tiles, { mask: "none", causal: false });
  return kernelText(write(name, type), target, level === "wasm" ? {} : { isa: level });
}

type Operands = Readonly<
  Record<"q" | "k" | "v" | "o", { readonly view: Float32Array; readonly address: number }>
>;

async function run(cell: Cell, bench: Bench): Promise<void> {
  const { length, causal } = lengthOfWorkload(cell.workload);
  const options: ProblemOptions = {
    shape: { batch: 1, heads: 1, queries: length, keys: length, width: headWidth },
    causal,
  };
  // Of each way: the chain's scores, packed keys and values, panels of products.
  const memory = new Memory(bench.variants.length * (4 * length * length + 2 ** 24));
  const random = bench.random("operands");
  const operand = () => {
    const made = memory.allocate("f32", length * headWidth);
    for (let i = 0; i < made.view.length; i++) made.view[i] = 4 * random() - 2;
    return made;
  };
  const operands: Operands = { q: operand(), k: operand(), v: operand(), o: operand() };
  const candidates = bench.variants.map((ref) => candidateOf(ref, options, operands, memory, bench));
  const pairs = bench.variants.flatMap((ref) =>
    wayOf(ref).fused
      ? [[named(ref), named({ ...ref, variant: chainOf[ref.variant] as string })] as const]
      : [],
  );
  await bench.compare(candidates, { against: null, pairs, leastRounds: rounds });
}

const chainOf: Readonly<Record<string, string>> = { [fused]: chain, [fusedAvx2]: chainAvx2 };
const named = ({ variant, target }: VariantRef): VariantRef => ({ variant, target });

function candidateOf(
  ref: VariantRef,
  options: ProblemOptions,
  operands: Operands,
  memory: Memory,
  bench: Bench,
): Candidate {
  bench.progress(`compiling ${ref.variant}`, undefined, undefined, ref);
  const way = wayOf(ref);
  const setting = { ...options, target: kernelTarget(ref), ...(way.isa ? { isa: way.isa } : {}) };
  const made = way.fused
    ? createAttention({ ...setting, memory, forwardOnly: true })
    : createAttentionChain({ ...setting, memory });
  const { bytesMoved, workspaceBytes } = (way.fused ? fusedAccounting : chainAccounting)(setting);
  bench.exact(ref, "bytes-moved", bytesMoved);
  bench.exact(ref, "workspace", workspaceBytes);
  const { q, k, v, o } = operands;
  const args = { q: q.address, k: k.address, v: v.address, o: o.address };
  const forward = (): void => made.forward(args);
  const check = (): string | null => {
    o.view.fill(Number.NaN);
    forward();
    return differs(options, operands);
  };
  return { ...ref, run: forward, check };
}

/** Scores reach 60 here, so powers are rounded to 60 x 6e-8; some more by sums over keys. */
const tolerance = 2e-5;

/** Some queries against the definition; every one must have been written. */
function differs({ shape, causal }: ProblemOptions, { q, k, v, o }: Operands): string | null {
  const { queries } = shape;
  for (const query of [0, 1, queries >> 1, queries - 2, queries - 1]) {
    const one = problemOf({ shape: { ...shape, queries: 1 }, causal, causalOffset: query });
    const row = (of: Float32Array): Float32Array => of.subarray(query * headWidth, (query + 1) * headWidth);
    const expected = attentionReference(one, { q: row(q.view), k: k.view, v: v.view });
    const found = row(o.view);
    for (const [e, value] of expected.entries())
      if (!(Math.abs((found[e] as number) - value) <= tolerance))
        return `query ${query}, element ${e} is ${found[e]}, expected ${value} within ${tolerance}`;
  }
  return o.view.some(Number.isNaN) ? "a query was left out" : null;
}
