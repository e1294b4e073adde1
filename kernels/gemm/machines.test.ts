import { expect, test } from "vitest";
import { bytesOf } from "../codegen/expressions.ts";
import { machineRows } from "./machines.ts";
import { planGemm } from "./variants.ts";

/** What the rows say that their machines have. */
const l1Bytes = { wasm: 32 * 1024, avx2: 32 * 1024, avx512: 48 * 1024 };

test.each(machineRows.map((row) => [`${row.kernel} ${row.isa} ${row.element}`, row] as const))(
  "the numbers of %s keep what they promise",
  (_, row) => {
    const { mr, nr, mc, nc, kc } = row.blocking;
    const bytes = bytesOf[row.element];
    const vectors = (nr * bytes) / row.vectorBytes;
    expect(mr * vectors + vectors + 1).toBeLessThanOrEqual(row.registers);
    expect((mr + nr) * kc * bytes).toBeLessThan(l1Bytes[row.isa]);
    expect([mc % mr, nc % nr]).toEqual([0, 0]);
    expect(row.kernel).toBe(`micro-${mr}x${nr}`);
    expect(planGemm(row.kernel, row.element, row.isa).variant).toBe(row.kernel);
    for (const reason of Object.values(row.reasons)) expect(reason.length).toBeGreaterThan(10);
  },
);
