/**
 * Attention for everybody else: softmax(scale Q K^T + mask) V in one piece, forward and backward, on byte addresses.
 * Scores are never in memory: a block of them lives in the first-level cache, and the backward pass computes them again
 * from the logarithm of each query's sum (Dao et al., arXiv:2205.14135; Rabe & Staats, arXiv:2112.05682).
 */
import { ProgramError } from "../codegen/errors.ts";
import { kernelIsa } from "../gemm/machines.ts";
import {
  checkApart,
  checkPlaces,
  type OperationOptions,
  type Place,
  type Setting,
  settingOf,
} from "../nn/operation.ts";
import { type Backward, createBackward } from "./backward.ts";
import { createForward } from "./forward.ts";
import type { EmptyQuery } from "./programs/finish.ts";
import {
  type AttentionProblem,
  lengthOfMask,
  type ProblemOptions,
  placeOf,
  problemOf,
  takeTurns,
} from "./shape.ts";
import { type AttentionTiles, tilesOf } from "./tiles.ts";
import { createWhole, wholeHeadOf } from "./whole.ts";

export interface AttentionOptions extends OperationOptions, ProblemOptions {
  /** What a query gets that sees no key (default: `zeros`; its gradients are zeros either way). */
  readonly emptyQuery?: EmptyQuery;
  /** No workspace is kept for gradients, and none can be asked for. */
  readonly forwardOnly?: boolean;
}

/** Operands by byte address, each in its layout. */
export interface AttentionForward {
  readonly q: number;
  readonly k: number;
  readonly v: number;
  /** Added to the scores; given if and only if the options have strides of a mask. -∞ hides a key. */
  readonly mask?: number | undefined;
  readonly o: number;
  /** One element for each query, [batch][head][query]: ln of the sum of e^score, which `backward` takes. */
  readonly lse?: number | undefined;
}

/** Only the gradients whose addresses are given are computed; they are overwritten, each in its operand's layout. */
export interface AttentionBackward extends AttentionForward {
  readonly lse: number;
  readonly gradO: number;
  readonly gradQ?: number | undefined;
  readonly gradK?: number | undefined;
  readonly gradV?: number | undefined;
}

export interface Attention {
  readonly problem: AttentionProblem;
  forward(args: AttentionForward): void;
  backward(args: AttentionBackward): void;
}

/**
 * Attention for one shape; its workspace, O(tokens x width) of one head, is allocated from the memory.
 *
 * @throws ProgramError for sizes, strides and addresses that do not fit
 * @example
 * const shape = { batch: 1, heads: 12, queries: 128, keys: 128, width: 64 };
 * const attention = createAttention({ shape, causal: true, target: "native", memory });
 * attention.forward({ q, k, v, o, lse });
 * attention.backward({ q, k, v, o, lse, gradO, gradQ, gradK, gradV });
 */
export function createAttention(options: AttentionOptions): Attention {
  const problem = problemOf(options);
  const setting = settingOf(options);
  const tiles = tilesOf(setting.element, kernelIsa(options.target, options.isa), problem.shape);
  const passes = passesOf(setting, problem, tiles, options);
  return {
    problem,
    forward(args) {
      checkForward("attention forward", setting, problem, args);
      passes.forward(args);
    },
    backward(args) {
      checkForward("attention backward", setting, problem, args);
      checkBackward(setting, problem, args);
      passes.backward(args);
    },
  };
}

/** The way for this problem. What has no gradients goes by blocks, whose workspace the accounting states. */
function passesOf(
  setting: Setting,
  problem: AttentionProblem,
  tiles: AttentionTiles,
  { emptyQuery = "zeros", forwardOnly = false }: AttentionOptions,
): Pick<Attention, "forward" | "backward"> {
  const head = forwardOnly ? undefined : wholeHeadOf(setting, problem, tiles);
  if (head) return createWhole(setting, problem, head, emptyQuery);
  const forward = createForward(setting, problem, tiles, emptyQuery);
  const backward = forwardOnly ? undefined : createBackward(setting, problem, tiles, forward);
  return {
    forward: (args) => forward.run(args),
    backward: (args) => (backward ?? refuseBackward()).run(args),
  };
}

function refuseBackward(): Backward {
  throw new ProgramError("attention backward", {
    expected: "attention that was made with its gradients",
    found: "one made with forwardOnly",
    remedy: "Leave forwardOnly away.",
  });
}

function inputsOf(problem: AttentionProblem, { q, k, v, mask }: AttentionForward): Record<string, Place> {
  return {
    ...{ q: placeOf(problem, "q", q), k: placeOf(problem, "k", k), v: placeOf(problem, "v", v) },
    mask: [mask, lengthOfMask(problem)],
  };
}

function checkForward(
  where: string,
  setting: Setting,
  problem: AttentionProblem,
  args: AttentionForward,
): void {
  if ((args.mask === undefined) !== (problem.mask === undefined))
    throw new ProgramError(where, {
      expected: problem.mask ? "the address of the mask whose strides were given" : "no mask",
      found: problem.mask ? "none" : `a mask at ${args.mask}`,
      remedy: "Give the strides of the mask to createAttention, and its address to each call.",
    });
  const { batch, heads, queries } = problem.shape;
  const inputs = inputsOf(problem, args);
  const results = { o: placeOf(problem, "o", args.o), lse: [args.lse, batch * heads * queries] as const };
  checkPlaces(where, setting, { ...inputs, ...results });
  checkApart(where, setting, results, inputs);
}

function checkBackward(setting: Setting, problem: AttentionProblem, args: AttentionBackward): void {
  const { o, lse, gradO, gradQ, gradK, gradV } = args;
  const { batch, heads, queries } = problem.shape;
  const given: Record<string, Place> = {
    ...inputsOf(problem, args),
    ...{
      o: placeOf(problem, "o", o),
      gradO: placeOf(problem, "o", gradO),
      lse: [lse, batch * heads * queries],
    },
  };
  const results = {
    ...{ gradQ: placeOf(problem, "q", gradQ), gradK: placeOf(problem, "k", gradK) },
    gradV: placeOf(problem, "v", gradV),
  };
  checkPlaces("attention backward", setting, { ...given, ...results });
  const operands = { gradQ: "q", gradK: "k", gradV: "v" } as const;
  for (const [name, place] of Object.entries(results)) {
    const own = operands[name as keyof typeof operands];
    const others = Object.entries(results).filter(
      ([other, { 0: address }]) =>
        other !== name &&
        !takeTurns(
          problem,
          setting.bytes,
          [own, place[0]],
          [operands[other as keyof typeof operands], address],
        ),
    );
    checkApart("attention backward", setting, { [name]: place }, { ...given, ...Object.fromEntries(others) });
  }
}
