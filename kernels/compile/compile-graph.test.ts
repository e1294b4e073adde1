import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nativeAvailability } from "../native/availability.ts";
import { randomStream } from "../random.ts";
import { differs, differsFromReference, randomFeeds } from "./checked.ts";
import { compileGraph } from "./compile-graph.ts";
import { inferTypes } from "./infer.ts";
import { allPasses } from "./passes/index.ts";
import { planMemory } from "./plan-memory.ts";
import { randomGraph, wayNames } from "./random-graph.fixture.ts";
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

it("random graphs contain every kind of growth", () => {
  const kinds = new Set<string>();
  for (let seed = 0; seed < 300; seed++)
    for (const { operation } of randomGraph(seed).nodes) kinds.add(operation.op);
  expect(kinds.size).toBe(15);
  expect(wayNames.length).toBeGreaterThan(15);
});
