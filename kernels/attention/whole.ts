/**
 * Attention of short texts: all scores of a head lie in the cache at once, so there are no blocks of keys, nothing is
 * rescaled, and each product is a program of its own that reads rows where they lie (programs/whole.ts). Queries, and in
 * the backward pass gradients of the output, are the only operands that are packed.
 */
import type { Setting } from "../nn/operation.ts";
import type { AttentionBackward, AttentionForward } from "./attention.ts";
import { type Head, packTokensOf } from "./parts.ts";
import type { EmptyQuery } from "./programs/finish.ts";
import {
  pairScores,
  panelLength,
  panelsOf,
  type Rows,
  sumOverKeys,
  sumOverQueries,
  type WholeHead,
} from "./programs/whole.ts";
import { wholePowers, wholeScoreGradients, wholeShares } from "./programs/whole-shares.ts";
import type { AttentionOperand, AttentionProblem } from "./shape.ts";
import { type AttentionTiles, rowsFor } from "./tiles.ts";
import { allocatePieces } from "./workspace.ts";

export interface Whole {
  forward(args: AttentionForward): void;
  backward(args: AttentionBackward): void;
}

/**
 * Bytes of a head's scores, which with their gradients then fill half of 1 MiB of L2. Measured on Zen 5 with width 32, forward
 * and backward against blocks of keys: 2.0x and 2.3x at length 64, 1.5x at 128, 1.3x at 256, 1.1x at 512.
 */
const mostScoreBytes = 2 ** 18;

/**
 * The head of a problem that this way is for: whole vectors of elements, nothing hidden, machine code whose sums need not
 * be those of another target.
 */
export function wholeHeadOf(
  setting: Setting,
  { shape, mask, causalOffset }: AttentionProblem,
  tiles: AttentionTiles,
): WholeHead | undefined {
  const { queries, keys, width, valueWidth } = shape;
  const { target, arithmetic = "fast" } = setting.options;
  if (target !== "native" || arithmetic !== "fast") return undefined;
  if (mask || causalOffset !== Number.POSITIVE_INFINITY) return undefined;
  const queryRows = 2 ** Math.floor(Math.log2(tiles.keys));
  const even = queries % queryRows === 0 && width % tiles.lanes === 0 && valueWidth % tiles.lanes === 0;
  if (!even || queries * keys === 0 || queries * keys * setting.bytes > mostScoreBytes) return undefined;
  return { tiles, queries, keys, keyRows: rowsFor(keys, tiles.keys), queryRows };
}

/** A head's programs. */
function programsOf(
  { kernel }: Setting,
  head: WholeHead,
  rows: Readonly<Record<AttentionOperand, Rows>>,
  empty: EmptyQuery,
) {
  const { q, k, v, o } = rows;
  return {
    scores: kernel(pairScores(head, k)),
    powers: kernel(wholePowers(head, empty)),
    values: kernel(sumOverKeys(head, v, o.stride, true)),
    shares: kernel(wholeShares(head)),
    shareGradients: kernel(pairScores(head, v)),
    scoreGradients: kernel(wholeScoreGradients(head)),
    toValues: kernel(sumOverQueries(head, o, v.stride)),
    toKeys: kernel(sumOverQueries(head, q, k.stride)),
    toQueries: kernel(sumOverKeys(head, k, q.stride, false)),
  };
}

function piecesOf({ element, memory }: Setting, head: WholeHead, width: number, valueWidth: number) {
  const lanes = panelsOf(head) * head.tiles.queries;
  const pairs = panelsOf(head) * panelLength(head);
  const lengths = { queries: lanes * width, gradOutput: lanes * valueWidth, inverse: lanes };
  return allocatePieces({ ...lengths, shares: pairs, gradients: pairs }, element, memory);
}

export function createWhole(
  setting: Setting,
  { shape, scale, layouts }: AttentionProblem,
  head: WholeHead,
  empty: EmptyQuery,
): Whole {
  const { batch, heads, queries, width, valueWidth } = shape;
  const { bytes } = setting;
  const rows = {
    ...{ q: { elements: width, stride: layouts.q.token }, k: { elements: width, stride: layouts.k.token } },
    v: { elements: valueWidth, stride: layouts.v.token },
    o: { elements: valueWidth, stride: layouts.o.token },
  };
  const run = programsOf(setting, head, rows, empty);
  const pieces = piecesOf(setting, head, width, valueWidth);
  const pack = packTokensOf(setting, head.tiles.queries);
  const at = (address: number, of: AttentionOperand, { b, h }: Head): number =>
    address + (b * layouts[of].batch + h * layouts[of].head) * bytes;
  const eachHead = (visit: (head: Head, lse: number) => void): void => {
    for (let b = 0; b < batch; b++)
      for (let h = 0; h < heads; h++) visit({ b, h }, (b * heads + h) * queries * bytes);
  };
  return {
    forward: ({ q, k, v, o, lse }) =>
      eachHead((here, before) => {
        pack(queries, width, at(q, "q", here), rows.q.stride, pieces.queries);
        run.scores(scale, at(k, "k", here), pieces.queries, pieces.shares);
        // Without a place of the caller's for it, the logarithm goes where gradients would.
        run.powers(pieces.shares, pieces.inverse, lse === undefined ? pieces.gradients : lse + before);
        run.values(pieces.shares, at(v, "v", here), at(o, "o", here), pieces.inverse);
      }),
    backward: ({ q, k, v, lse, gradO, gradQ, gradK, gradV }) =>
      eachHead((here, before) => {
        const [queryRows, keyRows, gradRows] = [at(q, "q", here), at(k, "k", here), at(gradO, "o", here)];
        pack(queries, width, queryRows, rows.q.stride, pieces.queries);
        run.scores(scale, keyRows, pieces.queries, pieces.shares);
        run.shares(pieces.shares, lse + before);
        if (gradV !== undefined) run.toValues(pieces.shares, gradRows, at(gradV, "v", here));
        if (gradQ === undefined && gradK === undefined) return;
        pack(queries, valueWidth, gradRows, rows.o.stride, pieces.gradOutput);
        run.shareGradients(1, at(v, "v", here), pieces.gradOutput, pieces.gradients);
        run.scoreGradients(scale, pieces.shares, pieces.gradients);
        if (gradK !== undefined) run.toKeys(pieces.gradients, queryRows, at(gradK, "k", here));
        if (gradQ !== undefined) run.toQueries(pieces.gradients, keyRows, at(gradQ, "q", here));
      }),
  };
}
