import { describe, expect, it } from "vitest";
import type { DatabaseHealth } from "../../catalog/database/health.ts";
import { describeCpu } from "../../kernels/native/cpu.ts";
import { recordedDump } from "../../kernels/native/cpuid-dumps.fixture.ts";
import { RefusedMemory } from "../../kernels/native/pages.ts";
import type { Environment } from "../../kernels/run-events.ts";
import type { Facts } from "./check.ts";
import { checks, made } from "./checks.ts";
import type { TerminalFacts } from "./terminal-facts.ts";

const GiB = 2 ** 30;
const cpu = describeCpu(recordedDump("zen4"));

const environment: Environment = {
  ...{ cpu: "AMD EPYC 9124", isa: ["avx2", "fma", "avx512f"], caches: [], cores: 8, memoryBytes: 8 * GiB },
  ...{ arch: "x64", os: "Linux 6", node: "26.10.0", v8: "14", kdaccel: "1", virtualised: null, load: 0 },
};
const database: DatabaseHealth = {
  ...{ path: "/data/kdaccel.db", exists: true, bytes: 4096, version: 2, newestVersion: 2 },
  ...{ faults: [], writable: true, freeBytes: 9 * GiB },
};
const terminal: TerminalFacts = {
  ...{ interactive: true, columns: 120, rows: 40, colourBits: 24, coloursOffBy: null, utf8: true },
  chineseColumns: 2,
};
const steady = Array.from({ length: 40 }, (_, i) => 3 + (i % 3) / 1000);
const noiseFloor = { ratio: { value: 1, low: 0.995, high: 1.004 }, rounds: 40, gigahertz: steady };
const cores = { logical: 8, usable: 8, threadsPerCore: 1, load: 0.1 };

/** A machine on which all is well. */
const sound: Facts = {
  node: { version: "26.10.0", asked: ">=22.19" },
  environment: () => environment,
  cpu: () => cpu,
  native: () => ({ available: true, isa: "avx512", cpu }),
  loadCode: () => {},
  timer: () => ({ resolutionSeconds: 4e-8, readingSeconds: 5e-8 }),
  noiseFloor: async () => noiseFloor,
  cores: () => cores,
  memory: () => ({ totalBytes: 8 * GiB, availableBytes: 4 * GiB }),
  database: () => database,
  terminal: async () => terminal,
};

const refuse = (error: Error) => (): never => {
  throw error;
};

async function found(id: string, differing: Partial<Facts> = {}) {
  const check = checks.find((each) => each.id === id) ?? expect.fail(`no check ${id}`);
  return made(check, { ...sound, ...differing });
}

it.each(checks.map(({ id }) => [id]))("%s is ok on a sound machine, without advice", async (id) => {
  const { result, message, advice } = await found(id);
  expect({ result, advice }).toEqual({ result: "ok", advice: undefined });
  expect(message).not.toBe("");
});

it("has ids that are unique and says what each looks at", () => {
  expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
  for (const { looksAt } of checks) expect(looksAt.length).toBeGreaterThan(5);
});

const withDatabase = (differing: Partial<DatabaseHealth>) => ({
  database: () => ({ ...database, ...differing }),
});
const withTerminal = (differing: Partial<TerminalFacts>) => ({
  terminal: async () => ({ ...terminal, ...differing }),
});
const withCores = (differing: Partial<ReturnType<Facts["cores"]>>) => ({
  cores: () => ({ ...cores, ...differing }),
});
const withNoise = (low: number, high: number, gigahertz: readonly number[] = steady) => ({
  noiseFloor: async () => ({ ratio: { value: (low + high) / 2, low, high }, rounds: 40, gigahertz }),
});
const withMemory = (availableBytes: number) => ({
  memory: () => ({ totalBytes: 8 * GiB, availableBytes }),
});
const withTimer = (resolutionSeconds: number) => ({
  timer: () => ({ resolutionSeconds, readingSeconds: 5e-8 }),
});

describe("every other outcome", () => {
  it.each<[string, Partial<Facts>, "note" | "problem", RegExp]>([
    ["node", { node: { version: "22.18.0", asked: ">=22.19" } }, "problem", /22\.18\.0/],
    ["node", { node: { version: "20.19.0", asked: ">=22.19" } }, "problem", /20\.19\.0/],
    [
      "database",
      withDatabase({ faults: ["row 3 missing from index a"] }),
      "problem",
      /damaged: row 3 missing/,
    ],
    ["database", withDatabase({ writable: false }), "problem", /cannot be written/],
    ["database", withDatabase({ freeBytes: 1e6 }), "note", /free there/],
    [
      "database",
      withDatabase({ problem: { message: "locked by process 3", remedy: "end it" } }),
      "problem",
      /locked by process 3/,
    ],
    ["terminal", withTerminal({ columns: 60 }), "note", /^60x40/],
    ["terminal", withTerminal({ chineseColumns: 1 }), "note", /1 columns wide instead of two/],
    ["terminal", withTerminal({ utf8: false }), "note", /not UTF-8/],
    [
      "cpu",
      { cpu: () => describeCpu(recordedDump("skylake-x-without-zmm")) },
      "note",
      /does not save the registers of avx512f/,
    ],
    ["cpu", { cpu: () => describeCpu(recordedDump("alder-lake")) }, "note", /two kinds/],
    ["target", { native: () => ({ available: false, reason: "no AVX2" }) }, "note", /not native: no AVX2/],
    ["target", { native: () => ({ available: true, isa: "avx2", cpu }) }, "note", /restricted to AVX2/],
    ["target", { native: refuse(new RangeError('KDACCEL_TARGET is "gpu"')) }, "problem", /"gpu"/],
    [
      "executable-memory",
      { loadCode: refuse(new RefusedMemory("mprotect", "EACCES", "hardened")) },
      "note",
      /mprotect failed with EACCES/,
    ],
    ["cores", withCores({ load: 6 }), "note", /load 6\.00/],
    ["cores", withCores({ usable: 2 }), "note", /2 of 8 .*kept from this process/],
    ["smt", withCores({ threadsPerCore: 2 }), "note", /2 threads share each core/],
    [
      "virtualisation",
      { environment: () => ({ ...environment, virtualised: "KVM" }) },
      "note",
      /a guest of KVM/,
    ],
    ["memory", withMemory(GiB / 2), "note", /512 MiB of/],
    ["memory", withMemory(GiB / 16), "problem", /64 MiB of/],
    ["timer", withTimer(1e-4), "note", /100 µs/],
    ["timer", withTimer(0.016), "problem", /16\.0 ms/],
    ["timer", withTimer(Number.POSITIVE_INFINITY), "problem", /no step at all/],
    ["noise-floor", withNoise(0.9, 1.1), "note", /below 10 % cannot be seen/],
    ["noise-floor", withNoise(1.03, 1.05), "note", /something favours one of two equals/],
    ["noise-floor", withNoise(0.5, 1.6), "problem", /nothing can be told apart/],
    [
      "frequency",
      withNoise(1, 1, [...steady, ...steady.map((x) => x * 1.2)]),
      "note",
      /between 3\.00 and 3\.60/,
    ],
    [
      "frequency",
      withNoise(
        1,
        1,
        steady.map((_, i) => 3 + i / 1000),
      ),
      "note",
      /rising/,
    ],
    [
      "frequency",
      withNoise(
        1,
        1,
        steady.map((_, i) => 3 - i / 1000),
      ),
      "note",
      /falling/,
    ],
  ])("of %s: %o is a %s", async (id, differing, result, message) => {
    const finding = await found(id, differing);
    expect(finding).toMatchObject({ id, result, message: expect.stringMatching(message) });
    if (result === "problem") expect(finding.advice).toMatch(/\w/);
  });

  it.each<[string, Partial<Facts>, RegExp]>([
    ["database", withDatabase({ exists: false, bytes: 0, version: 0 }), /none yet; the next command makes/],
    ["database", withDatabase({ version: 0 }), /schema older than 2/],
    ["terminal", withTerminal({ interactive: false, chineseColumns: null }), /no terminal/],
    [
      "terminal",
      withTerminal({ chineseColumns: null, coloursOffBy: "NO_COLOR" }),
      /colours off by NO_COLOR.*not told/,
    ],
    ["smt", withCores({ threadsPerCore: undefined }), /does not tell/],
    ["cpu", { cpu: () => undefined }, /^AMD EPYC 9124, x64/],
  ])("of %s: %o is fine", async (id, differing, message) => {
    expect(await found(id, differing)).toMatchObject({
      result: "ok",
      message: expect.stringMatching(message),
    });
  });

  it("a fact that cannot be found is a problem of its check", async () => {
    expect(await found("memory", { memory: refuse(new Error("no such call")) })).toMatchObject({
      result: "problem",
      message: "could not be looked at: no such call",
    });
  });
});
