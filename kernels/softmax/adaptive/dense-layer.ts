/**
 * One softmax over all rows of a weight matrix, trained by plain gradient descent: the full softmax, and each of the
 * clusters of an adaptive one. The products are GEMM's, with any number of rows up to the batch.
 */
import type { KernelTarget } from "../../codegen/compile.ts";
import type { Memory } from "../../codegen/memory.ts";
import type { RealElement } from "../../elementary/intervals.ts";
import { createGemm, type Gemm, gemmWorkspaceBytes } from "../../gemm/gemm.ts";
import { createSoftmax } from "../softmax.ts";

export interface LayerOptions {
  readonly target: KernelTarget;
  readonly memory: Memory;
  readonly element?: RealElement;
  /** The most rows that are ever computed at once. */
  readonly batch: number;
}

/** Rows of features and the class of each. */
export interface Rows {
  /** Byte address of rows x width numbers. */
  readonly features: number;
  readonly classes: ArrayLike<number>;
  readonly rows: number;
}

export interface DenseLayer {
  /** classes x width, to be filled and read. */
  readonly weights: Float32Array | Float64Array;
  /**
   * The sum of -ln p of each row's class. Writes the gradient of that sum times `scale` for the features and takes
   * `rate` times that of the weights off them.
   */
  train(
    rows: Rows & { readonly featureGradients: number; readonly scale: number; readonly rate: number },
  ): number;
  /** ln p of every class of every row, rows x classes; overwritten by the next call. */
  logProbabilities(rows: Pick<Rows, "features" | "rows">): Float32Array | Float64Array;
}

/** A variant of GEMM that takes transposed operands as they lie; both softmaxes use the same. */
const product = "packed-blocked";

/** Bytes that a layer allocates. */
export function denseLayerBytes(
  classes: number,
  width: number,
  { target, element = "f32", batch }: Omit<LayerOptions, "memory">,
): number {
  const bytes = element === "f32" ? 4 : 8;
  const workspace = shapesOf(classes, width, batch).reduce(
    (sum, shape) => sum + gemmWorkspaceBytes({ variant: product, target, element, shape }) + 64,
    0,
  );
  return bytes * classes * (width + batch) + workspace + 512;
}

/** Logits, gradients of features, gradients of weights. */
const shapesOf = (classes: number, width: number, batch: number) => [
  { m: batch, n: classes, k: width },
  { m: batch, n: width, k: classes },
  { m: classes, n: width, k: batch },
];

/** A layer with weights of 0. */
export function createDenseLayer(classes: number, width: number, options: LayerOptions): DenseLayer {
  const { target, memory, element = "f32", batch } = options;
  const weights = memory.allocate(element, classes * width);
  const scores = memory.allocate(element, batch * classes);
  const [logits, ofFeatures, ofWeights] = shapesOf(classes, width, batch).map((shape) =>
    createGemm({ variant: product, target, memory, element, shape }),
  ) as [Gemm, Gemm, Gemm];
  const softmax = createSoftmax({ target, memory, element });
  const logSoftmax = createSoftmax({ kind: "log-softmax", target, memory, element });
  const score = (features: number, rows: number): void =>
    logits.run({
      ...{ m: rows, n: classes, k: width },
      ...{ a: features, b: weights.address, c: scores.address, transposeB: true },
    });
  return {
    weights: weights.view,
    train({ features, classes: wanted, rows, featureGradients, scale, rate }) {
      score(features, rows);
      softmax.forward({ outer: rows, n: classes }, { input: scores.address, output: scores.address });
      let loss = 0;
      for (let row = 0; row < rows; row++) {
        const place = row * classes + (wanted[row] as number);
        const share = scores.view[place] as number;
        loss -= Math.log(share);
        scores.view[place] = share - 1;
      }
      const of = { a: scores.address, b: weights.address, c: featureGradients, alpha: scale };
      ofFeatures.run({ m: rows, n: width, k: classes, ...of });
      const change = { a: scores.address, b: features, c: weights.address, alpha: -scale * rate, beta: 1 };
      ofWeights.run({ m: classes, n: width, k: rows, ...change, transposeA: true });
      return loss;
    },
    logProbabilities({ features, rows }) {
      score(features, rows);
      logSoftmax.forward({ outer: rows, n: classes }, { input: scores.address, output: scores.address });
      return scores.view;
    },
  };
}
