/** Every stage's bytes, as stated before a run, against the addresses that its programs touch in one. */
import { describe, expect, it } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { compileTrace } from "../codegen/trace.ts";
import { randomStream } from "../random.ts";
import { multiplicationsSaved, type Stage } from "./accounting.ts";
import type { ConvAlgorithm, ConvAlgorithmId } from "./algorithm.ts";
import { convAlgorithm } from "./algorithms.ts";
import { convolutionBytes, problemOf } from "./convolution.ts";
import type { ConvProblem } from "./problem.ts";
import { randomGeneralShape } from "./random-shape.ts";
import { convShape, inputLength, layouts, outputLength, shapeText, weightsLength } from "./shape.ts";

/** Which stage a program is, by its name. */
const stageOfProgram: readonly (readonly [RegExp, string])[] = [
  [/^depthwise-/, "sums"],
  [/^padPixels$/, "pad"],
  [/^gather-/, "gather"],
  [/-input-/, "transform inputs"],
  [/^products-/, "products"],
  [/-output-/, "transform outputs"],
  [/^deliver-/, "deliver"],
];

/** Runs an algorithm with every program replaced by its trace; distinct bytes of each call, added up by stage. */
function traced(row: ConvAlgorithm, problem: ConvProblem, memoryBytes: number): readonly Stage[] {
  const { shape, batch, element } = problem;
  const memory = new Memory(memoryBytes);
  const input = memory.allocate(element, batch * inputLength(shape)).address;
  const weights = memory.allocate(element, weightsLength(shape)).address;
  const bias = memory.allocate(element, shape.filters).address;
  const output = memory.allocate(element, batch * outputLength(shape)).address;
  const allocated = new Map<number, number>();
  const stages = new Map<string, Stage>();
  const made = row.make(problem, {
    memory,
    allocate: (bytes) => {
      const { address } = memory.allocate("u8", bytes);
      allocated.set(address, bytes);
      return address;
    },
    compile: (program) => {
      const trace = compileTrace(program);
      const stage = stageOfProgram.find(([name]) => name.test(program.name))?.[1] ?? program.name;
      // What a program passes to itself in its own buffer stays in the first-level cache.
      const buffer = program.parameters.findIndex(({ name }) => name === "buffer");
      return (...args) => {
        const [read, written] = [new Set<number>(), new Set<number>()];
        const from = args[buffer] ?? 0;
        const to = from + (allocated.get(from) ?? 0);
        trace(
          (address, bytes, isStore) => {
            if (address >= from && address < to) return;
            for (let at = address; at < address + bytes; at++) (isStore ? written : read).add(at);
          },
          ...args,
        );
        const before = stages.get(stage) ?? { readBytes: 0, writtenBytes: 0 };
        const readBytes = before.readBytes + read.size;
        stages.set(stage, { stage, readBytes, writtenBytes: before.writtenBytes + written.size });
      };
    },
  });
  made.prepare(weights);
  made.run(input, output, problem.epilogue.bias ? bias : 0);
  return [...stages.values()];
}

const machines = [
  { target: "wasm", element: "f32" },
  { target: "wasm", element: "f64" },
  // Only planned and traced, so that it needs no such machine.
  { target: "native", isa: "avx512", element: "f32" },
] as const;

const rows: readonly ConvAlgorithmId[] = ["winograd-2x2", "winograd-4x4", "fft", "depthwise"];

const layersTried = 8;

describe.each(rows)("the accounting of %s", (id) => {
  const row = convAlgorithm(id);

  it.each(layouts)("states what each stage reads and writes in %s, to the byte", (layout) => {
    const random = randomStream(3);
    let tried = 0;
    for (let tries = 0; tried < layersTried && tries < 500; tries++) {
      const machine = machines[tries % machines.length] as (typeof machines)[number];
      const given = randomGeneralShape(random);
      const shape = id.startsWith("winograd")
        ? convShape({
            ...given,
            kernelHeight: 3,
            kernelWidth: 3,
            height: given.height + 3,
            width: given.width + 3,
            stride: 1,
            dilation: 1,
          })
        : id === "depthwise"
          ? convShape({ ...given, groups: given.channels, filters: given.channels })
          : convShape({ ...given, stride: 1, dilation: 1 });
      const options = {
        layout,
        shape,
        batch: 1 + (tries % 2),
        epilogue: { bias: tries % 3 === 0 },
        ...machine,
      };
      const problem = problemOf(options);
      if (row.refuses(problem)) continue;
      tried++;
      const { stages, bytesMoved } = row.accounting(problem);
      const found = traced(row, problem, convolutionBytes({ ...options, algorithm: id }) + 4096);
      expect(found, `${shapeText(shape)} ${JSON.stringify(machine)}`).toEqual(stages);
      expect(bytesMoved).toBe(found.reduce((sum, stage) => sum + stage.readBytes + stage.writtenBytes, 0));
    }
    expect(tried).toBe(layersTried);
  });
});

describe("multiplications", () => {
  it.each([
    ["winograd-2x2", 2.25],
    ["winograd-4x4", 4],
  ] as const)(
    "are saved by %s as published where tiles and vectors are full: %d times",
    (algorithm, times) => {
      const shape = convShape({
        ...{ channels: 16, height: 16, width: 16, filters: 16, kernelHeight: 3, kernelWidth: 3, padding: 1 },
      });
      const problem = problemOf({ layout: "nchw", shape, target: "wasm", batch: 2 });
      const { multiplications } = convAlgorithm(algorithm).accounting(problem);
      expect(multiplicationsSaved(shape, 2, { multiplications: multiplications as number })).toBe(times);
    },
  );
});
