/**
 * The encoder in integers alone, after I-BERT (Kim et al. 2021, section 3): bytes between layers, sums of i32, requantised
 * by 31-bit multipliers, softmax, GELU and normalisation by integer polynomials and an integer square root. Floating-point
 * numbers decide the multipliers beforehand and are not touched while it runs.
 *
 * Hidden states are unsigned bytes with a zero point of 128, since the dot product takes its left operand unsigned; keys,
 * values and weights are signed bytes, its right operand.
 */
import type { KernelTarget } from "../../codegen/compile.ts";
import type { Memory } from "../../codegen/memory.ts";
import { fixedPoint } from "../fixed-point.ts";
import { createIntegerGemm, type IntegerGemm, type PackedRight } from "../gemm/integer-gemm.ts";
import {
  createIntegerGelu,
  createIntegerLayerNorm,
  createIntegerSoftmax,
} from "../ibert/integer-functions.ts";
import { affineOf, type Range, symmetricOf, symmetricRows } from "../observers.ts";
import { embedProgram, requantiseProgram, residualProgram } from "../programs/requantise.ts";
import { type Quantiser, quantised } from "../quantiser.ts";
import { type IntegerSetting, integerSetting } from "../setting.ts";
import type { Calibration } from "./calibration.ts";
import type { EncoderShape, EncoderWeights, LayerWeights, LinearWeights, NormWeights } from "./encoder.ts";
import { fillTokens } from "./float-encoder.ts";

export interface IntegerEncoderOptions {
  readonly target: KernelTarget;
  readonly memory: Memory;
  readonly weights: EncoderWeights;
  readonly calibration: Calibration;
  /** A linear layer on every last hidden state; its outputs share one scale. */
  readonly head: LinearWeights;
}

export interface IntegerEncoder {
  /** The head's sums over all tokens of a sequence, in integers of one scale: the largest is the class. */
  run(tokens: ArrayLike<number>): Int32Array;
  /** What one of these integers is worth. */
  readonly scale: number;
  /** The last hidden states as the bytes that they are, until the next run. */
  readonly states: { readonly bytes: Uint8Array; readonly quantiser: Quantiser };
}

/** The scale of scores before softmax; errors of half a step change an exponential by a five-hundredth. */
const softmaxScale = 2 ** -8;
/** Shares of softmax are bytes of which 256 make one. */
const shareScale = 2 ** -8;
/** Sums that are normalised have 12 bits and a sign, so that the squares of a row of 2^8 fit 32 bits. */
const residualSteps = 2 ** 11;
/** What GELU takes has 9 bits and a sign, and room for four times the range that was observed. */
const geluSteps = 2 ** 9;
const geluRoom = 4;

/** Compiles the encoder. @throws RangeError where a place was not calibrated; ProgramError where numbers would not fit */
export function createIntegerEncoder(options: IntegerEncoderOptions): IntegerEncoder {
  return new Encoder(options);
}

type Call = () => void;

class Encoder implements IntegerEncoder {
  readonly scale: number;
  readonly states: IntegerEncoder["states"];
  readonly #shape: EncoderShape;
  readonly #memory: Memory;
  readonly #setting: IntegerSetting;
  readonly #calibration: Calibration;
  readonly #gemm: IntegerGemm;
  readonly #ids: { readonly view: Int32Array; readonly address: number };
  readonly #logits: Int32Array;
  readonly #outputs: number;
  /** Everything that a run does, in order. */
  readonly #steps: Call[] = [];
  /** Byte addresses: hidden states, sums of i32 of the widest layer, and what lies between. */
  readonly #states: number;
  readonly #sums: number;

  constructor({ target, memory, weights, calibration, head }: IntegerEncoderOptions) {
    const { shape } = weights;
    const { length, hidden, inner, heads } = shape;
    this.#shape = shape;
    this.#memory = memory;
    this.#setting = integerSetting({ target, memory });
    this.#calibration = calibration;
    const widest = Math.max(3 * hidden, inner, length);
    const most = { m: length, n: widest, k: Math.max(hidden, inner, length) };
    this.#gemm = createIntegerGemm({ target, memory, shape: most, left: "u8" });
    this.#ids = memory.allocate("i32", length);
    this.#states = memory.allocate("u8", length * hidden).address;
    this.#sums = memory.allocate("i32", length * Math.max(widest, heads * length)).address;
    let input = this.#embedding(weights);
    for (const [l, layer] of weights.layers.entries()) {
      const middle = this.#attention(`layer${l}`, layer, input);
      input = this.#feedForward(`layer${l}`, layer, middle);
    }
    this.states = { bytes: memory.view("u8", this.#states, length * hidden), quantiser: input };
    // One scale for all classes, or their integers could not be compared.
    const only = symmetricOf(extremes(head.weight));
    const rows = new Array<Quantiser>(head.outputs).fill(only);
    this.#linear(head, rows, this.#states, input);
    this.scale = input.scale * only.scale;
    this.#outputs = head.outputs;
    this.#logits = memory.view("i32", this.#sums, length * head.outputs);
  }

  run(tokens: ArrayLike<number>): Int32Array {
    fillTokens(this.#ids.view, tokens, this.#shape.vocabulary);
    for (const step of this.#steps) step();
    const totals = new Int32Array(this.#outputs);
    for (const [i, logit] of this.#logits.entries()) {
      const o = i % this.#outputs;
      totals[o] = (totals[o] as number) + logit;
    }
    return totals;
  }

  #range(place: string): Range {
    const range = this.#calibration.get(place);
    if (range) return range;
    const known = [...this.#calibration.keys()].join(", ");
    throw new RangeError(
      `integer encoder: expected a range for ${place}; found ${known || "none"}; calibrate first`,
    );
  }

  /** Unsigned bytes around 128. */
  #unsigned(place: string): Quantiser {
    return { ...symmetricOf(this.#range(place)), zeroPoint: 128, least: 0, greatest: 255 };
  }

  #step(call: (...args: number[]) => void, ...args: readonly number[]): void {
    this.#steps.push(() => call(...args));
  }

  /** i32 of these factors' scales to bytes or i32 of another. Returns nothing: it is a step of the run. */
  #requantise(
    rows: number,
    from: { readonly at: number; readonly stride: number },
    factors: ArrayLike<number>,
    to: {
      readonly at: number;
      readonly stride: number;
      readonly element: "i8" | "u8" | "i32";
      readonly zero?: number;
      /** Integers are kept between its opposite and this. */
      readonly bound?: number;
    },
  ): void {
    const { multipliers, shift } = fixedPoint(factors);
    const table = this.#memory.allocate("i32", multipliers.length);
    table.view.set(multipliers);
    const { element, zero = 0, bound } = to;
    const parts = { to: element, shift, halves: "up", ...(bound === undefined ? {} : { bound }) } as const;
    const call = this.#setting.kernel(`requantise-${element}-${shift}-${bound ?? "free"}`, (name, lanes) =>
      requantiseProgram(name, lanes, parts),
    );
    this.#step(call, rows, multipliers.length, from.at, from.stride, table.address, zero, to.at, to.stride);
  }

  /** Bytes times weights plus bias, into the sums. Returns the scale of each column. */
  #linear(
    { inputs, outputs, weight, bias }: LinearWeights,
    rows: readonly Quantiser[],
    at: number,
    input: Quantiser,
  ): readonly number[] {
    const memory = this.#memory;
    const bytes = memory.allocate("i8", weight.length);
    bytes.view.set(weight.map((value, i) => quantised(rows[Math.floor(i / inputs)] as Quantiser, value)));
    const scales = rows.map(({ scale }) => scale * input.scale);
    const biases = memory.allocate("i32", outputs);
    biases.view.set(bias.map((value, o) => Math.round(value / (scales[o] as number))));
    const packed = this.#gemm.pack({
      ...{ b: bytes.address, n: outputs, k: inputs, ldb: inputs, transposed: true },
      ...{ leftZeroPoint: input.zeroPoint, bias: biases.address },
    });
    const { length } = this.#shape;
    this.#steps.push(() => this.#gemm.run({ a: at, m: length, lda: inputs, c: this.#sums }, packed));
    return scales;
  }

  #linearByRows(layer: LinearWeights, at: number, input: Quantiser): readonly number[] {
    return this.#linear(layer, symmetricRows(layer.weight, layer.outputs), at, input);
  }

  /** Integers of any scale in the sums, normalised, to hidden states. */
  #normalise({ weight, bias }: NormWeights, place: string, sums: number): Quantiser {
    const { length, hidden } = this.#shape;
    // Deviations have 12 bits and a sign, with a bit of room: what their squares must lose depends on the row's length.
    const shift = Math.max(0, Math.ceil(13 - (32 - Math.log2(hidden)) / 2));
    const { options } = this.#setting;
    const operation = createIntegerLayerNorm({ ...options, rows: length, weight, bias, shift });
    this.#steps.push(() => operation.run({ q: sums, out: sums }));
    const output = this.#unsigned(place);
    this.#requantise(
      length,
      { at: sums, stride: hidden },
      operation.scaleOut.map((scale) => scale / output.scale),
      { at: this.#states, stride: hidden, element: "u8", zero: output.zeroPoint },
    );
    return output;
  }

  #embedding({ words, places, norm }: EncoderWeights): Quantiser {
    const { length, hidden } = this.#shape;
    const both = extremes(words, places);
    const quantiser = symmetricOf(both);
    const [wordBytes, placeBytes] = [words, places].map((values) => {
      const { view, address } = this.#memory.allocate("i8", values.length);
      view.set(values.map((value) => quantised(quantiser, value)));
      return address;
    }) as [number, number];
    const call = this.#setting.kernel("embed-bytes", embedProgram);
    this.#step(call, length, hidden, this.#ids.address, wordBytes, placeBytes, this.#sums);
    return this.#normalise(norm, "words", this.#sums);
  }

  #attention(name: string, layer: LayerWeights, input: Quantiser): Quantiser {
    const { length, hidden, heads } = this.#shape;
    const memory = this.#memory;
    const width = hidden / heads;
    const scales = this.#linearByRows(layer.attention, this.#states, input);
    const queries = this.#unsigned(`${name}.queries`);
    const [keys, values] = ["keys", "values"].map((part) => symmetricOf(this.#range(`${name}.${part}`))) as [
      Quantiser,
      Quantiser,
    ];
    const [q, k, v] = [0, 1, 2].map(() => memory.allocate("u8", length * hidden).address) as [
      number,
      number,
      number,
    ];
    for (const [part, [quantiser, at, element]] of (
      [
        [queries, q, "u8"],
        [keys, k, "i8"],
        [values, v, "i8"],
      ] as const
    ).entries())
      this.#requantise(
        length,
        { at: this.#sums + 4 * part * hidden, stride: 3 * hidden },
        scales.slice(part * hidden, (part + 1) * hidden).map((scale) => scale / quantiser.scale),
        { at, stride: hidden, element, zero: quantiser.zeroPoint },
      );
    const shares = this.#shares({ queries, keys, q, k, width });
    const context = memory.allocate("u8", length * hidden).address;
    const gathered = this.#unsigned(`${name}.context`);
    this.#weigh({ shares, v, width, values, context, gathered });
    const outputScales = this.#linearByRows(layer.output, context, gathered);
    const sums = this.#residual(`${name}.attended`, outputScales, input);
    return this.#normalise(layer.norm, `${name}.middle`, sums);
  }

  /** softmax(Q K^T) of every head, as bytes. */
  #shares(args: {
    readonly queries: Quantiser;
    readonly keys: Quantiser;
    readonly q: number;
    readonly k: number;
    readonly width: number;
  }): number {
    const { queries, keys, q, k, width } = args;
    const { length, hidden, heads } = this.#shape;
    const memory = this.#memory;
    const square = length * length;
    const shares = memory.allocate("u8", heads * square).address;
    const rowSums = memory.allocate("i32", heads * length).address;
    const sums = this.#sums;
    for (let head = 0; head < heads; head++)
      this.#product({
        right: { b: k + head * width, n: length, k: width, ldb: hidden, transposed: true },
        leftZeroPoint: queries.zeroPoint,
        left: { a: q + head * width, m: length, lda: hidden, c: sums + 4 * head * square, ldc: length },
      });
    const factor = (queries.scale * keys.scale) / Math.sqrt(width) / softmaxScale;
    const every = { at: sums, stride: length };
    this.#requantise(heads * length, every, new Array<number>(length).fill(factor), {
      ...every,
      element: "i32",
    });
    const softmax = createIntegerSoftmax({
      ...{ ...this.#setting.options, scale: softmaxScale },
      ...{ rows: heads * length, columns: length },
    });
    this.#steps.push(() => softmax.exponentials({ q: sums, exp: sums, sums: rowSums }));
    this.#steps.push(() => softmax.shares({ exp: sums, sums: rowSums, out: shares }));
    return shares;
  }

  /** shares V of every head, side by side, as hidden states. */
  #weigh(args: {
    readonly shares: number;
    readonly v: number;
    readonly width: number;
    readonly values: Quantiser;
    readonly context: number;
    readonly gathered: Quantiser;
  }): void {
    const { shares, v, width, values, context, gathered } = args;
    const { length, hidden, heads } = this.#shape;
    for (let head = 0; head < heads; head++)
      this.#product({
        right: { b: v + head * width, n: width, k: length, ldb: hidden },
        leftZeroPoint: 0,
        left: {
          ...{ a: shares + head * length * length, m: length, lda: length },
          ...{ c: this.#sums + 4 * head * width, ldc: hidden },
        },
      });
    const factor = (shareScale * values.scale) / gathered.scale;
    const from = { at: this.#sums, stride: hidden };
    const to = { at: context, stride: hidden, element: "u8", zero: gathered.zeroPoint } as const;
    this.#requantise(length, from, new Array<number>(hidden).fill(factor), to);
  }

  /** A product of two things that are computed: the right one is packed at every run, always into the same place. */
  #product(args: {
    readonly right: { b: number; n: number; k: number; ldb: number; transposed?: boolean };
    readonly leftZeroPoint: number;
    readonly left: { a: number; m: number; lda: number; c: number; ldc: number };
  }): void {
    const right = { ...args.right, leftZeroPoint: args.leftZeroPoint };
    const packed: PackedRight = this.#gemm.pack(right);
    this.#steps.push(() => {
      this.#gemm.pack(right, packed);
      this.#gemm.run(args.left, packed);
    });
  }

  /** The sums in their columns' scales, plus what went around, in one scale of 12 bits. Returns where. */
  #residual(place: string, scales: readonly number[], input: Quantiser): number {
    const { length, hidden } = this.#shape;
    const { low, high } = this.#range(place);
    const scale = Math.max(-low, high) / residualSteps;
    const layer = fixedPoint(scales.map((each) => each / scale));
    const around = fixedPoint([input.scale / scale]);
    const table = this.#memory.allocate("i32", hidden);
    table.view.set(layer.multipliers);
    const shifts = { sums: layer.shift, x: around.shift };
    const call = this.#setting.kernel(`residual-${shifts.sums}-${shifts.x}`, (name, lanes) =>
      residualProgram(name, lanes, shifts),
    );
    const [multiplier] = around.multipliers as Int32Array & [number];
    this.#step(
      call,
      ...[length, hidden, this.#sums, table.address, this.#states],
      ...[multiplier, input.zeroPoint, this.#sums],
    );
    return this.#sums;
  }

  #feedForward(name: string, layer: LayerWeights, input: Quantiser): Quantiser {
    const { length, inner } = this.#shape;
    const scales = this.#linearByRows(layer.up, this.#states, input);
    const { low, high } = this.#range(`${name}.between`);
    const scale = Math.max(-low, high) / geluSteps;
    const whole = { at: this.#sums, stride: inner };
    this.#requantise(
      length,
      whole,
      scales.map((each) => each / scale),
      { ...whole, element: "i32", bound: geluRoom * geluSteps },
    );
    const { options } = this.#setting;
    const gelu = createIntegerGelu({ ...options, scale, largest: geluRoom * geluSteps });
    this.#steps.push(() => gelu.run({ count: length * inner, q: this.#sums, out: this.#sums }));
    const activated = affineOf(this.#range(`${name}.activated`));
    const bytes = this.#memory.allocate("u8", length * inner).address;
    this.#requantise(length, whole, new Array<number>(inner).fill(gelu.scaleOut / activated.scale), {
      ...{ at: bytes, stride: inner, element: "u8", zero: activated.zeroPoint },
    });
    const downScales = this.#linearByRows(layer.down, bytes, activated);
    const sums = this.#residual(`${name}.raised`, downScales, input);
    return this.#normalise(layer.lastNorm, `${name}.out`, sums);
  }
}

function extremes(...arrays: readonly Float32Array[]): Range {
  const all = arrays.flatMap((array) => [
    array.reduce((least, value) => Math.min(least, value), 0),
    array.reduce((most, value) => Math.max(most, value), 0),
  ]);
  return { low: Math.min(...all), high: Math.max(...all) };
}
