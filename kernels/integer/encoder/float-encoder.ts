/**
 * The encoder in float32 on our kernels: the layers of ../../nn/, GEMM for attention, softmax of ../../softmax/. What the
 * integer encoder is compared with, and where its scales are observed.
 */

import { compile, type KernelTarget } from "../../codegen/compile.ts";
import { add, advance, at, load, mul } from "../../codegen/expressions.ts";
import type { Memory } from "../../codegen/memory.ts";
import { program } from "../../codegen/program.ts";
import { createGemm } from "../../gemm/gemm.ts";
import { createActivation } from "../../nn/activation.ts";
import { createLayerNorm } from "../../nn/layer-norm.ts";
import { createLinear } from "../../nn/linear.ts";
import { settingOf } from "../../nn/operation.ts";
import { read, stretchOf, sweep, write } from "../../nn/programs/sweep.ts";
import { createSoftmax } from "../../softmax/softmax.ts";
import type { EncoderWeights, LayerWeights, LinearWeights, NormWeights, Observe } from "./encoder.ts";

export interface FloatEncoder {
  /** The last hidden states of a sequence, length x hidden, in place until the next run. @throws RangeError for a token */
  run(tokens: ArrayLike<number>, observe?: Observe): Float32Array;
}

/** BERT's; LayerNorm of PyTorch adds it to the variance. */
const epsilon = 1e-12;

/** Parameters `(tokens, columns, ids, words, places, out)`: the row of each word plus the row of its place. */
const embedProgram = (lanes: number) =>
  program("embed-f32", (b) => {
    const [tokens, columns] = [b.integer("tokens"), b.integer("columns")];
    const ids = b.pointer("ids", "i32");
    const [words, places, out] = ["words", "places", "out"].map((name) => b.pointer(name, "f32")) as [
      Single,
      Single,
      Single,
    ];
    const [place, row] = [b.variable("place", places), b.variable("row", out)];
    const stretch = stretchOf(b, columns, { element: "f32", lanes });
    b.loop("t", 0, tokens, {}, (t) => {
      const word = b.let("word", advance(words, mul(load(at(ids, t)), columns)));
      sweep(b, stretch, 1, (span) => write(b, row, span, add(read(word, span), read(place, span))));
      b.set(place, advance(place, columns));
      b.set(row, advance(row, columns));
    });
  });
/** Parameters `(count, x, y)`: y += x. */
const addProgram = (lanes: number) =>
  program("add-f32", (b) => {
    const count = b.integer("count");
    const [x, y] = [b.pointer("x", "f32"), b.pointer("y", "f32")];
    sweep(b, stretchOf(b, count, { element: "f32", lanes }), 1, (span) =>
      write(b, y, span, add(read(x, span), read(y, span))),
    );
  });
type Single = import("../../codegen/expressions.ts").PointerName<"f32">;

/** Compiles the encoder for sequences of its length. */
export function createFloatEncoder(options: {
  readonly target: KernelTarget;
  readonly memory: Memory;
  readonly weights: EncoderWeights;
}): FloatEncoder {
  const { target, memory, weights } = options;
  const { hidden, inner, length, heads, vocabulary } = weights.shape;
  const { lanes } = settingOf({ target, memory }).type;
  const width = hidden / heads;
  const place = (values: Float32Array): number => {
    const { view, address } = memory.allocate("f32", values.length);
    view.set(values);
    return address;
  };
  const room = (count: number): number => memory.allocate("f32", count).address;
  const make = (written: Parameters<typeof compile>[0]) => compile(written, target, memory).call;
  const [embed, accumulate] = [make(embedProgram(lanes)), make(addProgram(lanes))];
  const linear = ({ inputs, outputs, weight, bias }: LinearWeights) => {
    const layer = createLinear({
      ...{ target, memory, forwardOnly: true },
      shape: { rows: length, inputs, outputs },
    });
    const operands = { weight: place(weight), bias: place(bias) };
    return (x: number, y: number): void => layer.forward({ x, y, ...operands });
  };
  const normalisation = createLayerNorm({
    target,
    memory,
    shape: { rows: length, columns: hidden },
    epsilon,
  });
  const statistics = { mean: room(length), inverse: room(length) };
  const norm = ({ weight, bias }: NormWeights) => {
    const operands = { weight: place(weight), bias: place(bias), ...statistics };
    return (x: number, y: number): void => normalisation.forward({ x, y, ...operands });
  };
  const gelu = createActivation({ target, memory, activation: "gelu", length: length * inner });
  const softmax = createSoftmax({ target, memory });
  // Keys are read down their columns, which only packing can.
  const scoresGemm = createGemm({
    variant: "packed-blocked",
    target,
    memory,
    shape: { m: length, n: length, k: width },
  });
  const contextGemm = createGemm({
    variant: "auto",
    target,
    memory,
    shape: { m: length, n: width, k: length },
  });
  const ids = memory.allocate("i32", length);
  const [words, places] = [place(weights.words), place(weights.places)];
  const [h, around, all, context] = [hidden, hidden, 3 * hidden, hidden].map((n) => room(length * n)) as Four;
  const [scores, between] = [room(heads * length * length), room(length * inner)];

  const attend = (): void => {
    for (let head = 0; head < heads; head++) {
      const [q, k] = [all + 4 * head * width, all + 4 * (hidden + head * width)];
      const c = scores + 4 * head * length * length;
      const sizes = { m: length, n: length, k: width, alpha: 1 / Math.sqrt(width) };
      scoresGemm.run({ ...sizes, a: q, lda: 3 * hidden, b: k, ldb: 1, csb: 3 * hidden, c });
    }
    softmax.forward({ outer: heads * length, n: length }, { input: scores, output: scores });
    for (let head = 0; head < heads; head++) {
      const v = all + 4 * (2 * hidden + head * width);
      const a = scores + 4 * head * length * length;
      const sizes = { m: length, n: width, k: length };
      contextGemm.run({ ...sizes, a, b: v, ldb: 3 * hidden, c: context + 4 * head * width, ldc: hidden });
    }
  };
  const firstNorm = norm(weights.norm);
  const layers = weights.layers.map((layer: LayerWeights) => ({
    ...{ attention: linear(layer.attention), output: linear(layer.output), norm: norm(layer.norm) },
    ...{ up: linear(layer.up), down: linear(layer.down), lastNorm: norm(layer.lastNorm) },
  }));
  const see = (observe: Observe | undefined, name: string, address: number, count: number): void =>
    observe?.(name, memory.view("f32", address, count));

  return {
    run(tokens, observe) {
      fillTokens(ids.view, tokens, vocabulary);
      embed(length, hidden, ids.address, words, places, h);
      firstNorm(h, h);
      see(observe, "words", h, length * hidden);
      for (const [l, layer] of layers.entries()) {
        layer.attention(h, all);
        if (observe) seeParts(observe, l, memory.view("f32", all, length * 3 * hidden), hidden);
        attend();
        see(observe, `layer${l}.context`, context, length * hidden);
        layer.output(context, around);
        accumulate(length * hidden, h, around);
        see(observe, `layer${l}.attended`, around, length * hidden);
        layer.norm(around, h);
        see(observe, `layer${l}.middle`, h, length * hidden);
        layer.up(h, between);
        see(observe, `layer${l}.between`, between, length * inner);
        gelu.forward({ x: between, y: between });
        see(observe, `layer${l}.activated`, between, length * inner);
        layer.down(between, around);
        accumulate(length * hidden, h, around);
        see(observe, `layer${l}.raised`, around, length * hidden);
        layer.lastNorm(around, h);
        see(observe, `layer${l}.out`, h, length * hidden);
      }
      return memory.view("f32", h, length * hidden);
    },
  };
}
type Four = [number, number, number, number];

/** Queries, keys and values are columns of one matrix. */
function seeParts(observe: Observe, layer: number, all: Float32Array, hidden: number): void {
  for (const [part, name] of ["queries", "keys", "values"].entries())
    observe(
      `layer${layer}.${name}`,
      all.filter((_, i) => Math.floor((i % (3 * hidden)) / hidden) === part),
    );
}

/** Copies a sequence. @throws RangeError for another length, or a token that is no word */
export function fillTokens(ids: Int32Array, tokens: ArrayLike<number>, vocabulary: number): void {
  if (tokens.length !== ids.length)
    throw new RangeError(`encoder: expected ${ids.length} tokens; found ${tokens.length}; pad the sequence`);
  for (let t = 0; t < ids.length; t++) {
    const token = tokens[t] as number;
    if (!Number.isInteger(token) || token < 0 || token >= vocabulary)
      throw new RangeError(`encoder: expected tokens from 0 to ${vocabulary - 1}; found ${token} at ${t}`);
    ids[t] = token;
  }
}
