import { expect, it } from "vitest";
import { levelStream, streamedLevels } from "./streams.ts";

const KiB = 1024;

it("streams from half of each data cache, named as roofs are", () => {
  const caches = [
    { level: "L1d", bytes: 48 * KiB },
    { level: "L2", bytes: 1024 * KiB },
    { level: "L3", bytes: 32 * KiB * KiB },
  ];
  expect(streamedLevels(caches)).toEqual([
    { level: "l1", bytes: 24 * KiB },
    { level: "l2", bytes: 512 * KiB },
    { level: "l3", bytes: 16 * KiB * KiB },
  ]);
});

it("leaves out a level that is hardly larger than the one before", () => {
  const caches = [
    { level: "L2", bytes: 1024 * KiB },
    { level: "L3", bytes: 2048 * KiB },
  ];
  expect(streamedLevels(caches).map(({ level }) => level)).toEqual(["l2"]);
});

it("falls back to what most cores have where the system tells nothing", () => {
  expect(streamedLevels([]).map(({ level }) => level)).toEqual(["l1", "l2"]);
});

it("counts the bytes of every pass of a call, and runs", () => {
  const stream = levelStream({ level: "l1", bytes: 16 * KiB });
  stream.run();
  expect(stream.variant).toBe("peak-stream-l1");
  // 5461 bytes an array are 85 whole cache lines of 16 elements.
  expect((stream.bytes ?? 0) % (3 * 85 * 64)).toBe(0);
  expect(stream.bytes).toBeGreaterThanOrEqual(2 ** 21);
});
