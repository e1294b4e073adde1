/** Both encoders: the float one against its definition, the integer one the same on every target and close to the float. */
import { beforeAll, describe, expect, test } from "vitest";
import { Memory } from "../../codegen/memory.ts";
import { machines } from "../../nn/layer.fixture.ts";
import { integerIn, randomStream } from "../../random.ts";
import { dequantised } from "../quantiser.ts";
import { calibrate } from "./calibration.ts";
import { correlation } from "./correlation.ts";
import { checkShape, type EncoderShape, randomWeights } from "./encoder.ts";
import { createFloatEncoder } from "./float-encoder.ts";
import { createIntegerEncoder } from "./integer-encoder.ts";
import { referenceEncoder } from "./reference.ts";

/** Sizes that no vector and no tile divides. */
const shape: EncoderShape = { layers: 2, hidden: 36, heads: 3, length: 11, inner: 50, vocabulary: 20 };
const random = randomStream(3);
const weights = randomWeights(shape, 5);
const sequences = Array.from({ length: 12 }, () =>
  Array.from({ length: shape.length }, () => integerIn(random, 0, shape.vocabulary - 1)),
);
const [first] = sequences as [number[]];
const head = {
  ...{ inputs: shape.hidden, outputs: 5 },
  weight: Float32Array.from({ length: 5 * shape.hidden }, () => random() - 0.5),
  bias: new Float32Array(5),
};

let calibration: ReturnType<typeof calibrate>;
beforeAll(() => {
  const memory = new Memory(2 ** 22);
  calibration = calibrate(createFloatEncoder({ target: "wasm", memory, weights }), sequences);
});

const integerOn = (target: "js" | "wasm" | "native") =>
  createIntegerEncoder({ target, memory: new Memory(2 ** 22), weights, calibration, head });

describe.each(machines.filter(({ isa }) => isa !== "avx2"))("on $target", ({ target }) => {
  test("the float encoder computes its definition", () => {
    const encoder = createFloatEncoder({ target, memory: new Memory(2 ** 22), weights });
    for (const tokens of sequences.slice(0, 2)) {
      const expected = referenceEncoder(weights, tokens).flatMap((row) => [...row]);
      const found = encoder.run(tokens);
      for (const [i, value] of expected.entries())
        expect(Math.abs((found[i] as number) - value)).toBeLessThan(2e-5);
    }
  });

  test("the integer encoder gives the integers that it gives in JavaScript, again and again", () => {
    const [here, plain] = [integerOn(target), integerOn("js")];
    for (const tokens of [...sequences.slice(0, 3), first]) {
      expect([...here.run(tokens)]).toEqual([...plain.run(tokens)]);
      expect([...here.states.bytes]).toEqual([...plain.states.bytes]);
    }
  });

  test("its hidden states follow the float encoder's", () => {
    const memory = new Memory(2 ** 22);
    const float = createFloatEncoder({ target, memory, weights });
    const integer = integerOn(target);
    for (const tokens of sequences.slice(0, 4)) {
      const expected = Float64Array.from(float.run(tokens));
      const logits = integer.run(tokens);
      const { bytes, quantiser } = integer.states;
      const found = Float64Array.from(bytes, (q) => dequantised(quantiser, q));
      expect(correlation(expected, found)).toBeGreaterThan(0.99);
      for (let o = 0; o < head.outputs; o++) {
        const sum = found.reduce(
          (total, x, i) => total + x * (head.weight[o * shape.hidden + (i % shape.hidden)] as number),
          0,
        );
        // The head's own weights are bytes too: half a step each, over all states.
        expect(Math.abs((logits[o] as number) * integer.scale - sum)).toBeLessThan(
          0.05 * shape.length * shape.hidden,
        );
      }
    }
  });
});

test("what is wrong with a shape, a sequence or a calibration is said", () => {
  expect(() => checkShape({ ...shape, heads: 5 })).toThrow(/heads that divide the width of 36; found 5/);
  expect(() => checkShape({ ...shape, length: 0 })).toThrow(/length to be a whole number/);
  const encoder = integerOn("js");
  expect(() => encoder.run([1, 2])).toThrow(/expected 11 tokens; found 2/);
  expect(() => encoder.run(first.map(() => 20))).toThrow(/tokens from 0 to 19; found 20 at 0/);
  const float = createFloatEncoder({ target: "js", memory: new Memory(2 ** 22), weights });
  expect(() => calibrate(float, [])).toThrow(/at least one sequence/);
  const none = { target: "js", memory: new Memory(2 ** 22), weights, calibration: new Map(), head } as const;
  expect(() => createIntegerEncoder(none)).toThrow(/a range for words; found none/);
});
