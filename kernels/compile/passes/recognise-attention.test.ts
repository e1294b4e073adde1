/** Attention that is written out becomes one operation, which computes the same; what only looks alike is left. */
import { describe, expect, it } from "vitest";
import { nativeAvailability } from "../../native/availability.ts";
import { randomStream } from "../../random.ts";
import { type Built, GraphBuilder } from "../build-graph.ts";
import { differs, differsFromReference, randomFeeds } from "../checked.ts";
import { type CompiledGraph, compileGraph } from "../compile-graph.ts";
import { single } from "../expression.ts";
import type { Graph } from "../graph.ts";
import { attentionNetwork } from "../graph-fusion.experiment.ts";
import { networks } from "../networks.ts";
import { bertLayer } from "../onnx/exported-models.fixture.ts";
import { importModel } from "../onnx/import.ts";
import { evaluateGraph } from "../reference.ts";
import { eliminate } from "./eliminate.ts";
import { allPasses } from "./index.ts";
import { recogniseAttention } from "./recognise-attention.ts";

const targets = ["js", "wasm", ...(nativeAvailability().available ? (["native"] as const) : [])] as const;

/** How an attention is written out. */
interface Written {
  readonly rank?: 2 | 3 | 4;
  /** Heads are laid apart by transpositions, and together again. */
  readonly tokens?: boolean;
  readonly keys?: "turned" | "transposeB" | "by columns";
  readonly scale?: "mul" | "div" | "none";
  readonly mask?: readonly number[];
  /** Sides of queries and keys. */
  readonly axis?: number;
  /** The scores are read once more. */
  readonly readScores?: boolean;
}

const [batch, heads, queries, keys, width, values] = [2, 3, 5, 7, 4, 6];

function attention(written: Written): Graph {
  const { rank = 4, tokens = false, keys: stored = "turned", scale = "div", mask, readScores } = written;
  const b = new GraphBuilder("attention");
  const input = (name: string, length: number, elements: number): Built => {
    const apart = [batch, heads, length, elements].slice(-rank);
    if (!tokens) return b.input(name, { element: "f32", shape: apart });
    return b.input(name, { element: "f32", shape: [batch, length, heads, elements] });
  };
  const turned = (x: Built, ...permutation: number[]): Built => b.node({ op: "transpose", permutation }, x);
  const laid = (x: Built): Built => (tokens ? turned(x, 0, 2, 1, 3) : x);
  const byRank = [...Array(rank).keys()];
  byRank.push(...byRank.splice(-2).reverse());
  const q = laid(input("q", queries, width));
  const given = input("k", keys, width);
  const k =
    stored === "transposeB" ? laid(given) : tokens ? turned(given, 0, 2, 3, 1) : turned(given, ...byRank);
  const columns = stored === "by columns" ? b.pointwise(single("negate", 1), k) : k;
  let scores = b.node({ op: "product", transposeA: false, transposeB: stored === "transposeB" }, q, columns);
  const product = scores;
  const number = b.constant({ element: "f32", shape: [], data: Float32Array.of(2) });
  if (scale !== "none") scores = b.pointwise(single(scale, 2), scores, number);
  if (mask) scores = b.pointwise(single("add", 2), b.input("mask", { element: "f32", shape: mask }), scores);
  const shares = b.node({ op: "softmax", axis: written.axis ?? rank - 1 }, scores);
  const v = laid(input("v", keys, values));
  const o = b.node({ op: "product", transposeA: false, transposeB: false }, shares, v);
  const together = tokens ? turned(o, 0, 2, 1, 3) : o;
  return readScores ? b.finish(together, product) : b.finish(together);
}

const kindsAfter = (graph: Graph): string[] =>
  eliminate.run(recogniseAttention.run(graph)).nodes.map(({ operation }) => operation.op);

/** Written out in these ways, with the nodes that are left. */
const found: readonly (readonly [Written, readonly string[]])[] = [
  [{}, ["attention"]],
  [{ rank: 2, scale: "mul" }, ["attention"]],
  [{ rank: 3, keys: "transposeB", scale: "none" }, ["attention"]],
  [{ keys: "by columns" }, ["transpose", "pointwise", "transpose", "attention"]],
  [{ tokens: true, mask: [batch, 1, 1, keys] }, ["attention"]],
  [{ tokens: true, keys: "transposeB", mask: [queries, keys] }, ["attention"]],
  [{ mask: [1, heads, queries, keys], scale: "mul" }, ["attention"]],
  [{ rank: 3, mask: [heads, 1, 1] }, ["attention"]],
];

describe("recognise-attention", () => {
  it.each(found)("finds %o", (written, nodes) => {
    const graph = attention(written);
    expect(kindsAfter(graph)).toEqual(nodes);
    const feeds = randomFeeds(graph, randomStream(4));
    const expected = evaluateGraph(graph, feeds);
    for (const [name, { data }] of evaluateGraph(recogniseAttention.run(graph), feeds))
      expect(differs(name, data, expected.get(name)?.data ?? [], 1e-12)).toBeNull();
    for (const target of targets) {
      const compiled = compileGraph(graph, { target });
      expect(compiled.graph.nodes.some(({ operation }) => operation.op === "attention")).toBe(true);
      expect(differsFromReference(compiled, graph, feeds)).toBeNull();
      compiled.release();
    }
  });

  it.each([attention({ axis: 2 }), attention({ readScores: true }), broadening()])(
    "leaves what only looks alike: another axis, scores that are read elsewhere, a mask that makes more of them",
    (graph) => {
      expect(kindsAfter(graph)).toContain("softmax");
    },
  );

  it("finds the attention of an exported BERT layer, heads where they lie", () => {
    const graph = importModel(bertLayer(14, { tokens: 40, hidden: 32, heads: 2 }));
    const compiled = compileGraph(graph, { target: "wasm" });
    const kinds = compiled.graph.nodes.map(({ operation }) => operation.op);
    expect(kinds.filter((kind) => kind === "attention")).toHaveLength(1);
    expect(kinds).not.toContain("softmax");
    expect(kinds).not.toContain("transpose");
    const mask = Int32Array.from({ length: 40 }, (_, token) => (token < 33 ? 1 : 0));
    const feeds = new Map([...randomFeeds(graph, randomStream(4), 40), ["attention_mask", mask] as const]);
    expect(differsFromReference(compiled, graph, feeds)).toBeNull();
  });

  it("moves fewer bytes than the chain in the attention of BERT-base, and computes the same", () => {
    const graph = (networks[attentionNetwork] as (random: () => number) => Graph)(randomStream(6));
    const feeds = randomFeeds(graph, randomStream(7));
    const expected = evaluateGraph(graph, feeds);
    const passes = allPasses.filter((pass) => pass !== recogniseAttention);
    const [whole, chain] = [{}, { passes }].map((options) =>
      compileGraph(graph, { target: "wasm", ...options }),
    ) as [CompiledGraph, CompiledGraph];
    for (const compiled of [whole, chain])
      expect(differsFromReference(compiled, graph, feeds, expected)).toBeNull();
    expect(whole.bytesMoved()).toBeLessThan(chain.bytesMoved());
  });
});

/** Scores of one head that a mask of three makes three of. */
function broadening(): Graph {
  const b = new GraphBuilder("broadening");
  const of = (name: string, ...shape: number[]): Built => b.input(name, { element: "f32", shape });
  const product = (transposeB: boolean, x: Built, y: Built): Built =>
    b.node({ op: "product", transposeA: false, transposeB }, x, y);
  const scores = product(true, of("q", 1, queries, width), of("k", 1, keys, width));
  const masked = b.pointwise(single("add", 2), scores, of("mask", 3, queries, keys));
  return b.finish(product(false, b.node({ op: "softmax", axis: 2 }, masked), of("v", 1, keys, values)));
}
