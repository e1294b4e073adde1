/**
 * The check that every compiled graph passes before it is timed: its outputs on random inputs beside those of the
 * float64 reference.
 */
import type { CompiledGraph } from "./compile-graph.ts";
import type { Graph } from "./graph.ts";
import { lengthOf } from "./graph.ts";
import { evaluateGraph, type Feeds } from "./reference.ts";

/**
 * How far an output may be from the reference, as a share of the largest element of that output (at least 1): thousands
 * of float32 operations one after the other, 2^-24 each, and to spare. What is wrong is wrong by far more.
 */
export const tolerance = 1e-4;

/** Values for every input: uniform in [-1, 1), or for integers in [0, most). */
export function randomFeeds(graph: Graph, random: () => number, most = 2): Feeds {
  return new Map(
    graph.inputs.map(({ name, type }) => [
      name,
      Float64Array.from({ length: lengthOf(type) }, () =>
        type.element === "i32" ? Math.floor(random() * most) : Math.fround(2 * random() - 1),
      ),
    ]),
  );
}

/** Runs the compiled graph on these values. */
export function runOn(compiled: CompiledGraph, feeds: Feeds): void {
  for (const [name, values] of feeds) compiled.view(name).set(values);
  compiled.run();
}

/**
 * Where the outputs differ from the reference by more than the tolerance; null where they agree.
 *
 * @param expected what the reference gives, where it is known already
 */
export function differsFromReference(
  compiled: CompiledGraph,
  graph: Graph,
  feeds: Feeds,
  expected: ReadonlyMap<string, { readonly data: Float64Array }> = evaluateGraph(graph, feeds),
): string | null {
  for (const name of graph.outputs) compiled.view(name).fill(Number.NaN);
  runOn(compiled, feeds);
  for (const [name, { data }] of expected) {
    const difference = differs(name, compiled.view(name), data, tolerance);
    if (difference) return difference;
  }
  return null;
}

/** Where values differ by more than this share of the largest expected one (at least 1). */
export function differs(
  name: string,
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  share: number,
): string | null {
  let largest = 1;
  for (let at = 0; at < expected.length; at++) largest = Math.max(largest, Math.abs(expected[at] as number));
  for (let at = 0; at < expected.length; at++) {
    const [value, wanted] = [found[at] as number, expected[at] as number];
    const agrees = Math.abs(value - wanted) <= share * largest || Object.is(value, wanted);
    if (!agrees) return `${name}[${at}]: expected ${wanted} within ${share * largest}, found ${value}`;
  }
  return found.length === expected.length
    ? null
    : `${name}: expected ${expected.length} elements, found ${found.length}`;
}
