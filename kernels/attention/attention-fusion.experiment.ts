/**
 * What it is worth not to write the scores of attention: one kernel with online softmax beside the chain of product, softmax
 * and product, which are the best of their rooms; both forward, one head. After Dao et al. (arXiv:2205.14135), and section
 * 3 of TVM (Chen et al., arXiv:1802.04799) on what fusion leaves out of memory.
 */
import type { Cell, ExperimentRow, Profile, Settings, VariantRef } from "../experiment.ts";
import { comparedTargets, on } from "../targets.ts";

/** Queries and keys of a head, and whether later keys are hidden. */
export interface AttentionLength {
  readonly length: number;
  readonly causal?: boolean;
}

/** Elements of a head: what BERT, GPT-2 and most that followed have. */
export const headWidth = 64;
export const chain = "chain";
export const fused = "fused";
/** The same on vectors of 256 bits, where native code has longer ones. */
export const chainAvx2 = "chain-avx2";
export const fusedAvx2 = "fused-avx2";
export const quickLengths: readonly AttentionLength[] = [{ length: 1024 }, { length: 2048 }];
/** The least that a run takes of each way. */
export const rounds = 15;

const lengths: Readonly<Record<Profile, readonly AttentionLength[]>> = {
  quick: quickLengths,
  standard: [{ length: 512 }, ...quickLengths, { length: 4096 }, { length: 2048, causal: true }],
  full: [
    ...[
      { length: 128 },
      { length: 256 },
      { length: 512 },
      ...quickLengths,
      { length: 4096 },
      { length: 8192 },
    ],
    ...[
      { length: 1024, causal: true },
      { length: 2048, causal: true },
      { length: 4096, causal: true },
    ],
  ],
};

export const attentionWorkload = ({ length, causal = false }: AttentionLength): string =>
  `${length}x${length}x${headWidth}${causal ? " causal" : ""}`;

/** The length that a workload names. @throws RangeError for another text */
export function lengthOfWorkload(workload: string): Required<AttentionLength> {
  const [, length, causal] = /^(\d+)x\1x64( causal)?$/.exec(workload) ?? [];
  if (!length) throw new RangeError(`expected a workload such as "1024x1024x64 causal"; found ${workload}`);
  return { length: Number(length), causal: causal !== undefined };
}

export const attentionFusion: ExperimentRow = {
  id: "attention-fusion",
  title: { en: "Attention without writing its scores", zh: "不写出分数的注意力" },
  question:
    "Is attention in one kernel with online softmax faster than product, softmax and product, and how much less does it move?",
  topics: ["attention", "softmax", "compiler"],
  claims: [],
  charts: [
    { kind: "bars", title: "Time of one head", metric: "time" },
    { kind: "bars", title: "Bytes that kernels read and write", metric: "bytes-moved" },
  ],
  published: [
    {
      title: "Speed-up of FlashAttention over standard attention",
      source: "Dao et al., arXiv:2205.14135, section 1: “3x speedup on GPT-2 (seq. length 1K)” for training",
      conditions: "whole training steps on A100 GPUs, where attention is bound by memory",
      metric: "speed-up",
      rows: [{ step: "GPT-2, 1K", value: 3 }],
    },
  ],
  plan,
};

function plan(settings: Settings): readonly Cell[] {
  const variants = comparedTargets(settings).flatMap((target): readonly VariantRef[] => [
    ...on(target, [chain, fused]),
    ...(target === "native" && settings.profile !== "quick" ? on(target, [chainAvx2, fusedAvx2]) : []),
  ]);
  if (variants.length === 0) return [];
  return lengths[settings.profile].map((length) => ({
    workload: attentionWorkload(length),
    variants,
    seconds: variants.length * Math.max(1, length.length / 1024),
  }));
}
