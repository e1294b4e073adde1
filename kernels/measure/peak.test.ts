import { describe, expect, it } from "vitest";
import { compile } from "../codegen/compile.ts";
import { Memory } from "../codegen/memory.ts";
import { clockChain, clockCycles, multiplyAddPeak, streamPeak } from "./peak.ts";
import {
  addsPerPass,
  dependentAddLoop,
  multiplyAddData,
  multiplyAddFlops,
  multiplyAddLoop,
  repeatedStreamLoop,
  streamBytes,
  streamLoop,
} from "./peak-programs.ts";

interface Room {
  readonly view: Float32Array;
  readonly address: number;
}

const shape = { element: "f32", lanes: 4 } as const;

describe.each(["js", "wasm"] as const)("the loops behind the ceilings on %s", (target) => {
  it("do every multiply-add that is counted", () => {
    const memory = new Memory(4096);
    const data = memory.allocate("f32", multiplyAddData(shape));
    // c = 1 * 1 + c: each multiply-add adds one, so the chains' sum counts them, lane by lane.
    data.view.set([1, 1]);
    compile(multiplyAddLoop(shape), target, memory).call(5, data.address);
    const counted = data.view.slice(16).reduce((sum, lane) => sum + lane, 0);
    expect(2 * counted).toBe(multiplyAddFlops(shape, 5));
  });

  it("write the triad of every element, and of whole vectors alone", () => {
    const memory = new Memory(4096);
    const a = memory.allocate("f32", 40);
    const b = memory.allocate("f32", 40);
    const c = memory.allocate("f32", 40);
    b.view.set(b.view.map((_, i) => i));
    c.view.set(c.view.map((_, i) => 100 - i));
    compile(streamLoop(shape), target, memory).call(38, a.address, b.address, c.address, 3);
    expect([...a.view]).toEqual(Array.from({ length: 40 }, (_, i) => (i < 36 ? i + 3 * (100 - i) : 0)));
    expect(streamBytes("f32", 36)).toBe(36 * 12);
  });

  it("write the same triad, however often it is passed over", () => {
    const memory = new Memory(4096);
    const [a, b, c] = [0, 1, 2].map(() => memory.allocate("f32", 40)) as [Room, Room, Room];
    b.view.set(b.view.map((_, i) => i));
    c.view.set(c.view.map((_, i) => 100 - i));
    compile(repeatedStreamLoop(shape), target, memory).call(3, 38, a.address, b.address, c.address, 3);
    expect([...a.view]).toEqual(Array.from({ length: 40 }, (_, i) => (i < 36 ? i + 3 * (100 - i) : 0)));
  });

  it("do every dependent addition that is counted", () => {
    const memory = new Memory(1024);
    const result = memory.allocate("i32", 1);
    compile(dependentAddLoop(), target, memory).call(7, 3, result.address);
    expect(result.view[0]).toBe(7 * addsPerPass * 3);
  });
});

describe("the ceilings as candidates", () => {
  it("state the work of one call, and run", () => {
    const peak = multiplyAddPeak();
    const stream = streamPeak(64 * 1024);
    const clock = clockChain();
    for (const { run } of [peak, stream, clock]) run();
    expect(peak.flops).toBeGreaterThan(1e6);
    expect(stream.bytes).toBe(3 * 64 * 1024);
    expect(clockCycles % addsPerPass).toBe(0);
  });

  it("are those of as many threads as run at the same time, by name and by work", () => {
    const [one, two] = [multiplyAddPeak(), multiplyAddPeak(2)];
    two.run();
    expect(two).toMatchObject({ variant: "peak-fma-2t", threads: 2, flops: 2 * (one.flops ?? 0) });
    expect(one.variant).toBe("peak-fma");
  });

  it("streams at the least through 96 MiB where nothing is asked for", () => {
    expect(streamPeak().bytes).toBeGreaterThanOrEqual(96 * 2 ** 20);
  });
});
