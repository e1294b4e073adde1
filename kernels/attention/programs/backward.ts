/**
 * The gradients of a group of queries with a block of keys (Dao et al., arXiv:2205.14135, algorithm 4). Shares are
 * computed again from scores and the logarithm of each query's sum: P = e^(S - lse), of which no score was kept. Then
 *
 *     dV += P^T dO,   dP = dO V^T,   dS = P (dP - sum of dO O),   dQ += dS K,   dK += dS^T Q
 *
 * with keys along rows and queries along lanes, as in the forward pass: dP^T is a product like the scores, dQ one like the
 * output; only dK and dV sum over the lanes, and take their queries from rows.
 */
import {
  add,
  advance,
  at,
  broadcast,
  constant,
  greater,
  load,
  mul,
  multiplyAdd,
  type Name,
  type PointerName,
  sub,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import { exp, expLoopConstants } from "../../elementary/exp.ts";
import type { NamedProgram } from "../../nn/operation.ts";
import { declare } from "../../nn/programs/parameters.ts";
import { everywhere, read, stretchOf, sweep, vectorSums, write } from "../../nn/programs/sweep.ts";
import type { AttentionTiles } from "../tiles.ts";
import { collect, kindText } from "./forward.ts";
import {
  maskScores,
  type ScoreKind,
  type ScoreParameters,
  scoreParameters,
  visibleOf,
  writeScores,
} from "./scores.ts";
import { eachLane, eachSum, rowAfter, rowOf, type Tiled, tileSums } from "./tile.ts";

/** `(panels, …scores, sizes, operands, results)`, each as declared below. */
export function gradientBlock(tiles: AttentionTiles, kind: ScoreKind): NamedProgram {
  return {
    name: `attention-${tiles.keys}x${tiles.queries}-gradients-${tiles.elements}${kindText(kind)}`,
    write: (name, type) =>
      program(name, (b) => {
        const tiled = { tiles, type };
        const panels = b.integer("panels");
        const p = scoreParameters(b, tiled, kind);
        const more = declare(b, type.element, {
          integers: ["valueWidth", "elementTiles", "elementStep", "queryRow", "outputRow"],
          pointers: [
            "queries",
            "gradOutputs",
            "queryRows",
            "gradRows",
            "valuePanels",
            "keyElements",
            "lse",
            "dots",
          ],
        });
        const results = declareResults(b, tiled);
        b.loop("panel", 0, panels, {}, (panel) => {
          const { count, last } = visibleOf(b, tiled, p, panel);
          b.if(greater(count, 0), () => {
            const packed = (name: string, pointer: PointerName, width: Name): PointerName =>
              b.let(name, advance(pointer, mul(mul(panel, width), tiles.queries)));
            const rows = (name: string, pointer: PointerName, length: Name): PointerName =>
              b.let(name, advance(pointer, mul(mul(panel, tiles.queries), length)));
            writeScores(b, tiled, p, { queries: packed("mine", more.queries, p.width), count });
            maskScores(b, tiled, kind, p, { panel, last }, count);
            shares(b, tiled, p, count, rowAfter(b, "lseHere", tiled, more.lse, panel));
            b.comment("gradient of values: shares by gradients of the output");
            acrossQueries(b, tiled, {
              ...{ scratch: p.scores, count, length: more.outputRow, to: results.gradValues },
              rows: rows("gradRowsHere", more.gradRows, more.outputRow),
            });
            scoreGradients(b, tiled, p, {
              ...{ count, width: more.valueWidth, valuePanels: more.valuePanels, to: results.gradScores },
              gradOutputs: packed("gradHere", more.gradOutputs, more.valueWidth),
              dots: rowAfter(b, "dotsHere", tiled, more.dots, panel),
            });
            b.comment("gradient of keys: gradients of scores by queries");
            acrossQueries(b, tiled, {
              ...{ scratch: results.gradScores, count, length: more.queryRow, to: results.gradKeys },
              rows: rows("queryRowsHere", more.queryRows, more.queryRow),
            });
            const output = b.let(
              "gradQueriesHere",
              advance(
                results.gradQueries,
                mul(mul(panel, more.elementTiles), tiles.elements * tiles.queries),
              ),
            );
            const keys = {
              a: more.keyElements,
              tiles: more.elementTiles,
              step: more.elementStep,
              rows: tiles.elements,
            };
            collect(b, tiled, keys, results.gradScores, count, { output });
          });
        });
      }),
  };
}

function declareResults(b: ProgramBuilder, { type }: Tiled) {
  return declare(b, type.element, {
    integers: [],
    pointers: ["gradScores", "gradQueries", "gradKeys", "gradValues"],
  });
}

/** Scores of `count` keys become shares; the rest of the last tile 0. */
function shares(b: ProgramBuilder, tiled: Tiled, p: ScoreParameters, count: Name, lse: PointerName): void {
  const { tiles, type } = tiled;
  const sums = rowOf(b, "lse", tiled, lse);
  const constants = expLoopConstants(b, type);
  b.loop("key", 0, count, {}, (key) => {
    const row = b.let("row", mul(key, tiles.queries));
    eachLane(tiled, (v, offset) => {
      const above = sub(load(at(p.scores, row, offset), tiles.lanes), sums[v] as Name);
      b.store(at(p.scores, row, offset), exp(b, above, { constants }));
    });
  });
  // Tiles of dK and dV are whole: behind the last key nothing may count.
  const end = b.let("end", add(mul(count, tiles.queries), (tiles.keys - 1) * tiles.queries));
  b.loop("rest", mul(count, tiles.queries), end, { step: tiles.lanes }, (index) =>
    b.store(at(p.scores, index), constant(0, type)),
  );
}

interface ScoreGradients {
  readonly count: Name;
  readonly width: Name;
  readonly valuePanels: PointerName;
  readonly gradOutputs: PointerName;
  readonly dots: PointerName;
  readonly to: PointerName;
}

/** dS = P (dP - dots), dP by tiles of values and gradients of the output. */
function scoreGradients(b: ProgramBuilder, tiled: Tiled, p: ScoreParameters, given: ScoreGradients): void {
  const { tiles } = tiled;
  b.comment("gradients of scores: keys by queries");
  b.loop("key", 0, given.count, { step: tiles.keys }, (key) => {
    const a = b.let("valuePanel", advance(given.valuePanels, mul(key, given.width)));
    const first = b.let("firstOfTile", mul(key, tiles.queries));
    const sums = tileSums(b, tiled, { rows: tiles.keys, a, panel: given.gradOutputs, depth: given.width });
    const dots = rowOf(b, "dot", tiled, given.dots);
    eachSum(tiled, sums, (sum, offset, v) => {
      const share = load(at(p.scores, first, offset), tiles.lanes);
      b.store(at(given.to, first, offset), mul(share, sub(sum, dots[v] as Name)));
    });
  });
}

interface AcrossQueries {
  /** [key][query] of one panel. */
  readonly scratch: PointerName;
  readonly count: Name;
  /** The panel's rows, one for each query. */
  readonly rows: PointerName;
  /** Elements of a row, whole pairs of vectors (or one vector). */
  readonly length: Name;
  /** [key][element]. */
  readonly to: PointerName;
}

/** to[key][element] += sum over the panel's queries of scratch[key][query] * rows[query][element]. */
function acrossQueries(b: ProgramBuilder, tiled: Tiled, given: AcrossQueries): void {
  const { lanes } = tiled.tiles;
  const { length } = given;
  b.if(
    greater(length, lanes),
    () =>
      b.loop("column", 0, length, { step: 2 * lanes }, (column) =>
        columnOfKeys(b, tiled, given, column as Name, 2),
      ),
    () => columnOfKeys(b, tiled, given, b.let("column", constant(0)), 1),
  );
}

function columnOfKeys(
  b: ProgramBuilder,
  { tiles, type }: Tiled,
  given: AcrossQueries,
  column: Name,
  vectors: number,
): void {
  const { lanes, queries, keys } = tiles;
  b.loop("key", 0, given.count, { step: keys }, (key) => {
    const to = b.let("tileOfKeys", advance(given.to, add(mul(key, given.length), column)));
    const factors = b.variable("factors", advance(given.scratch, mul(key, queries)));
    const row = b.variable("row", advance(given.rows, column));
    const sums = Array.from({ length: keys }, () =>
      Array.from({ length: vectors }, () => b.variable("sum", constant(0, type))),
    );
    b.loop("query", 0, queries, { unroll: 2 }, () => {
      const across = Array.from({ length: vectors }, (_, v) =>
        b.let("across", load(at(row, 0, v * lanes), lanes)),
      );
      for (const [r, of] of sums.entries()) {
        const factor = b.let("factor", broadcast(at(factors, 0, r * queries), lanes));
        for (const [v, sum] of of.entries()) b.set(sum, multiplyAdd(factor, across[v] as Name, sum));
      }
      b.set(factors, advance(factors, 1));
      b.set(row, advance(row, given.length));
    });
    const place = b.variable("place", to);
    for (const of of sums) {
      for (const [v, sum] of of.entries())
        b.store(at(place, 0, v * lanes), add(load(at(place, 0, v * lanes), lanes), sum));
      b.set(place, advance(place, given.length));
    }
  });
}

/** `(rows, padded, elements, gradO, gradStride, o, stride, lse, dots, lsePadded)`: sums of dO O, and lse for a panel. */
export const queryDots = (tiles: AttentionTiles): NamedProgram => ({
  name: `attention-dots-${tiles.queries}`,
  write: (name, type) =>
    program(name, (b) => {
      const p = declare(b, type.element, {
        integers: ["rows", "padded", "elements", "stride"],
        pointers: ["gradO", "o", "lse", "dots", "lsePadded"],
      });
      const stretch = stretchOf(b, p.elements, type);
      const sums = vectorSums(b, type, 1);
      b.loop("r", 0, p.rows, {}, (r) => {
        const grad = b.let("grad", advance(p.gradO, mul(r, p.stride)));
        const output = b.let("output", advance(p.o, mul(r, p.stride)));
        sums.clear();
        sweep(b, stretch, 4, (span) => sums.add(span, [mul(read(grad, span), read(output, span))]));
        b.store(at(p.dots, r), sums.total()[0] as Value);
        b.store(at(p.lsePadded, r), load(at(p.lse, r)));
      });
      const scalar = { element: type.element, lanes: 1 };
      b.loop("r", p.rows, p.padded, {}, (r) => {
        b.store(at(p.dots, r), constant(0, scalar));
        b.store(at(p.lsePadded, r), constant(Number.POSITIVE_INFINITY, scalar));
      });
    }),
});

/** `(rows, elements, factor, from, fromStride, to, toStride)`: rows times a factor. */
export const scaleRows: NamedProgram = {
  name: "attention-scale-rows",
  write: (name, type) =>
    program(name, (b) => {
      const [rows, elements] = [b.integer("rows"), b.integer("elements")];
      const factor = b.scalar("factor", type.element);
      const [from, fromStride] = [b.pointer("from", type.element), b.integer("fromStride")];
      const [to, toStride] = [b.pointer("to", type.element), b.integer("toStride")];
      const stretch = stretchOf(b, elements, type);
      const factors = everywhere(b, "factors", factor, type);
      b.loop("r", 0, rows, {}, (r) => {
        const source = b.let("source", advance(from, mul(r, fromStride)));
        const target = b.let("target", advance(to, mul(r, toStride)));
        sweep(b, stretch, 4, (span) => write(b, target, span, mul(read(source, span), factors)));
      });
    }),
};

/** `(length, to)`: zeros. */
export const clear: NamedProgram = {
  name: "attention-clear",
  write: (name, type) =>
    program(name, (b) => {
      const { length, to } = declare(b, type.element, { integers: ["length"], pointers: ["to"] });
      sweep(b, stretchOf(b, length, type), 4, (span) => write(b, to, span, constant(0, type)));
    }),
};
