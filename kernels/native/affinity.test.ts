import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { type AffinitySystem, allowedProcessors, bindThread } from "./affinity.ts";
import { viewOf } from "./foreign.ts";

const processors = Array.from({ length: 1024 }, (_, i) => i);
const byteOf = (mask: Uint8Array, processor: number): number => mask[processor >> 3] as number;
const bitOf = (processor: number): number => 1 << (processor & 7);

/** A Linux whose calling thread has this mask, with what it was asked to set. */
function system(mask: readonly number[], siblings: Readonly<Record<number, string>> = {}) {
  const asked: number[][] = [];
  const made: AffinitySystem = {
    siblingsOf: (processor) => siblings[processor] ?? "",
    foreign: {
      platform: "linux",
      viewOf,
      errno: () => 0,
      library: () => ({
        name: "a stand-in",
        has: () => true,
        function: (name) => (_thread, bytes, address) => {
          const bits = new Uint8Array(viewOf(address as number, bytes as number));
          if (name === "sched_getaffinity") {
            for (const processor of mask)
              bits.set([byteOf(bits, processor) | bitOf(processor)], processor >> 3);
            return mask.length > 0 ? 0 : -1;
          }
          asked.push(processors.filter((processor) => byteOf(bits, processor) & bitOf(processor)));
          return 0;
        },
      }),
    },
  };
  return { made, asked };
}

describe("the processors of a thread", () => {
  it("are those of its mask", () => {
    expect(allowedProcessors(system([0, 3, 9, 200]).made)).toEqual([0, 3, 9, 200]);
  });

  it("begin with one of each core", () => {
    const pairs = { 0: "0-1", 1: "0-1", 2: "2,3", 3: "2,3" };
    expect(allowedProcessors(system([0, 1, 2, 3], pairs).made)).toEqual([0, 2, 1, 3]);
    // The first thread of the core is not ours: the second stands for it.
    expect(allowedProcessors(system([1, 2, 3], pairs).made)).toEqual([1, 2, 3]);
  });

  it("are not known where the system refuses or has no such call", () => {
    expect(allowedProcessors(system([]).made)).toEqual([]);
    const { made } = system([0]);
    const elsewhere = { ...made, foreign: { ...made.foreign, platform: "darwin" as const } };
    expect(allowedProcessors(elsewhere)).toEqual([]);
    expect(bindThread([0], elsewhere)).toBe(false);
  });
});

describe("binding", () => {
  it("asks for exactly these processors", () => {
    const { made, asked } = system([0]);
    expect(bindThread([1, 130], made)).toBe(true);
    expect(asked).toEqual([[1, 130]]);
    expect(bindThread([], made)).toBe(false);
  });

  it.skipIf(process.platform !== "linux")("holds for the thread that asked, and for it alone", async () => {
    const before = allowedProcessors();
    expect(before.length).toBe(availableParallelism());
    const last = before.at(-1) as number;
    const file = new URL("./affinity.ts", import.meta.url).href;
    const script = `import { parentPort } from "node:worker_threads";
      const { allowedProcessors, bindThread } = await import(${JSON.stringify(file)});
      parentPort.postMessage([bindThread([${last}]), allowedProcessors()]);`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`));
    const seen = await new Promise((resolve) => worker.once("message", resolve));
    expect(seen).toEqual([true, [last]]);
    expect(allowedProcessors()).toEqual(before);
    await worker.terminate();
  });
});
