/**
 * How a problem is cut into heads, groups of queries and blocks of keys, and how operands are packed for them: what both
 * passes share, and the accounting.
 */
import { packAcrossProgram, packAlongProgram, packStridedProgram } from "../gemm/programs/pack.ts";
import type { NamedProgram, Setting } from "../nn/operation.ts";
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
export function maskKindOf({ mask }: AttentionProblem): MaskKind {
  if (!mask) return "none";
  return mask.query === 0 && mask.key === 1 ? "keys" : "pairs";
}

/** All groups of a head's queries. */
export function groupsOf({ shape }: AttentionProblem, tiles: AttentionTiles): readonly Group[] {
  const most = tiles.panels * tiles.queries;
  return Array.from({ length: Math.ceil(shape.queries / most) }, (_, index) => {
    const first = index * most;
    const rows = Math.min(most, shape.queries - first);
    return { first, rows, panels: Math.ceil(rows / tiles.queries) };
  });
}

/** Blocks of the keys that some query of the group sees. */
export function blocksOf(
  problem: AttentionProblem,
  { keyBlock }: AttentionTiles,
  { first, rows }: Group,
): readonly KeyBlock[] {
  const visible = visibleKeys(problem, first + rows);
  return Array.from({ length: Math.ceil(visible / keyBlock) }, (_, index) => ({
    first: index * keyBlock,
    keys: Math.min(keyBlock, problem.shape.keys - index * keyBlock),
  }));
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

/** `(rows, elements, from, stride, to)`: packs rows of tokens so that `width` of them lie side by side for each element. */
export const packTokensOf = (setting: Setting, width: number) => setting.kernel(acrossOf(width));

/** The parts for one problem; the workspace of the forward pass is allocated from the memory. */
export function partsOf(setting: Setting, problem: AttentionProblem, tiles: AttentionTiles): Parts {
  const { shape, scale, causalOffset, mask: strides } = problem;
  const { batch, heads, width } = shape;
  const { bytes } = setting;
  const pieces = allocateForward(setting, problem, tiles);
  const causal = causalOffset !== Number.POSITIVE_INFINITY;
  const kind = { mask: maskKindOf(problem), causal };
  const groups = groupsOf(problem, tiles);
  return {
    ...{ kind, pieces },
    eachHead(visit) {
      for (let b = 0; b < batch; b++) for (let h = 0; h < heads; h++) visit({ b, h });
    },
    eachGroup(visit) {
      for (const group of groups) visit(group);
    },
    eachBlock(group, visit) {
      for (const block of blocksOf(problem, tiles, group)) visit(block);
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
