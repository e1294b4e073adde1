/**
 * The forward pass: for each head, keys and values are packed once; for each group of queries, blocks of keys go by.
 * Which programs run on which part; what a block does is in programs/forward.ts.
 */
import { packAcrossProgram, packAlongProgram, packStridedProgram } from "../gemm/programs/pack.ts";
import type { NamedProgram, Setting } from "../nn/operation.ts";
import type { AttentionForward } from "./attention.ts";
import { type EmptyQuery, finishGroup } from "./programs/finish.ts";
import { forwardBlock, startGroup } from "./programs/forward.ts";
import type { MaskKind, ScoreKind } from "./programs/scores.ts";
import { type AttentionProblem, type TokenStrides, visibleKeys } from "./shape.ts";
import type { AttentionTiles } from "./tiles.ts";
import { allocatePieces, forwardPieces } from "./workspace.ts";

/** A member of the batch and one of its heads. */
export interface Head {
  readonly b: number;
  readonly h: number;
}

/** Queries from `first` on, which are computed together. */
export interface Group {
  readonly first: number;
  readonly rows: number;
  readonly panels: number;
}

/** Keys from `first` on. */
export interface KeyBlock {
  readonly first: number;
  readonly keys: number;
}

export interface Forward {
  run(args: AttentionForward): void;
  readonly parts: Parts;
}

/** What both passes do with a head. */
export interface Parts {
  readonly kind: ScoreKind;
  readonly pieces: ReturnType<typeof allocateForward>;
  eachHead(visit: (head: Head) => void): void;
  eachGroup(visit: (group: Group) => void): void;
  /** Blocks of the keys that some query of the group sees. */
  eachBlock(group: Group, visit: (block: KeyBlock) => void): void;
  /** Arguments of a program for the scores of a group with a block. */
  scoreArguments(head: Head, group: Group, block: KeyBlock, mask: number | undefined): number[];
  /** Packs rows of tokens so that `width` of them lie side by side for each element. */
  packTokens(
    width: number,
    from: { at: number; stride: number; rows: number; elements: number },
    to: number,
  ): void;
  /** Packs rows of tokens so that `width` elements of one lie side by side, token by token. */
  packElements(
    width: number,
    from: { at: number; stride: number; rows: number; elements: number },
    to: number,
  ): void;
  /** The byte address of a token. */
  token(address: number, strides: TokenStrides, head: Head, token: number): number;
}

function allocateForward(setting: Setting, problem: AttentionProblem, tiles: AttentionTiles) {
  const pieces = allocatePieces(forwardPieces(problem.shape, tiles), setting.element, setting.memory);
  const numbers = setting.memory.view(setting.element, pieces.laneNumbers, tiles.queries);
  for (let i = 0; i < tiles.queries; i++) numbers[i] = i;
  return pieces;
}

/** How a mask of these strides is read. */
function maskKindOf({ mask }: AttentionProblem): MaskKind {
  if (!mask) return "none";
  return mask.query === 0 && mask.key === 1 ? "keys" : "pairs";
}

export function createForward(
  setting: Setting,
  problem: AttentionProblem,
  tiles: AttentionTiles,
  empty: EmptyQuery,
): Forward {
  const { shape, layouts } = problem;
  const { queries, keys, heads, width, valueWidth } = shape;
  const { bytes } = setting;
  const parts = partsOf(setting, problem, tiles);
  const { pieces } = parts;
  const [block, start] = [setting.kernel(forwardBlock(tiles, parts.kind)), setting.kernel(startGroup(tiles))];
  const finish = setting.kernel(finishGroup(tiles, empty));
  const valueTiles = Math.ceil(valueWidth / tiles.values);
  const padded = valueTiles * tiles.values;
  const run = ({ q, k, v, mask, o, lse }: AttentionForward): void =>
    parts.eachHead((head) => {
      const at = (address: number, strides: TokenStrides, token = 0) =>
        parts.token(address, strides, head, token);
      const ofKeys = { at: at(k, layouts.k), stride: layouts.k.token, rows: keys, elements: width };
      parts.packTokens(tiles.keys, ofKeys, pieces.keyPanels);
      const ofValues = { at: at(v, layouts.v), stride: layouts.v.token, rows: keys, elements: valueWidth };
      parts.packElements(tiles.values, ofValues, pieces.valuePanels);
      parts.eachGroup((group) => {
        const { first, rows, panels } = group;
        const stride = layouts.q.token;
        parts.packTokens(
          tiles.queries,
          { at: at(q, layouts.q, first), stride, rows, elements: width },
          pieces.queryPanels,
        );
        const { most, total, output } = pieces;
        start(panels, padded, most, total, output);
        parts.eachBlock(group, (keyBlock) =>
          block(
            ...[panels, valueTiles, keys * tiles.values],
            ...parts.scoreArguments(head, group, keyBlock, mask),
            ...[pieces.queryPanels, pieces.valuePanels + keyBlock.first * tiles.values * bytes],
            ...[most, total, pieces.factor, output],
          ),
        );
        const saved =
          lse === undefined ? pieces.lse : lse + ((head.b * heads + head.h) * queries + first) * bytes;
        finish(
          rows,
          valueWidth,
          padded,
          most,
          total,
          output,
          at(o, layouts.o, first),
          layouts.o.token,
          saved,
        );
      });
    });
  return { run, parts };
}

const acrossOf = (width: number): NamedProgram => ({
  name: `attention-pack-tokens-${width}`,
  write: (_, { element, lanes }) => packAcrossProgram({ width, element, lanes }),
});
const alongOf = (width: number): NamedProgram => ({
  name: `attention-pack-elements-${width}`,
  write: (_, { element, lanes }) => packAlongProgram({ width, element, lanes }),
});
const stridedOf = (width: number): NamedProgram => ({
  name: `attention-pack-mask-${width}`,
  write: (_, { element, lanes }) => packStridedProgram({ width, element, lanes }),
});

function partsOf(setting: Setting, problem: AttentionProblem, tiles: AttentionTiles): Parts {
  const { shape, scale, causalOffset, mask: strides } = problem;
  const { batch, heads, queries, width } = shape;
  const { bytes } = setting;
  const pieces = allocateForward(setting, problem, tiles);
  const causal = causalOffset !== Number.POSITIVE_INFINITY;
  const kind = { mask: maskKindOf(problem), causal };
  const groupRows = tiles.panels * tiles.queries;
  return {
    ...{ kind, pieces },
    eachHead(visit) {
      for (let b = 0; b < batch; b++) for (let h = 0; h < heads; h++) visit({ b, h });
    },
    eachGroup(visit) {
      for (let first = 0; first < queries; first += groupRows) {
        const rows = Math.min(groupRows, queries - first);
        visit({ first, rows, panels: Math.ceil(rows / tiles.queries) });
      }
    },
    eachBlock({ first: firstQuery, rows }, visit) {
      const visible = visibleKeys(problem, firstQuery + rows);
      for (let first = 0; first < visible; first += tiles.keyBlock)
        visit({ first, keys: Math.min(tiles.keyBlock, shape.keys - first) });
    },
    scoreArguments({ b, h }, group, { first, keys }, mask) {
      let maskHere: number[] = [];
      if (strides && mask !== undefined) {
        const at =
          mask +
          (b * strides.batch + h * strides.head + group.first * strides.query + first * strides.key) * bytes;
        maskHere = [at];
        if (kind.mask === "pairs") {
          if (strides.key === 1)
            setting.kernel(acrossOf(tiles.queries))(group.rows, keys, at, strides.query, pieces.mask);
          else
            setting.kernel(stridedOf(tiles.queries))(
              group.rows,
              keys,
              at,
              strides.query,
              strides.key,
              pieces.mask,
            );
          maskHere = [pieces.mask];
        }
      }
      return [
        ...[keys, width, scale],
        ...(causal ? [group.first + causalOffset - first, pieces.laneNumbers] : []),
        ...[pieces.keyPanels + first * width * bytes, ...maskHere, pieces.scores],
      ];
    },
    packTokens: (wide, { at, stride, rows, elements }, to) =>
      setting.kernel(acrossOf(wide))(rows, elements, at, stride, to),
    packElements: (wide, { at, stride, rows, elements }, to) =>
      setting.kernel(alongOf(wide))(elements, rows, at, stride, to),
    token: (address, layout, { b, h }, token) =>
      address + (b * layout.batch + h * layout.head + token * layout.token) * bytes,
  };
}
