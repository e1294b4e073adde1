/**
 * The scores of a panel of queries with a block of keys: a register tile of GEMM for each few keys, scaled, then what the
 * mask adds and what causality hides. Rows of the scratch are keys, lanes are queries.
 */
import {
  add,
  advance,
  at,
  broadcast,
  constant,
  convert,
  greater,
  lessOrEqual,
  load,
  max,
  min,
  mul,
  type Name,
  type PointerName,
  select,
  splat,
  type Value,
} from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";
import { eachLane, eachSum, type Tiled, tileSums } from "./tile.ts";

/** What is added to scores: nothing, a number for each key, or one for each key and query (packed by panels). */
export type MaskKind = "none" | "keys" | "pairs";

export interface ScoreKind {
  readonly mask: MaskKind;
  readonly causal: boolean;
}

export interface ScoreParameters {
  /** Keys of the block. */
  readonly keys: Name;
  /** Elements of a key. */
  readonly width: Name;
  readonly scale: Name;
  /** Query 0 of the block sees keys of the block up to this one (may be negative). */
  readonly diagonal: Name | undefined;
  /** 0, 1, 2 … in the element type, one for each query of a panel. */
  readonly laneNumbers: PointerName | undefined;
  readonly keyPanels: PointerName;
  readonly mask: PointerName | undefined;
  readonly scores: PointerName;
}

/** Declares the parameters, in this order. */
export function scoreParameters(
  b: ProgramBuilder,
  { type }: Tiled,
  { mask, causal }: ScoreKind,
): ScoreParameters {
  return {
    keys: b.integer("keys"),
    width: b.integer("width"),
    scale: b.scalar("factorOfScores", type.element),
    diagonal: causal ? b.integer("diagonal") : undefined,
    laneNumbers: causal ? b.pointer("laneNumbers", type.element) : undefined,
    keyPanels: b.pointer("keyPanels", type.element),
    mask: mask === "none" ? undefined : b.pointer("mask", type.element),
    scores: b.pointer("scores", type.element),
  };
}

/** Keys of the block that some query of this panel sees, and the last key that its first query sees. */
export function visibleOf(
  b: ProgramBuilder,
  { tiles }: Tiled,
  { keys, diagonal }: ScoreParameters,
  panel: Value,
): { readonly count: Name; readonly last: Name | undefined } {
  if (!diagonal) return { count: keys, last: undefined };
  const last = b.let("last", add(diagonal, mul(panel, tiles.queries)));
  return { count: b.let("visible", max(min(keys, add(last, tiles.queries)), 0)), last };
}

export interface ScoredPanel {
  readonly panel: Value;
  /** The packed queries of this panel. */
  readonly queries: PointerName;
  readonly count: Name;
  readonly last: Name | undefined;
}

/** Writes the scaled scores of `count` keys, rounded up to whole tiles. */
export function writeScores(
  b: ProgramBuilder,
  tiled: Tiled,
  p: ScoreParameters,
  { queries, count }: Pick<ScoredPanel, "queries" | "count">,
): void {
  const { tiles } = tiled;
  b.comment("scores: keys by queries");
  b.loop("key", 0, count, { step: tiles.keys }, (key) => {
    const a = b.let("keyPanel", advance(p.keyPanels, mul(key, p.width)));
    const to = b.let("tile", advance(p.scores, mul(key, tiles.queries)));
    const sums = tileSums(b, tiled, { rows: tiles.keys, a, panel: queries, depth: p.width });
    const factor = b.let("factor", splat(p.scale, tiles.lanes));
    eachSum(tiled, sums, (sum, offset) => b.store(at(to, 0, offset), mul(sum, factor)));
  });
}

/** Adds the mask to `rows` rows of scores, and hides what causality hides. */
export function maskScores(
  b: ProgramBuilder,
  tiled: Tiled,
  kind: ScoreKind,
  p: ScoreParameters,
  { panel, last }: Pick<ScoredPanel, "panel" | "last">,
  rows: Name,
): void {
  const { tiles, type } = tiled;
  if (p.mask) {
    const first = kind.mask === "pairs" ? mul(mul(panel, p.keys), tiles.queries) : constant(0);
    const mask = b.let("maskPanel", advance(p.mask, first));
    b.loop("key", 0, rows, {}, (key) => {
      const row = b.let("row", mul(key, tiles.queries));
      const shared = kind.mask === "keys" ? b.let("added", broadcast(at(mask, key), tiles.lanes)) : undefined;
      eachLane(tiled, (_, offset) => {
        const added = shared ?? load(at(mask, row, offset), tiles.lanes);
        b.store(at(p.scores, row, offset), add(load(at(p.scores, row, offset), tiles.lanes), added));
      });
    });
  }
  if (last && p.laneNumbers) {
    const laneNumbers = p.laneNumbers;
    // Hidden keys begin behind the last one that query 0 sees.
    b.if(greater(rows, add(last, 1)), () => {
      const limits: Name[] = [];
      const seen = b.let("seen", splat(convert(last, type.element), tiles.lanes));
      eachLane(tiled, (_, offset) =>
        limits.push(b.let("limit", add(load(at(laneNumbers, 0, offset), tiles.lanes), seen))),
      );
      b.loop("key", max(add(last, 1), 0), rows, {}, (key) => {
        const row = b.let("row", mul(key, tiles.queries));
        const number = b.let("number", splat(convert(key, type.element), tiles.lanes));
        eachLane(tiled, (v, offset) => {
          const score = b.let("score", load(at(p.scores, row, offset), tiles.lanes));
          const visible = lessOrEqual(number, limits[v] as Name);
          b.store(at(p.scores, row, offset), select(visible, score, Number.NEGATIVE_INFINITY));
        });
      });
    });
  }
}
