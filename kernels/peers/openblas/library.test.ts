import { describe, expect, it } from "vitest";
import { addressOf } from "../../native/foreign.ts";
import { PeerUnavailable } from "../unavailable.ts";
import { probeInChild } from "./core-choice.ts";
import { influences, libraryNames, loadOpenBlas, type OpenBlas, quietEnvironment } from "./library.ts";

describe("where it is looked for", () => {
  it("is the file that the user names and no other", () => {
    expect(libraryNames({ KDACCEL_OPENBLAS: "/opt/mine.so" }, "linux")).toEqual(["/opt/mine.so"]);
  });

  it("is under the names of each system otherwise", () => {
    expect(libraryNames({}, "linux")[0]).toBe("libopenblas.so.0");
    expect(libraryNames({ KDACCEL_OPENBLAS: "" }, "darwin")).toContain("libopenblas.dylib");
    expect(libraryNames({}, "win32")).toContain("libopenblas.dll");
    expect(libraryNames({}, "freebsd")).toEqual(libraryNames({}, "linux"));
  });
});

describe("the environment it is loaded in", () => {
  const env = {
    PATH: "/bin",
    KDACCEL_OPENBLAS: "x.so",
    OPENBLAS_CORETYPE: "Prescott",
    GOTO_NUM_THREADS: "9",
    OMP_NUM_THREADS: "9",
  };

  it("holds none of what a shell has set for it, one thread and the chosen core type", () => {
    expect(quietEnvironment(env, "Haswell")).toEqual({
      PATH: "/bin",
      KDACCEL_OPENBLAS: "x.so",
      OPENBLAS_NUM_THREADS: "1",
      OPENBLAS_CORETYPE: "Haswell",
    });
    expect(quietEnvironment(env)).not.toHaveProperty("OPENBLAS_CORETYPE");
  });

  it("is told by name", () => {
    expect(influences(env)).toEqual(["OPENBLAS_CORETYPE", "GOTO_NUM_THREADS", "OMP_NUM_THREADS"]);
  });
});

describe("a library that cannot be used", () => {
  /** What the probe says with KDACCEL_OPENBLAS set to a file. */
  async function refusal(file: string): Promise<unknown> {
    const before = process.env.KDACCEL_OPENBLAS;
    process.env.KDACCEL_OPENBLAS = file;
    try {
      return await probeInChild(undefined, false).catch((error: unknown) => error);
    } finally {
      if (before === undefined) delete process.env.KDACCEL_OPENBLAS;
      else process.env.KDACCEL_OPENBLAS = before;
    }
  }

  it("is absent: the name that was tried, and how to install it", async () => {
    const error = await refusal("/nowhere/libopenblas.so");
    expect(error).toBeInstanceOf(PeerUnavailable);
    expect(String(error)).toMatch(
      /openblas does not take part: no \/nowhere\/libopenblas.so was found\. Correct KDACCEL_OPENBLAS, or unset it\.$/,
    );
  });

  it.skipIf(process.platform !== "linux")("is another library: the function that it lacks", async () => {
    expect(String(await refusal("libm.so.6"))).toContain("libm.so.6 has no function openblas_get_config");
  });
});

/** undefined where this machine has none. */
const blas = ((): OpenBlas | undefined => {
  try {
    return loadOpenBlas();
  } catch (error) {
    if (error instanceof PeerUnavailable) return undefined;
    throw error;
  }
})();

describe.skipIf(!blas)("OpenBLAS of this system (skipped where there is none)", () => {
  const real = blas as OpenBlas;
  // Operands of more than 64 bytes: V8 moves smaller ones, and an address would no longer be theirs.
  const [m, n, k] = [7, 9, 11] as const;
  const values = (length: number, step: number) =>
    Array.from({ length }, (_, i) => (i * step) % 5) as number[];
  const [a, b] = [values(m * k, 2), values(k * n, 3)];
  const at = (list: readonly number[], i: number): number => list[i] as number;
  const expected = Array.from({ length: m * n }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < k; j++) sum += at(a, Math.floor(i / n) * k + j) * at(b, j * n + (i % n));
    return sum;
  });
  const product = { m, n, k, alpha: 2, lda: k, ldb: n, beta: 0, ldc: n };

  it("multiplies matrices in both precisions", () => {
    for (const [Real, gemm] of [
      [Float32Array, real.sgemm],
      [Float64Array, real.dgemm],
    ] as const) {
      const [left, right, c] = [new Real(a), new Real(b), new Real(m * n).fill(Number.NaN)] as const;
      gemm({ ...product, a: addressOf(left), b: addressOf(right), c: addressOf(c) });
      // Small whole numbers: every order of summation is exact.
      expect([...c]).toEqual(expected.map((sum) => 2 * sum));
      expect([...left, ...right]).toEqual([...a, ...b]);
    }
  });

  it("multiplies a vector, adds vectors and takes inner products", () => {
    const [matrix, x, y] = [Float32Array.from(a), new Float32Array(32).fill(2), new Float32Array(32).fill(1)];
    const [left, right] = [addressOf(x), addressOf(y)];
    expect(real.sdot(32, left, right)).toBe(64);
    real.saxpy(32, 3, left, right);
    expect([...y]).toEqual(new Array(32).fill(7));
    real.sgemv({ m, n: k, alpha: 1, a: addressOf(matrix), lda: k, x: left, beta: 1, y: right });
    const rows = Array.from({ length: m }, (_, i) => a.slice(i * k, (i + 1) * k));
    expect([...y.subarray(0, m)]).toEqual(rows.map((row) => 7 + 2 * row.reduce((sum, v) => sum + v, 0)));
    expect([...y.subarray(m)]).toEqual(new Array(32 - m).fill(7));
  });

  it("says what it is and works on as many threads as it is told", () => {
    expect(real.config).toMatch(/^OpenBLAS \d/);
    expect(real.config).toContain(real.coreType);
    expect(real.threads()).toBe(1);
    real.setThreads(2);
    expect(real.threads()).toBe(2);
    real.setThreads(1);
  });

  it("is refused with another core type in a process that has it already", () => {
    expect(() => loadOpenBlas("Nehalem")).toThrow("this process has loaded it as");
    expect(loadOpenBlas()).toBe(real);
  });

  it("leaves the environment as it was", () => {
    expect(process.env.OPENBLAS_NUM_THREADS).toBeUndefined();
  });

  it("is not misled by a core type that the shell has set", async () => {
    const before = process.env.OPENBLAS_CORETYPE;
    process.env.OPENBLAS_CORETYPE = "Prescott";
    try {
      expect((await probeInChild(undefined, false)).coreType).toBe(real.coreType);
    } finally {
      if (before === undefined) delete process.env.OPENBLAS_CORETYPE;
      else process.env.OPENBLAS_CORETYPE = before;
    }
  });

  it.skipIf(process.arch !== "x64" || !blas?.config.includes("DYNAMIC_ARCH"))(
    "runs and measures the core type that it is asked for",
    async () => {
      const { coreType, gflops } = await probeInChild("Nehalem", true);
      expect(coreType).toBe("Nehalem");
      expect(Object.keys(gflops ?? {})).toHaveLength(3);
    },
  );
});
