import { expect, test } from "vitest";
import { differsFromReference, referenceGemm } from "./reference.ts";

const two = { m: 2, n: 2, k: 2, a: new Float32Array([1, 2, 3, 4]), b: new Float32Array([5, 6, 7, 8]) };

test("the product of two known matrices, scaled and added", () => {
  expect([...referenceGemm(two).value]).toEqual([19, 22, 43, 50]);
  const c = new Float32Array([1, 1, 1, 1]);
  expect([...referenceGemm({ ...two, alpha: 2, beta: -1, c }).value]).toEqual([37, 43, 85, 99]);
});

test("the bound grows with k and with the magnitudes, and lets a rounded sum pass", () => {
  const k = 1000;
  const a = Float32Array.from({ length: k }, (_, i) => Math.sin(i));
  const b = Float32Array.from({ length: k }, (_, i) => Math.cos(i));
  const reference = referenceGemm({ m: 1, n: 1, k, a, b });
  let forwards = 0;
  let backwards = 0;
  for (let i = 0; i < k; i++) {
    forwards = Math.fround(forwards + Math.fround((a[i] as number) * (b[i] as number)));
    const last = k - 1 - i;
    backwards = Math.fround(backwards + Math.fround((a[last] as number) * (b[last] as number)));
  }
  expect(forwards).not.toBe(backwards);
  for (const sum of [forwards, backwards])
    expect(differsFromReference(reference, new Float32Array([sum]))).toBeNull();
  const magnitude = a.reduce((sum, x, i) => sum + Math.abs(x * (b[i] as number)), 0);
  expect(reference.bound[0]).toBeCloseTo(1003 * 2 ** -24 * magnitude, 5);
});

test("an element outside its bound is named with what was expected and found", () => {
  const reference = referenceGemm(two);
  expect(differsFromReference(reference, new Float32Array([19, 22, 43, 50]))).toBeNull();
  expect(differsFromReference(reference, new Float32Array([19, 22, 43.001, 50]))).toMatch(
    /1 of 4 elements of 2x2x2 differ; worst C\[1\]\[0\]: expected 43, found 43\.00/,
  );
  expect(differsFromReference(reference, new Float32Array([19, Number.NaN, 43, 50]))).toMatch(
    /found NaN, Infinity times/,
  );
});

test("padding between rows is not compared", () => {
  expect(differsFromReference(referenceGemm(two), new Float32Array([19, 22, -1, 43, 50, -1]), 3)).toBeNull();
});

test("NaN must be NaN, and what exceeds the range must be infinite", () => {
  const huge = new Float32Array([3e38, 3e38, 1, Number.NaN]);
  const reference = referenceGemm({ ...two, a: huge, b: new Float32Array([1, 1, 1, 1]) });
  expect(
    differsFromReference(reference, new Float32Array([Infinity, Infinity, Number.NaN, Number.NaN])),
  ).toBeNull();
  expect(differsFromReference(reference, new Float32Array([3e38, Infinity, Number.NaN, Number.NaN]))).toMatch(
    /C\[0\]\[0\]/,
  );
  expect(differsFromReference(reference, new Float32Array([Infinity, Infinity, 1, Number.NaN]))).toMatch(
    /C\[1\]\[0\]/,
  );
});

test("alpha 0 ignores NaN in A and B, beta 0 ignores NaN in C, as BLAS does", () => {
  const nan = new Float32Array(4).fill(Number.NaN);
  expect([...referenceGemm({ ...two, a: nan, alpha: 0, beta: 0, c: nan }).value]).toEqual([0, 0, 0, 0]);
});

test("of a large product a sample of rows with both edges is covered", () => {
  const m = 4096;
  const [n, k] = [1024, 256];
  const a = new Float32Array(m * k).fill(1);
  const b = new Float32Array(k * n).fill(1);
  const reference = referenceGemm({ m, n, k, a, b });
  expect(reference.rows.length).toBeLessThan(m);
  expect(reference.rows.slice(0, 16)).toEqual(Array.from({ length: 16 }, (_, i) => i));
  expect(reference.rows.at(-1)).toBe(m - 1);
  const c = new Float32Array(m * n).fill(k);
  expect(differsFromReference(reference, c)).toBeNull();
  c[(m - 1) * n + 5] = k + 1;
  expect(differsFromReference(reference, c)).toMatch(/C\[4095\]\[5\]/);
});
