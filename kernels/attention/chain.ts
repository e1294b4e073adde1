/**
 * Attention as the chain of operators that a framework runs without fusion: a product writes all scores of all heads,
 * further passes mask them and make shares of them, a second product reads those. GEMM and softmax are those of their
 * rooms, as they choose for these sizes. What the fused way is held against; forward only.
 */
import type { Real } from "../gemm/arguments.ts";
import { createGemm, gemmWorkspaceBytes } from "../gemm/gemm.ts";
import { kernelIsa } from "../gemm/machines.ts";
import { planGemm } from "../gemm/variants.ts";
import { type OperationOptions, type Setting, settingOf } from "../nn/operation.ts";
import { transposed } from "../nn/programs/transpose.ts";
import { createSoftmax } from "../softmax/softmax.ts";
import type { AttentionForward } from "./attention.ts";
import { addMask, hideLaterKeys } from "./programs/hide.ts";
import { type AttentionProblem, type ProblemOptions, problemOf, type TokenStrides } from "./shape.ts";

export interface AttentionChain {
  readonly problem: AttentionProblem;
  /** A query that sees no key gets NaN, as softmax of nothing but -∞ is. `lse` is not written. */
  forward(args: AttentionForward): void;
}

/** The chain for one shape; the scores of all heads are allocated from the memory. @throws ProgramError */
export function createAttentionChain(options: OperationOptions & ProblemOptions): AttentionChain {
  const problem = problemOf(options);
  const setting = settingOf(options);
  const { batch, heads, queries, keys, valueWidth } = problem.shape;
  const scores = setting.memory.room(setting.element, batch * heads * queries * keys);
  const first = scoreProduct(setting, problem);
  const second = createGemm({
    ...gemmOptions(setting),
    variant: "auto",
    shape: { m: queries, n: valueWidth, k: keys },
  });
  const softmax = createSoftmax({ ...options, element: setting.element });
  const scoresOf = ({ b, h }: HeadIndex): number => scores + (b * heads + h) * queries * keys * setting.bytes;
  const eachHead = (visit: (head: HeadIndex) => void): void => {
    for (let b = 0; b < batch; b++) for (let h = 0; h < heads; h++) visit({ b, h });
  };
  return {
    problem,
    forward({ q, k, v, mask, o }) {
      const at = (address: number, strides: TokenStrides, { b, h }: HeadIndex): number =>
        address + (b * strides.batch + h * strides.head) * setting.bytes;
      const { layouts } = problem;
      eachHead((head) => first(at(q, layouts.q, head), at(k, layouts.k, head), scoresOf(head)));
      eachHead((head) => hide(setting, problem, head, scoresOf(head), mask));
      softmax.forward({ outer: batch * heads * queries, n: keys }, { input: scores, output: scores });
      eachHead((head) =>
        second.run({
          ...{ m: queries, n: valueWidth, k: keys, a: scoresOf(head), lda: keys },
          ...{
            b: at(v, layouts.v, head),
            ldb: layouts.v.token,
            c: at(o, layouts.o, head),
            ldc: layouts.o.token,
          },
        }),
      );
    },
  };
}

interface HeadIndex {
  readonly b: number;
  readonly h: number;
}

const gemmOptions = ({ options, element }: Setting) => ({ ...options, element });

/** scale Q K^T. A plan that wants rows gets K turned over first; one pass over it. */
function scoreProduct(
  setting: Setting,
  problem: AttentionProblem,
): (q: number, k: number, scores: number) => void {
  const { shape, layouts, scale } = problem;
  const { queries: m, keys: n, width: k } = shape;
  const { variant, turns } = scoreVariant(setting, problem);
  const gemm = createGemm({ ...gemmOptions(setting), variant, shape: { m, n, k } });
  const turned = turns ? setting.memory.room(setting.element, n * k) : 0;
  const turn = setting.kernel(transposed);
  return (a, keys, c) => {
    if (turns) turn(n, k, keys, turned);
    const right = turns ? { b: turned } : { b: keys, ldb: layouts.k.token, transposeB: true };
    gemm.run({ m, n, k, a, lda: layouts.q.token, ...right, c, alpha: scale });
  };
}

/** What decides which product is chosen. */
export interface ProductSetting {
  readonly options: Omit<OperationOptions, "memory">;
  readonly element: Real;
}

/** The variant of the first product, and whether keys are turned over for it. */
export function scoreVariant(
  { options, element }: ProductSetting,
  { shape, layouts }: AttentionProblem,
): { readonly variant: string; readonly turns: boolean } {
  const { queries: m, keys: n, width: k } = shape;
  if (planGemm("auto", element, kernelIsa(options.target, options.isa), { m, n, k }).anyStride)
    return { variant: "auto", turns: false };
  return layouts.k.token === k
    ? { variant: "auto", turns: true }
    : { variant: "packed-blocked", turns: false };
}

function hide(
  setting: Setting,
  problem: AttentionProblem,
  { b, h }: HeadIndex,
  scores: number,
  mask?: number,
): void {
  const { shape, mask: strides, causalOffset } = problem;
  const { queries, keys } = shape;
  if (strides && mask !== undefined) {
    const at = mask + (b * strides.batch + h * strides.head) * setting.bytes;
    setting.kernel(addMask(strides.key === 1))(queries, keys, strides.query, strides.key, scores, at);
  }
  if (causalOffset !== Number.POSITIVE_INFINITY)
    setting.kernel(hideLaterKeys)(queries, keys, causalOffset, scores);
}

/** Bytes of the workspace that the chain's products allocate. */
export function chainProductBytes(setting: ProductSetting, problem: AttentionProblem): number {
  const { queries: m, keys: n, width, valueWidth } = problem.shape;
  const of = (variant: string, shape: { m: number; n: number; k: number }): number =>
    gemmWorkspaceBytes({ ...setting.options, element: setting.element, variant, shape });
  return (
    of(scoreVariant(setting, problem).variant, { m, n, k: width }) + of("auto", { m, n: valueWidth, k: n })
  );
}
