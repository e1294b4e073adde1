/**
 * Operations of a small network as vector programs: once for any shape, as an interpreter of graphs needs them, and once
 * as a single program with every width a constant, bias and activation fused, no intermediate result written twice.
 * Weights lie input-major (one row of outputs for each input), so that a vector computes neighbouring outputs; each
 * output is summed in the order of its inputs in both, which is why they must agree to the bit.
 */
import {
  add,
  advance,
  at,
  broadcast,
  constant,
  load,
  max,
  multiplyAdd,
  type Name,
  type PointerName,
  type Value,
} from "../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../codegen/program.ts";
import type { Program } from "../codegen/statements.ts";

const zeros = (lanes: number): Value => constant(0, { element: "f32", lanes });

/** `(inputs, outputs, x, w, y)`: y = x W for any number of inputs and whole vectors of outputs. */
export function denseProgram(lanes: number): Program {
  return program("dense", (b) => {
    const [inputs, outputs] = [b.integer("inputs"), b.integer("outputs")];
    const [x, w, y] = [b.pointer("x", "f32"), b.pointer("w", "f32"), b.pointer("y", "f32")];
    b.loop("j", 0, outputs, { step: lanes }, (j) => {
      const sum = b.variable("sum", zeros(lanes));
      const row = b.variable("row", advance(w, j));
      b.loop("p", 0, inputs, {}, (p) => {
        b.set(sum, multiplyAdd(broadcast(at(x, p), lanes), load(at(row), lanes), sum));
        b.set(row, advance(row, outputs));
      });
      b.store(at(y, j), sum);
    });
  });
}

/** `(length, bias, y)`: y += bias. */
export function biasProgram(lanes: number): Program {
  return program("bias", (b) => {
    const length = b.integer("length");
    const [bias, y] = [b.pointer("bias", "f32"), b.pointer("y", "f32")];
    b.loop("j", 0, length, { step: lanes }, (j) => {
      b.store(at(y, j), add(load(at(y, j), lanes), load(at(bias, j), lanes)));
    });
  });
}

/** `(length, y)`: what is negative becomes 0. */
export function reluProgram(lanes: number): Program {
  return program("relu", (b) => {
    const length = b.integer("length");
    const y = b.pointer("y", "f32");
    b.loop("j", 0, length, { step: lanes }, (j) => {
      b.store(at(y, j), max(load(at(y, j), lanes), zeros(lanes)));
    });
  });
}

/** Vectors of outputs that are summed side by side at the most: enough chains to hide the latency of an addition. */
const mostAbreast = 4;

/** `(x, w1, b1, y1, w2, b2, y2 …)`: all layers of these widths, activation after each but the last. */
export function networkProgram(widths: readonly number[], lanes: number): Program {
  const layers = widths.slice(1);
  return program("network", (b) => {
    const x = b.pointer("x", "f32");
    const places = layers.map((_, layer) => ({
      w: b.pointer(`w${layer + 1}`, "f32"),
      bias: b.pointer(`b${layer + 1}`, "f32"),
      y: b.pointer(`y${layer + 1}`, "f32"),
    }));
    for (const [layer, { w, bias, y }] of places.entries()) {
      const from = layer === 0 ? x : (places[layer - 1]?.y as PointerName);
      const shape = { inputs: widths[layer] as number, outputs: widths[layer + 1] as number };
      fusedLayer(b, shape, { x: from, w, bias, y, lanes }, layer < layers.length - 1);
    }
  });
}

interface Layer {
  readonly x: PointerName;
  readonly w: PointerName;
  readonly bias: PointerName;
  readonly y: PointerName;
  readonly lanes: number;
}

function fusedLayer(
  b: ProgramBuilder,
  { inputs, outputs }: { readonly inputs: number; readonly outputs: number },
  { x, w, bias, y, lanes }: Layer,
  activated: boolean,
): void {
  // The largest that divides the layer: an output that two passes computed would be no error, one beyond it would.
  const abreast = largestDivisor(outputs / lanes, mostAbreast);
  b.loop("j", 0, outputs, { step: lanes * abreast }, (j) => {
    const sums: Name[] = Array.from({ length: abreast }, (_, v) => b.variable(`sum${v}`, zeros(lanes)));
    const row = b.variable("row", advance(w, j));
    b.loop("p", 0, inputs, { unroll: 2 }, (p) => {
      const factor = b.let("factor", broadcast(at(x, p), lanes));
      for (const [v, sum] of sums.entries()) {
        b.set(sum, multiplyAdd(factor, load(at(row, 0, v * lanes), lanes), sum));
      }
      b.set(row, advance(row, outputs));
    });
    for (const [v, sum] of sums.entries()) {
      const biased = add(sum, load(at(bias, j, v * lanes), lanes));
      b.store(at(y, j, v * lanes), activated ? max(biased, zeros(lanes)) : biased);
    }
  });
}

function largestDivisor(whole: number, most: number): number {
  for (let divisor = most; divisor > 1; divisor--) if (whole % divisor === 0) return divisor;
  return 1;
}
