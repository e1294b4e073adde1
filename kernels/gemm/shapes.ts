/**
 * The shapes that GEMM is compared with other libraries on: squares, layers of BERT-base and of ResNet-50, and skinny
 * ones as in inference. Data with sources; a geometric mean over them lets no shape count for its size.
 */
import type { GemmShape } from "./arguments.ts";

/** Where shapes come from; each family also has a geometric mean of its own. */
export const shapeFamilies = ["square", "bert", "resnet", "skinny"] as const;
export type ShapeFamily = (typeof shapeFamilies)[number];

export interface BenchmarkShape extends GemmShape {
  readonly family: ShapeFamily;
  /** What it is a product of. */
  readonly what: string;
  readonly source: string;
}

/** From one that fits the first cache level to one that exceeds the last; 640 is what AutoKernel's figures are about. */
const squares: readonly BenchmarkShape[] = [64, 128, 256, 512, 640, 1024, 1536, 2048].map((n) => ({
  ...{ m: n, n, k: n },
  family: "square",
  what: "square",
  source: "powers of two, and sides between them",
}));

/** BERT-base: hidden size 768, 12 heads of 64, feed-forward 3072 (Devlin et al., section 3). */
const bert = { hidden: 768, head: 64, feedForward: 3072 } as const;
const bertSource = "Devlin et al., BERT, arXiv:1810.04805, section 3 (base: L=12, H=768, A=12)";

/** A product of one layer for a sequence of so many tokens; per head where heads are multiplied one by one. */
const bertProducts = {
  projection: (tokens: number) => ({ m: tokens, n: bert.hidden, k: bert.hidden }),
  scores: (tokens: number) => ({ m: tokens, n: tokens, k: bert.head }),
  context: (tokens: number) => ({ m: tokens, n: bert.head, k: tokens }),
  "feed-forward up": (tokens: number) => ({ m: tokens, n: bert.feedForward, k: bert.hidden }),
  "feed-forward down": (tokens: number) => ({ m: tokens, n: bert.hidden, k: bert.feedForward }),
} as const;

/** Both lengths that the paper trains with are near: 128, and 384 as in its question answering. */
const bertRows: readonly (readonly [keyof typeof bertProducts, number])[] = [
  ["projection", 128],
  ["projection", 384],
  ["scores", 384],
  ["context", 384],
  ["feed-forward up", 128],
  ["feed-forward up", 384],
  ["feed-forward down", 384],
];

/** A convolution by im2col: filters x output positions, over channels x kernel x kernel. One image. */
export interface ConvolutionRow {
  readonly layer: string;
  readonly channels: number;
  readonly filters: number;
  readonly kernel: number;
  /** Output height and width. */
  readonly side: number;
}

/** Rows of table 1 of He et al. for 50 layers, one of each stage; `side` is the table's column "output size". */
export const resnetRows: readonly ConvolutionRow[] = [
  { layer: "conv1", channels: 3, filters: 64, kernel: 7, side: 112 },
  { layer: "conv2_x 3x3", channels: 64, filters: 64, kernel: 3, side: 56 },
  { layer: "conv3_x 1x1 expand", channels: 128, filters: 512, kernel: 1, side: 28 },
  { layer: "conv4_x 3x3", channels: 256, filters: 256, kernel: 3, side: 14 },
  { layer: "conv5_x 3x3", channels: 512, filters: 512, kernel: 3, side: 7 },
];
const resnetSource = "He et al., Deep residual learning, arXiv:1512.03385, table 1 (50 layers)";

/** The product that im2col turns a convolution into. */
export function unfoldedProduct({ channels, filters, kernel, side }: ConvolutionRow): GemmShape {
  return { m: filters, n: side * side, k: channels * kernel * kernel };
}

/** Few rows (tokens that are generated, small batches) or few columns. */
const skinny: readonly (readonly [GemmShape, string, string])[] = [
  [{ m: 1, n: 1000, k: 2048 }, "ResNet-50's classifier, one image", resnetSource],
  [{ m: 4, n: 3072, k: 768 }, "BERT-base feed-forward up, 4 tokens", bertSource],
  [{ m: 3072, n: 8, k: 768 }, "the same with weights on the left, 8 tokens", bertSource],
  [{ m: 16, n: 768, k: 3072 }, "BERT-base feed-forward down, 16 tokens", bertSource],
];

/** The 24 shapes. */
export const benchmarkShapes: readonly BenchmarkShape[] = [
  ...squares,
  ...bertRows.map(
    ([product, tokens]): BenchmarkShape => ({
      ...bertProducts[product](tokens),
      family: "bert",
      what: `${product}, ${tokens} tokens`,
      source: bertSource,
    }),
  ),
  ...resnetRows.map(
    (row): BenchmarkShape => ({
      ...unfoldedProduct(row),
      family: "resnet",
      what: row.layer,
      source: resnetSource,
    }),
  ),
  ...skinny.map(([shape, what, source]): BenchmarkShape => ({ ...shape, family: "skinny", what, source })),
];
