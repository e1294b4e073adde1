import { expect, test } from "vitest";
import { bytesOf } from "../codegen/expressions.ts";
import { machineRows } from "./machines.ts";
import { planGemm } from "./variants.ts";

/** V8 keeps one of the sixteen for itself. */
const vectorRegisters = 15;
const l1Bytes = 32 * 1024;

test.each(machineRows.map((row) => [row.kernel, row] as const))(
  "the numbers of %s keep what they promise",
  (_, row) => {
    const { mr, nr, mc, nc, kc } = row.blocking;
    const bytes = bytesOf[row.element];
    const vectors = (nr * bytes) / 16;
    expect(mr * vectors + vectors + 1).toBeLessThanOrEqual(vectorRegisters);
    expect((mr + nr) * kc * bytes).toBeLessThan(l1Bytes);
    expect([mc % mr, nc % nr]).toEqual([0, 0]);
    expect(row.kernel).toBe(`micro-${mr}x${nr}`);
    expect(planGemm(row.kernel, row.element).variant).toBe(row.kernel);
    for (const reason of Object.values(row.reasons)) expect(reason.length).toBeGreaterThan(10);
  },
);
