/**
 * What attention is computed on: its sizes, and where the elements of each operand lie. Apart from the kernels, because
 * the reference, the chain and the accounting speak of the same.
 */
import { ProgramError } from "../codegen/errors.ts";
import { checkSizes, type Place } from "../nn/operation.ts";

/** Sizes; q is queries x width, k is keys x width, v is keys x valueWidth, for each head of each member of the batch. */
export interface AttentionShape {
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  /** Elements of a query and of a key in one head. */
  readonly width: number;
  /** Elements of a value (default: `width`). */
  readonly valueWidth?: number;
}

/** Elements from one member, head or token to the next; those of one token's head lie side by side. */
export interface TokenStrides {
  readonly batch: number;
  readonly head: number;
  readonly token: number;
}

/** `heads`: [batch][head][token][width]; `tokens`: [batch][token][head][width], as a layer's product leaves them. */
export type AttentionLayout = "heads" | "tokens" | TokenStrides;

/** Elements from one entry of an additive mask to the next; 0 where all share it. */
export interface MaskStrides {
  readonly batch: number;
  readonly head: number;
  readonly query: number;
  readonly key: number;
}

/** Operands that have a layout of their own; a gradient has its operand's. */
export type AttentionOperand = "q" | "k" | "v" | "o";

export type Layouts = Readonly<Record<AttentionOperand, TokenStrides>>;

/** The complete description of one problem. */
export interface AttentionProblem {
  readonly shape: Required<AttentionShape>;
  /** Factor of the scores. */
  readonly scale: number;
  /** Query i sees key j if j <= i + causalOffset; Infinity: every key. */
  readonly causalOffset: number;
  readonly layouts: Layouts;
  readonly mask: MaskStrides | undefined;
}

export interface ProblemOptions {
  readonly shape: AttentionShape;
  /** Factor of the scores (default: 1 / sqrt(width)). */
  readonly scale?: number | undefined;
  /** Whether a query sees no later key: query i sees key j if j <= i + causalOffset. */
  readonly causal?: boolean | undefined;
  /** Default: 0, as in PyTorch; keys - queries lets the last query see the last key. */
  readonly causalOffset?: number | undefined;
  /** Strides of an additive mask, where there is one. */
  readonly mask?: MaskStrides | undefined;
  /** Default: `heads` for each. */
  readonly layouts?: Readonly<Partial<Record<AttentionOperand, AttentionLayout>>> | undefined;
}

/** Fills in the defaults. @throws ProgramError for sizes and strides that are none */
export function problemOf(options: ProblemOptions): AttentionProblem {
  const { mask, layouts = {}, causal = false, causalOffset = 0 } = options;
  const shape = { valueWidth: options.shape.width, ...options.shape };
  const { batch, heads, queries, keys, width, valueWidth } = shape;
  checkSizes("attention", { batch, heads, queries, keys });
  checkSizes("attention", { width, valueWidth }, 1);
  checkSizes("attention", { batch, heads, tokens: Math.max(queries, keys), w: Math.max(width, valueWidth) });
  if (!Number.isInteger(causalOffset)) refuse("causalOffset to be a whole number", String(causalOffset));
  for (const [name, stride] of Object.entries(mask ?? {}))
    if (!Number.isInteger(stride) || stride < 0)
      refuse(`the mask's stride by ${name} to be a whole number, not negative`, String(stride));
  const laid = (operand: AttentionOperand, tokens: number, elements: number): TokenStrides =>
    stridesOf(operand, layouts[operand] ?? "heads", { heads, tokens, elements });
  return {
    ...{ shape, mask, scale: options.scale ?? 1 / Math.sqrt(width) },
    causalOffset: causal ? causalOffset : Number.POSITIVE_INFINITY,
    layouts: {
      q: laid("q", queries, width),
      k: laid("k", keys, width),
      v: laid("v", keys, valueWidth),
      o: laid("o", queries, valueWidth),
    },
  };
}

function stridesOf(
  operand: AttentionOperand,
  layout: AttentionLayout,
  { heads, tokens, elements }: { heads: number; tokens: number; elements: number },
): TokenStrides {
  if (layout === "heads")
    return { batch: heads * tokens * elements, head: tokens * elements, token: elements };
  if (layout === "tokens")
    return { batch: tokens * heads * elements, head: elements, token: heads * elements };
  for (const [name, stride] of Object.entries(layout))
    if (!Number.isInteger(stride) || stride < 0)
      refuse(`${operand}'s stride by ${name} to be a whole number, not negative`, String(stride));
  if (layout.token < elements)
    refuse(`${operand}'s stride by token to be at least its ${elements} elements`, String(layout.token));
  return layout;
}

function refuse(expected: string, found: string): never {
  throw new ProgramError("attention", { expected, found, remedy: "Count elements, not bytes." });
}

/** Elements from the first of an operand to behind its last. */
export function lengthOfOperand(problem: AttentionProblem, operand: AttentionOperand): number {
  const { batch, heads, queries, keys, width, valueWidth } = problem.shape;
  const tokens = operand === "q" || operand === "o" ? queries : keys;
  const elements = operand === "q" || operand === "k" ? width : valueWidth;
  if (batch * heads * tokens === 0) return 0;
  const strides = problem.layouts[operand];
  return (batch - 1) * strides.batch + (heads - 1) * strides.head + (tokens - 1) * strides.token + elements;
}

/** Elements from the first of the mask to behind its last; 0 where there is none. */
export function lengthOfMask({ shape, mask }: AttentionProblem): number {
  const { batch, heads, queries, keys } = shape;
  if (!mask || batch * heads * queries * keys === 0) return 0;
  return (
    (batch - 1) * mask.batch +
    (heads - 1) * mask.head +
    (queries - 1) * mask.query +
    (keys - 1) * mask.key +
    1
  );
}

type AtAddress = readonly [operand: AttentionOperand, address: number | undefined];

/** Whether two operands share rows of one stride without an element in common: parts of what one projection makes. */
export function takeTurns(
  { shape, layouts }: AttentionProblem,
  bytes: number,
  [one, first = 0]: AtAddress,
  [two, second = 0]: AtAddress,
): boolean {
  const { token } = layouts[one];
  const strides = [layouts[one], layouts[two]].flatMap(({ batch, token: each }) => [batch, each]);
  if (strides.some((stride) => stride % token !== 0) || layouts[two].token !== token) return false;
  const end = (operand: AttentionOperand): number =>
    (shape.heads - 1) * layouts[operand].head +
    (operand === "v" || operand === "o" ? shape.valueWidth : shape.width);
  const apart = (second - first) / bytes;
  const place = ((apart % token) + token) % token;
  return place >= end(one) && token - place >= end(two);
}

/** An operand with its length, to be checked. */
export const placeOf = (
  problem: AttentionProblem,
  operand: AttentionOperand,
  address: number | undefined,
): Place => [address, lengthOfOperand(problem, operand)];

/** Keys that the first `queries` queries see together. */
export function visibleKeys({ shape, causalOffset }: AttentionProblem, queries: number): number {
  return Math.max(0, Math.min(shape.keys, queries + causalOffset));
}
