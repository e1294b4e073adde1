/** Every stage's bytes, as stated before a run, against the addresses that its programs touch in one. */
import { describe, expect, it } from "vitest";
import { ProgramError } from "../codegen/errors.ts";
import { bytesOf } from "../codegen/expressions.ts";
import { interpret } from "../codegen/interpret.ts";
import { Memory } from "../codegen/memory.ts";
import type { Program } from "../codegen/statements.ts";
import { compileTrace, type Visit } from "../codegen/trace.ts";
import { traceGemm } from "../gemm/gemm.ts";
import { randomStream } from "../random.ts";
import { multiplicationsSaved, type Stage } from "./accounting.ts";
import { type ConvAlgorithm, type ConvAlgorithmId, convAlgorithmIds } from "./algorithm.ts";
import { convAlgorithm } from "./algorithms.ts";
import { convolutionBytes, problemOf, takes } from "./convolution.ts";
import type { ConvProblem } from "./problem.ts";
import { randomGeneralShape } from "./random-shape.ts";
import {
  type ConvShape,
  convShape,
  inputLength,
  type Layout,
  layouts,
  outputLength,
  shapeText,
  weightsLength,
} from "./shape.ts";

/** Which stage a program is, by its name. */
const stageOfProgram: readonly (readonly [RegExp, string])[] = [
  [/^(depthwise|rows|stripes)-/, "sums"],
  [/^pad(Pixels)?$/, "pad"],
  [/^unfold(Pixels)?$/, "unfold"],
  [/^pack-/, "pack"],
  [/^gather-/, "gather"],
  [/-input-/, "transform inputs"],
  [/^products-/, "products"],
  [/-output-/, "transform outputs"],
  [/^deliver-/, "deliver"],
];

/** Every access of a program; those that read where to read are computed step by step. */
function accessesOf(program: Program, memory: Memory): (visit: Visit, ...args: number[]) => void {
  try {
    return compileTrace(program);
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    return (visit, ...args) => interpret(program, memory, args, visit);
  }
}

/** Runs an algorithm with every program replaced by its trace; distinct bytes of each call, added up by stage. */
function traced(row: ConvAlgorithm, problem: ConvProblem, memoryBytes: number): readonly Stage[] {
  const { shape, batch, element } = problem;
  const memory = new Memory(memoryBytes);
  const input = memory.allocate(element, batch * inputLength(shape)).address;
  const weights = memory.allocate(element, weightsLength(shape)).address;
  const bias = memory.allocate(element, shape.filters).address;
  const output = memory.allocate(element, batch * outputLength(shape)).address;
  const residual = memory.allocate(element, batch * outputLength(shape)).address;
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
      const trace = accessesOf(program, memory);
      const stage = stageOfProgram.find(([name]) => name.test(program.name))?.[1] ?? program.name;
      // What a program passes to itself in its own buffer or panel stays in the first-level cache.
      const buffer = program.parameters.findIndex(({ name }) => name === "buffer" || name === "panel");
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
  made.run(input, output, problem.epilogue.bias ? bias : 0, (residual - output) / bytesOf[element]);
  return [...stages.values()];
}

const machines = [
  { target: "wasm", element: "f32" },
  { target: "wasm", element: "f64" },
  // Only planned and traced, so that it needs no such machine.
  { target: "native", isa: "avx512", element: "f32" },
] as const;

/** A shape of which a row takes a fair share. */
function shapeFor(id: ConvAlgorithmId, given: ConvShape): ConvShape {
  const dense = { stride: 1, dilation: 1 } as const;
  if (id === "depthwise") return convShape({ ...given, groups: given.channels, filters: given.channels });
  if (id === "fft") return convShape({ ...given, ...dense });
  if (id === "pointwise")
    return convShape({ ...given, ...dense, kernelHeight: 1, kernelWidth: 1, padding: 0 });
  if (!id.startsWith("winograd")) return given;
  const [height, width] = [given.height + 3, given.width + 3];
  return convShape({ ...given, ...dense, kernelHeight: 3, kernelWidth: 3, height, width });
}

const layersTried = 8;

describe.each(convAlgorithmIds)("the accounting of %s", (id) => {
  const row = convAlgorithm(id);

  it.each(layouts)("states what each stage reads and writes in %s, to the byte", (layout) => {
    const random = randomStream(3);
    const tried: string[] = [];
    for (let tries = 0; tried.length < layersTried && tries < 500; tries++) {
      const machine = machines[tries % machines.length] as (typeof machines)[number];
      const shape = shapeFor(id, randomGeneralShape(random));
      const options = {
        layout,
        shape,
        batch: 1 + (tries % 2),
        epilogue: { bias: tries % 3 === 0, residual: row.addsResidual !== undefined && tries % 5 < 2 },
        ...machine,
      };
      const problem = problemOf(options);
      if (!takes(row, problem)) continue;
      if (problem.epilogue.bias && !row.fusesEpilogue?.(problem)) continue;
      const text = `${shapeText(shape)} ${JSON.stringify(machine)}`;
      tried.push(text);
      const { stages, bytesMoved } = row.accounting(problem);
      const found = traced(row, problem, 2 * convolutionBytes({ ...options, algorithm: id }) + 8192);
      // A product of the GEMM room is traced with its own arguments below.
      const own = found.some(({ stage }) => stage === "sums") || !id.startsWith("im2col");
      expect(found, text).toEqual(own ? stages : stages.filter(({ stage }) => stage !== "sums"));
      expect(bytesMoved).toBe(stages.reduce((sum, stage) => sum + stage.readBytes + stage.writtenBytes, 0));
    }
    const taken = layouts.filter((each) => takesLayout(id, each));
    expect(tried.length).toBe(taken.includes(layout) ? layersTried : 0);
  });
});

/** Algorithms that are made for one layout. */
function takesLayout(id: ConvAlgorithmId, layout: Layout): boolean {
  if (id === "implicit" || id === "im2col-pack") return layout === "nchw";
  return id === "indirect" ? layout === "nhwc" : true;
}

describe("the product of im2col", () => {
  it("reads weights and unfolded matrix and writes the output, whatever it packs for itself", () => {
    for (const [filters, positions, depth] of [
      [6, 63, 45],
      [40, 100, 200],
      [16, 4, 30],
    ] as const) {
      const [a, b, c] = [4096, 4096 + 4 * filters * depth, 4096 + 4 * (filters + positions) * depth];
      const end = c + 4 * filters * positions;
      const [read, written] = [new Set<number>(), new Set<number>()];
      traceGemm("auto", { m: filters, n: positions, k: depth, a, b, c }, (address, bytes, isStore) => {
        // Its workspace lies behind the operands.
        for (let at = address; at < Math.min(end, address + bytes); at++) (isStore ? written : read).add(at);
      });
      expect([read.size, written.size]).toEqual([4 * (filters + positions) * depth, 4 * filters * positions]);
    }
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
      expect(multiplicationsSaved(shape, 2, { multiplications })).toBe(times);
    },
  );
});
