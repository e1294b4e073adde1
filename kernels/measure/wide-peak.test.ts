import { expect, it } from "vitest";
import { widePeak, widePeakCode } from "./wide-peak.ts";

it("is 48 multiply-adds, all chains alike, in a loop that ends where it began", () => {
  const code = widePeakCode();
  const view = new DataView(code.buffer);
  // After vzeroall (3 bytes): six bytes each, twelve sums four times over.
  const sums = Array.from({ length: 48 }, (_, i) => {
    const at = 3 + 6 * i;
    expect(view.getUint8(at)).toBe(0x62);
    expect(view.getUint8(at + 4)).toBe(0xb8);
    // The inverted R bit of the first payload byte and the reg field of ModRM make the number of the sum.
    return (view.getUint8(at + 1) & 0x80 ? 0 : 8) + ((view.getUint8(at + 5) >> 3) & 7);
  });
  expect(sums).toEqual(Array.from({ length: 48 }, (_, i) => i % 12));
  const afterJump = 3 + 48 * 6 + 3 + 6;
  expect(afterJump + view.getInt32(afterJump - 4, true)).toBe(3);
});

const peak = widePeak();

it.skipIf(!peak)("runs and returns (skipped without 512-bit vectors)", () => {
  peak?.run();
  expect(peak?.flops).toBe(2 * 16 * 48 * 2 ** 15);
});
