/** Scores of a whole head to shares, and gradients of shares to those of scores; see whole.ts for where they lie. */
import {
  add,
  at,
  constant,
  div,
  equal,
  load,
  mul,
  multiplyAdd,
  type Name,
  type PointerName,
  select,
  splat,
  sub,
  type Tail,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import { exp, expLoopConstants } from "../../elementary/exp.ts";
import { log } from "../../elementary/log.ts";
import type { NamedProgram, RealVector } from "../../nn/operation.ts";
import { declare } from "../../nn/programs/parameters.ts";
import { larger, lowest } from "../../softmax/programs/vectors.ts";
import type { EmptyQuery } from "./finish.ts";
import { eachLane, type Tiled } from "./tile.ts";
import { headText, panelLength, panelsOf, type WholeHead } from "./whole.ts";

/** `(scores, inverse, lse)`: scores become powers of what they are below their query's maximum; 1 / their sum, and its ln. */
export const wholePowers = (head: WholeHead, empty: EmptyQuery): NamedProgram => ({
  name: `attention-powers-${headText(head)}-${empty}`,
  write: (name, type) =>
    program(name, (b) => {
      const p = declare(b, type.element, { integers: [], pointers: ["scores", "inverse", "lse"] });
      const constants = expLoopConstants(b, type);
      eachPanel(b, head, type, p.scores, (panel) => {
        const most = panel.row(() => constant(lowest[type.element], type));
        panel.eachPair((v, place) => b.set(most[v] as Name, larger(most[v] as Name, panel.load(place))), 4);
        const sums = panel.row(() => constant(0, type));
        panel.eachPair((v, place) => {
          const above = sub(panel.load(place), most[v] as Name);
          const share = b.let("share", exp(b, above, { constants, nonPositive: true }));
          b.store(at(p.scores, place), share);
          b.set(sums[v] as Name, add(sums[v] as Name, share));
        });
        for (const [v, sum] of sums.entries()) {
          const inverse = div(constant(1, type), sum);
          const kept = empty === "zeros" ? select(equal(sum, 0), 0, inverse) : inverse;
          b.store(at(p.inverse, panel.query(v)), kept);
          const ln = b.let("lnSum", add(most[v] as Name, log(b, sum)));
          b.store(
            at(p.lse, panel.query(v)),
            select(equal(sum, 0), Number.POSITIVE_INFINITY, ln),
            panel.tails[v],
          );
        }
      });
    }),
});

/** `(scores, lse)`: scores become shares e^(score - lse). */
export const wholeShares = (head: WholeHead): NamedProgram => ({
  name: `attention-shares-${headText(head)}`,
  write: (name, type) =>
    program(name, (b) => {
      const p = declare(b, type.element, { integers: [], pointers: ["scores", "lse"] });
      const constants = expLoopConstants(b, type);
      eachPanel(b, head, type, p.scores, (panel) => {
        const lse = panel.tails.map((tail, v) =>
          b.let("lse", load(at(p.lse, panel.query(v)), type.lanes, tail)),
        );
        panel.eachPair((v, place) =>
          b.store(at(p.scores, place), exp(b, sub(panel.load(place), lse[v] as Name), { constants })),
        );
      });
    }),
});

/**
 * `(factor, shares, gradients)`: gradients of shares become those of products: share (gradient - sum over keys of shares by
 * gradients) times the factor of scores.
 */
export const wholeScoreGradients = (head: WholeHead): NamedProgram => ({
  name: `attention-score-gradients-${headText(head)}`,
  write: (name, type) =>
    program(name, (b) => {
      const factor = b.scalar("factor", type.element);
      const p = declare(b, type.element, { integers: [], pointers: ["shares", "gradients"] });
      const factors = b.let("factors", splat(factor, type.lanes));
      eachPanel(b, head, type, p.shares, (panel) => {
        const gradient = (place: Value): Value => load(at(p.gradients, place), type.lanes);
        const dots = panel.row(() => constant(0, type));
        panel.eachPair(
          (v, place) =>
            b.set(dots[v] as Name, multiplyAdd(panel.load(place), gradient(place), dots[v] as Name)),
          4,
        );
        panel.eachPair((v, place) => {
          const moved = mul(sub(gradient(place), dots[v] as Name), factors);
          b.store(at(p.gradients, place), mul(panel.load(place), moved));
        }, 4);
      });
    }),
});

/** One panel of a head. */
interface Panel {
  /** Queries that there are, of each vector. */
  readonly tails: readonly Tail[];
  /** A variable for each vector of queries. */
  row(initial: () => Value): readonly Name[];
  /** The first query of a vector. */
  query(v: number): Value;
  /** Every vector of every key, with its place in the scores; `unroll` keys in one pass. */
  eachPair(visit: (v: number, place: Value) => void, unroll?: number): void;
  load(place: Value): Name;
}

function eachPanel(
  b: ProgramBuilder,
  head: WholeHead,
  type: RealVector,
  scores: PointerName,
  visit: (panel: Panel) => void,
): void {
  const { tiles, queries, keys } = head;
  const tiled: Tiled = { tiles, type };
  b.loop("panel", 0, panelsOf(head), {}, (number) => {
    const first = b.let("first", mul(number, tiles.queries));
    const start = b.let("start", mul(number, panelLength(head)));
    const tails: Tail[] = [];
    eachLane(tiled, (_, offset) => tails.push(b.tail("there", sub(queries - offset, first), type)));
    visit({
      tails,
      row: (initial) => tails.map(() => b.variable("of", initial())),
      query: (v) => add(first, v * tiles.lanes),
      eachPair: (each, unroll = 1) =>
        b.loop("key", 0, keys, { unroll }, (key) => {
          const row = b.let("row", add(start, mul(key, tiles.queries)));
          eachLane(tiled, (v, offset) => each(v, add(row, offset)));
        }),
      load: (place) => b.let("pair", load(at(scores, place), type.lanes)),
    });
  });
}
