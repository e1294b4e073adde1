/**
 * The real OpenBLAS as a contestant. Long, because its core type is chosen first: what is remembered of a user's machine
 * is neither read nor written here.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { nativeAvailability } from "../native/availability.ts";
import { openBlasId } from "../peers/openblas/library.ts";
import { openBlas } from "../peers/openblas/peer.ts";
import { PeerUnavailable } from "../peers/unavailable.ts";
import { raceProducts } from "./race.ts";

// Before anything else runs: whether there is an OpenBLAS decides what is skipped.
const home = mkdtempSync(join(tmpdir(), "kdaccel-openblas-"));
vi.stubEnv("KDACCEL_HOME", home);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

const here = await openBlas.describe().then(
  () => true,
  (error: unknown) => {
    if (error instanceof PeerUnavailable) return false;
    throw error;
  },
);

it.skipIf(!here)(
  "OpenBLAS (skipped where there is none) is checked, timed in the same rounds and set beside the native peak",
  async () => {
    const ours = { variant: "packed-blocked", target: "wasm" } as const;
    const blas = { variant: openBlasId, target: "peer" } as const;
    const brief = { leastRounds: 6, mostRounds: 6 };
    const race = await raceProducts({ m: 33, n: 17, k: 29 }, [ours, blas], {
      ...brief,
      pairs: [[ours, blas]],
    });
    expect(race.failures).toEqual([]);
    expect(race.find(blas, "time")).toMatchObject({ correct: true, n: 6 });
    expect(race.find(ours, "speed-up", blas)).toMatchObject({ n: 6, against: blas });
    expect(race.find(ours, "peak-fraction")).toBeDefined();
    expect(race.find(blas, "peak-fraction") !== undefined).toBe(nativeAvailability().available);
    expect(readdirSync(join(home, "cache"))).toHaveLength(1);
  },
);
