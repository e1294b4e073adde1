/**
 * Attention of a group of queries with a block of keys, online (Milakov & Gimelshein, arXiv:1805.02867; Dao et al.,
 * FlashAttention, arXiv:2205.14135, algorithm 1): scores of one panel stay in the first-level cache, become powers there,
 * and are multiplied by values; what was summed before is scaled down where a query's maximum has grown.
 *
 * Assumptions: keys are packed in panels of `tiles.keys`, values in panels of `tiles.values` elements, queries in panels
 * of `tiles.queries`, all filled up with zeros.
 */
import {
  add,
  advance,
  at,
  constant,
  greater,
  load,
  mul,
  multiplyAdd,
  type Name,
  type PointerName,
  sub,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import { exp, expLoopConstants } from "../../elementary/exp.ts";
import type { NamedProgram } from "../../nn/operation.ts";
import { larger, lowest } from "../../softmax/programs/vectors.ts";
import type { AttentionTiles } from "../tiles.ts";
import {
  maskScores,
  type ScoreKind,
  type ScoreParameters,
  scoreParameters,
  visibleOf,
  writeScores,
} from "./scores.ts";
import { eachLane, eachSum, rowAfter, rowOf, type Tiled, tileSums } from "./tile.ts";

/** Maximum, sum and rescaling of each query, and the output so far: [element][query] for each panel. */
interface Running {
  readonly most: PointerName;
  readonly total: PointerName;
  readonly factor: PointerName;
  readonly output: PointerName;
}

/** `-keys-causal`: what the scores of a program know beside products. */
export const kindText = ({ mask, causal }: ScoreKind): string =>
  `${mask === "none" ? "" : `-${mask}`}${causal ? "-causal" : ""}`;

/** `(panels, valueTiles, valueStep, …scores, queries, values, most, total, factor, output)`. */
export function forwardBlock(tiles: AttentionTiles, kind: ScoreKind): NamedProgram {
  return {
    name: `attention-${tiles.keys}x${tiles.queries}-values-${tiles.values}${kindText(kind)}`,
    write: (name, type) =>
      program(name, (b) => {
        const tiled = { tiles, type };
        const panels = b.integer("panels");
        const [valueTiles, valueStep] = [b.integer("valueTiles"), b.integer("valueStep")];
        const p = scoreParameters(b, tiled, kind);
        const pointer = (called: string): PointerName => b.pointer(called, type.element);
        const [queries, values] = [pointer("queries"), pointer("values")];
        const [most, total, factor, output] = [
          pointer("most"),
          pointer("total"),
          pointer("factor"),
          pointer("output"),
        ];
        b.loop("panel", 0, panels, {}, (panel) => {
          const { count, last } = visibleOf(b, tiled, p, panel);
          b.if(greater(count, 0), () => {
            const mine = b.let("mine", advance(queries, mul(mul(panel, p.width), tiles.queries)));
            writeScores(b, tiled, p, { queries: mine, count });
            maskScores(b, tiled, kind, p, { panel, last }, count);
            const running = {
              most: rowAfter(b, "mostHere", tiled, most, panel),
              total: rowAfter(b, "totalHere", tiled, total, panel),
              output: b.let(
                "outputHere",
                advance(output, mul(mul(panel, valueTiles), tiles.values * tiles.queries)),
              ),
              factor,
            };
            powers(b, tiled, p, count, running);
            collect(
              b,
              tiled,
              { a: values, tiles: valueTiles, step: valueStep, rows: tiles.values },
              p.scores,
              count,
              running,
            );
          });
        });
      }),
  };
}

/** Scores become powers of what they are above the query's maximum so far; sum and factor follow. */
function powers(b: ProgramBuilder, tiled: Tiled, p: ScoreParameters, count: Name, running: Running): void {
  const { tiles, type } = tiled;
  const before = rowOf(b, "before", tiled, running.most);
  const most = before.map((v) => b.variable("most", v));
  b.comment("the maximum of each query");
  b.loop("key", 0, count, { unroll: 4 }, (key) => {
    const row = b.let("row", mul(key, tiles.queries));
    eachLane(tiled, (v, offset) => {
      const score = b.let("score", load(at(p.scores, row, offset), tiles.lanes));
      b.set(most[v] as Name, larger(most[v] as Name, score));
    });
  });
  b.comment("powers, and their sum");
  const constants = expLoopConstants(b, type);
  const power = (above: Parameters<typeof exp>[1]) => exp(b, above, { constants, nonPositive: true });
  const sums = most.map((v, at_) => {
    const scaled = b.let("scaled", power(sub(before[at_] as Name, v)));
    b.store(at(running.factor, 0, at_ * tiles.lanes), scaled);
    b.store(at(running.most, 0, at_ * tiles.lanes), v);
    return b.variable("sum", mul(load(at(running.total, 0, at_ * tiles.lanes), tiles.lanes), scaled));
  });
  b.loop("key", 0, count, {}, (key) => {
    const row = b.let("row", mul(key, tiles.queries));
    eachLane(tiled, (v, offset) => {
      const above = sub(load(at(p.scores, row, offset), tiles.lanes), most[v] as Name);
      const share = b.let("share", power(above));
      b.store(at(p.scores, row, offset), share);
      b.set(sums[v] as Name, add(sums[v] as Name, share));
    });
  });
  eachLane(tiled, (v, offset) => b.store(at(running.total, 0, offset), sums[v] as Name));
}

export interface PackedRows {
  /** Panels of `rows` elements, key by key. */
  readonly a: PointerName;
  readonly tiles: Name;
  /** Elements from one panel to the next. */
  readonly step: Name;
  readonly rows: number;
}

/** output[element][query] = factor * output + sum over keys of packed[key][element] * scratch[key][query]. */
export function collect(
  b: ProgramBuilder,
  tiled: Tiled,
  packed: PackedRows,
  scratch: PointerName,
  count: Name,
  { output, factor }: { readonly output: PointerName; readonly factor?: PointerName },
): void {
  const { tiles } = tiled;
  b.comment("values by what they count for");
  b.loop("tile", 0, packed.tiles, {}, (tile) => {
    const a = b.let("panelOfValues", advance(packed.a, mul(tile, packed.step)));
    const to = b.let("tileOfOutput", advance(output, mul(tile, packed.rows * tiles.queries)));
    const sums = tileSums(b, tiled, { rows: packed.rows, a, panel: scratch, depth: count });
    const factors = factor ? rowOf(b, "factor", tiled, factor) : undefined;
    eachSum(tiled, sums, (sum, offset, v) => {
      const before = load(at(to, 0, offset), tiles.lanes);
      b.store(at(to, 0, offset), factors ? multiplyAdd(before, factors[v] as Name, sum) : add(before, sum));
    });
  });
}

/** `(panels, rows, most, total, output)`: nothing summed yet; `rows` of the output of a panel. */
export const startGroup = (tiles: AttentionTiles): NamedProgram => ({
  name: `attention-start-${tiles.queries}`,
  write: (name, type) =>
    program(name, (b) => {
      const [panels, rows] = [b.integer("panels"), b.integer("rows")];
      const pointer = (called: string): PointerName => b.pointer(called, type.element);
      const [most, total, output] = [pointer("most"), pointer("total"), pointer("output")];
      b.loop("at", 0, mul(panels, tiles.queries), { step: tiles.lanes }, (index) => {
        b.store(at(most, index), constant(lowest[type.element], type));
        b.store(at(total, index), constant(0, type));
      });
      b.loop("at", 0, mul(mul(panels, rows), tiles.queries), { step: tiles.lanes }, (index) =>
        b.store(at(output, index), constant(0, type)),
      );
    }),
});
