/**
 * The gradient of a bias: a filter's output gradients added over all positions and images. Several sums at once keep the
 * adders busy, and the rounding of long sums small.
 */
import {
  add,
  advance,
  at,
  constant,
  load,
  mul,
  type Name,
  notEqual,
  sum,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { ConvProblem } from "../problem.ts";
import { vectorLanes } from "../problem.ts";
import { positions } from "../shape.ts";

/** Independent sums: latency times throughput of an addition on current x86-64 cores. */
const chains = 8;

/** `biasGradient(outputGradient, gradient, keep)`: overwrites the gradient, or adds to it where `keep` is not 0. */
export function biasGradientProgram(problem: ConvProblem): Program {
  const { layout, element } = problem;
  return program(`bias-gradient-${layout}-${element}`, (b) => {
    const outputGradient = b.pointer("outputGradient", element);
    const gradient = b.pointer("gradient", element);
    const keep = b.integer("keep");
    const ofFilters = (filter: Value, total: Name): void => {
      const place = () => at(gradient, filter);
      b.if(
        notEqual(keep, 0),
        () => b.store(place(), add(load(place(), total.type.lanes), total)),
        () => b.store(place(), total),
      );
    };
    if (layout === "nchw") planes(b, problem, outputGradient, ofFilters);
    else pixels(b, problem, outputGradient, ofFilters);
  });
}

type Pointer = Parameters<typeof at>[0];
type Take = (filter: Value, total: Name) => void;

/** nchw: vectors along the plane of a filter, whose lanes are added at last. */
function planes(b: ProgramBuilder, problem: ConvProblem, outputGradient: Pointer, take: Take): void {
  const { batch, element, shape } = problem;
  const [lanes, area] = [vectorLanes(problem), positions(shape)];
  const whole = area - (area % lanes);
  b.loop("filter", 0, shape.filters, {}, (filter) => {
    const sums = sumsOf(b, problem, lanes);
    const rest = b.variable("rest", constant(0, { element, lanes: 1 }));
    b.loop("image", 0, batch, {}, (image) => {
      const plane = b.let(
        "plane",
        advance(outputGradient, mul(add(mul(image, shape.filters), filter), area)),
      );
      b.loop("i", 0, whole, { step: lanes, unroll: chains }, (i, chain) =>
        addTo(b, sums[chain], load(at(plane, i), lanes)),
      );
      if (whole < area) b.loop("i", whole, area, {}, (i) => addTo(b, rest, load(at(plane, i))));
    });
    take(filter, b.let("total", add(sum(joined(b, sums)), rest)));
  });
}

/** nhwc: a vector of filters at a time, down all pixels. */
function pixels(b: ProgramBuilder, problem: ConvProblem, outputGradient: Pointer, take: Take): void {
  const { batch, shape } = problem;
  const [lanes, { filters }] = [vectorLanes(problem), shape];
  const whole = filters - (filters % lanes);
  const some = (wide: number) => (filter: Value) => {
    const sums = sumsOf(b, problem, wide);
    const first = b.let("first", advance(outputGradient, filter));
    b.loop("pixel", 0, batch * positions(shape), { unroll: chains }, (pixel, chain) =>
      addTo(b, sums[chain], load(at(first, mul(pixel, filters)), wide)),
    );
    take(filter, joined(b, sums));
  };
  if (whole > 0) b.loop("filter", 0, whole, { step: lanes }, some(lanes));
  if (whole < filters) b.loop("filter", whole, filters, {}, some(1));
}

function sumsOf(b: ProgramBuilder, { element }: ConvProblem, lanes: number): readonly Name[] {
  return Array.from({ length: chains }, () => b.variable("partial", constant(0, { element, lanes })));
}

function addTo(b: ProgramBuilder, partial: Name | undefined, value: Value): void {
  if (partial) b.set(partial, add(partial, value));
}

/** The sums added pair by pair. */
function joined(b: ProgramBuilder, sums: readonly Name[]): Name {
  if (sums.length === 1) return sums[0] as Name;
  const half = sums.length / 2;
  return joined(
    b,
    Array.from({ length: half }, (_, i) => b.let("pair", add(sums[i] as Name, sums[i + half] as Name))),
  );
}
