/** Bytes and workspace of both ways, as stated before a run, against the addresses that programs touch in one. */
import { describe, expect, it } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { compileTrace } from "../codegen/trace.ts";
import type { Stage } from "../conv/accounting.ts";
import { kernelIsa } from "../gemm/machines.ts";
import { machines } from "../nn/layer.fixture.ts";
import { type Setting, settingOf } from "../nn/operation.ts";
import { chainAccounting, fusedAccounting } from "./accounting.ts";
import { createAttention } from "./attention.ts";
import { createAttentionChain } from "./chain.ts";
import { createForward } from "./forward.ts";
import { lengthOfMask, lengthOfOperand, type ProblemOptions, problemOf } from "./shape.ts";
import { tilesOf } from "./tiles.ts";
import { forwardPieces } from "./workspace.ts";

const problems: readonly ProblemOptions[] = [
  { shape: { batch: 1, heads: 2, queries: 40, keys: 140, width: 20 } },
  { shape: { batch: 1, heads: 1, queries: 270, keys: 150, width: 16, valueWidth: 24 }, causal: true },
  {
    shape: { batch: 2, heads: 2, queries: 9, keys: 130, width: 8 },
    mask: { batch: 130, head: 0, query: 0, key: 1 },
    layouts: { q: "tokens", k: "tokens", v: "tokens", o: "tokens" },
  },
  {
    shape: { batch: 1, heads: 1, queries: 35, keys: 50, width: 12 },
    mask: { batch: 0, head: 0, query: 50, key: 1 },
    causal: true,
    causalOffset: 15,
  },
];

const stageOf: readonly (readonly [RegExp, string])[] = [
  [/attend|-values-/, "attend"],
  [/start/, "start"],
  [/finish/, "finish"],
  [/pack-mask/, "pack mask"],
];

/** A setting whose kernels count distinct bytes of each call instead of running, by the stage that `name` says. */
function counting(
  setting: Setting,
  scratch: readonly (readonly [from: number, to: number])[],
  stages: Map<string, Stage>,
): Setting {
  const order = ["pack keys", "pack values", "pack queries", "pack mask"];
  let packs = 0;
  return {
    ...setting,
    kernel: ({ name, write }) => {
      const trace = compileTrace(write(name, setting.type));
      return (...args) => {
        const [read, written] = [new Set<number>(), new Set<number>()];
        trace(
          (address, bytes, isStore) => {
            if (scratch.some(([from, to]) => address >= from && address < to)) return;
            for (let at = address; at < address + bytes; at++) (isStore ? written : read).add(at);
          },
          ...args,
        );
        const packed = /pack-(tokens|elements)/.test(name) ? order[Math.min(packs++, 2)] : undefined;
        const stage = packed ?? stageOf.find(([pattern]) => pattern.test(name))?.[1] ?? name;
        const { readBytes = 0, writtenBytes = 0 } = stages.get(stage) ?? {};
        stages.set(stage, {
          stage,
          readBytes: readBytes + read.size,
          writtenBytes: writtenBytes + written.size,
        });
      };
    },
  };
}

describe.each(machines.filter(({ target }) => target !== "js"))(
  "accounting of attention on $target $isa",
  (machine) => {
    it.each(problems)("states what programs touch: $shape $causal", (options) => {
      // One head of one member: what a further one moves is the same, and its packing has its turn again.
      const one = { ...options, shape: { ...options.shape, batch: 1, heads: 1 } };
      const problem = problemOf(one);
      const memory = new Memory(2 ** 22);
      const setting = settingOf({ ...machine, memory });
      const tiles = tilesOf("f32", kernelIsa(machine.target, machine.isa), problem.shape);
      const stages = new Map<string, Stage>();
      const ranges: [number, number][] = [];
      const { parts, run } = createForward(counting(setting, ranges, stages), problem, tiles, "zeros");
      const sizes = forwardPieces(problem.shape, tiles);
      for (const piece of ["scores", "factor"] as const)
        ranges.push([parts.pieces[piece], parts.pieces[piece] + 4 * sizes[piece]]);
      const room = (length: number): number => memory.allocate("f32", length).address;
      const at = (operand: "q" | "k" | "v" | "o"): number => room(lengthOfOperand(problem, operand));
      const mask = problem.mask ? { mask: room(lengthOfMask(problem)) } : {};
      run({ q: at("q"), k: at("k"), v: at("v"), o: at("o"), ...mask });
      const stated = new Map(
        fusedAccounting({ ...machine, ...one }).stages.map((stage) => [stage.stage, stage]),
      );
      expect(Object.fromEntries(stages)).toEqual(Object.fromEntries(mergedMask(stated)));
      const all = fusedAccounting({ ...machine, ...options });
      const heads = options.shape.batch * options.shape.heads;
      expect(all.bytesMoved).toBe(heads * fusedAccounting({ ...machine, ...one }).bytesMoved);
    });

    it.each(problems)("states the workspace that both ways allocate: $shape $causal", (options) => {
      const allocated = (create: (memory: Memory) => unknown): number => {
        const memory = new Memory(2 ** 22);
        const before = memory.freeBytes;
        create(memory);
        return before - memory.freeBytes;
      };
      const given = { ...machine, ...options };
      expect(allocated((memory) => createAttention({ ...given, memory, forwardOnly: true }))).toBe(
        fusedAccounting(given).workspaceBytes,
      );
      // Softmax keeps one vector of lane numbers.
      expect(allocated((memory) => createAttentionChain({ ...given, memory }))).toBe(
        chainAccounting(given).workspaceBytes + 64,
      );
    });
  },
);

/** Masks that are packed by rows go through the program that packs queries. */
function mergedMask(stated: Map<string, Stage>): Map<string, Stage> {
  const mask = stated.get("pack mask");
  const queries = stated.get("pack queries");
  if (!mask || !queries) return stated;
  stated.delete("pack mask");
  stated.set("pack queries", {
    stage: "pack queries",
    readBytes: queries.readBytes + mask.readBytes,
    writtenBytes: queries.writtenBytes + mask.writtenBytes,
  });
  return stated;
}
