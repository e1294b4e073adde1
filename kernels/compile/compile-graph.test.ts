import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nativeAvailability } from "../native/availability.ts";
import { randomStream } from "../random.ts";
import { type Built, GraphBuilder } from "./build-graph.ts";
import { differs, differsFromReference, randomFeeds } from "./checked.ts";
import { compileGraph } from "./compile-graph.ts";
import { single } from "./expression.ts";
import { type Graph, lengthOf, type Window } from "./graph.ts";
import { inferTypes } from "./infer.ts";
import { allPasses } from "./passes/index.ts";
import { planMemory } from "./plan-memory.ts";
import { randomGraph, randomValues, wayNames } from "./random-graph.fixture.ts";
import { evaluateGraph } from "./reference.ts";

const targets = ["js", "wasm", ...(nativeAvailability().available ? (["native"] as const) : [])] as const;
const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

describe("any graph", () => {
  it("computes the same after each pass", () => {
    const property = fc.property(seeds, (seed) => {
      const graph = randomGraph(seed);
      const feeds = randomFeeds(graph, randomStream(seed));
      const expected = evaluateGraph(graph, feeds);
      for (const pass of allPasses) {
        const passed = pass.run(graph);
        // Folding rounds weights to float32; nothing else is rounded here.
        for (const [name, { data }] of evaluateGraph(passed, feeds))
          expect(differs(`${pass.id} ${name}`, data, expected.get(name)?.data ?? [], 2e-6)).toBeNull();
      }
    });
    fc.assert(property, { numRuns: 100 });
  });

  it.each(targets)("computes on %s what the reference computes, with passes and without", (target) => {
    const property = fc.property(seeds, (seed) => {
      const graph = randomGraph(seed);
      const feeds = randomFeeds(graph, randomStream(seed));
      for (const passes of [[], allPasses]) {
        const compiled = compileGraph(graph, { target, passes });
        expect(differsFromReference(compiled, graph, feeds)).toBeNull();
      }
    });
    fc.assert(property, { numRuns: target === "js" ? 20 : 40 });
  });

  it("lies in memory so that nothing that is needed is overwritten", () => {
    const property = fc.property(seeds, (seed) => {
      const graph = randomGraph(seed, 14);
      const types = inferTypes(graph);
      const plan = planMemory(graph, types);
      for (const left of plan.buffers)
        for (const right of plan.buffers) {
          if (left === right || left.last < right.first || right.last < left.first) continue;
          const apart = left.offset + left.bytes <= right.offset || right.offset + right.bytes <= left.offset;
          expect(apart).toBe(true);
        }
      expect(plan.arenaBytes).toBeGreaterThanOrEqual(plan.leastBytes);
      expect(plan.arenaBytes).toBeLessThanOrEqual(plan.sumBytes);
    });
    fc.assert(property, { numRuns: 200 });
  });
});

describe("a convolution with bias, shortcut and rectifier", () => {
  /** The shortcut joined by this function. */
  const block = (join: "add" | "mul"): Graph => {
    const b = new GraphBuilder(`block-${join}`);
    const x = b.input("x", { element: "f32", shape: [2, 16, 9, 10] });
    const random = randomStream(12);
    const of = (...shape: number[]): Built =>
      b.constant({ element: "f32", shape, data: randomValues(lengthOf({ shape }), random) });
    const window: Window = {
      ...{ kernel: [3, 3], stride: [1, 1], dilation: [1, 1] },
      padding: { top: 1, bottom: 1, left: 1, right: 1 },
    };
    const sums = b.node({ op: "conv", window, groups: 1 }, x, of(16, 16, 3, 3));
    const biased = b.pointwise(single("add", 2), sums, of(16, 1, 1));
    return b.finish(b.pointwise(single("relu", 1), b.pointwise(single(join, 2), biased, x)));
  };

  it.each(targets)("is one kernel's work on %s: no pass goes over the output once more", (target) => {
    const feeds = randomFeeds(block("add"), randomStream(13));
    const [added, multiplied] = (["add", "mul"] as const).map((join) => {
      const compiled = compileGraph(block(join), { target });
      expect(differsFromReference(compiled, block(join), feeds)).toBeNull();
      return compiled.bytesMoved();
    }) as [number, number];
    // Written by the convolution and read by the pass, and the bias, which each of the two reads once.
    expect(multiplied - added).toBeGreaterThanOrEqual(2 * 4 * 2 * 16 * 9 * 10 - 4 * 64);
  });
});

it("random graphs contain every kind of growth", () => {
  const kinds = new Set<string>();
  for (let seed = 0; seed < 300; seed++)
    for (const { operation } of randomGraph(seed).nodes) kinds.add(operation.op);
  expect(kinds.size).toBe(15);
  expect(wayNames.length).toBeGreaterThan(15);
});
