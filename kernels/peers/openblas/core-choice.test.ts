import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { PeerUnavailable } from "../unavailable.ts";
import { bestCoreType, type Probe, type Surroundings } from "./core-choice.ts";
import { descriptionOf } from "./peer.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kdaccel-core-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const isa = ["sse4_2", "avx", "avx2", "fma", "avx512f", "avx512dq", "avx512bw", "avx512vl"];
const machine = { cpu: "a processor newer than the library", arch: "x64", isa };
const config = "OpenBLAS 0.3.9 DYNAMIC_ARCH Prescott MAX_THREADS=64";

/** A library that takes the processor for a Prescott, with rates by the core type that is asked for. */
function library(rates: Readonly<Record<string, number | Error>>, says: string = config) {
  const asked: string[] = [];
  const probe: Probe = async (coreType, measure) => {
    asked.push(`${coreType ?? "own"}${measure ? " measured" : ""}`);
    // A name that the library does not know gives its own choice.
    const used = coreType !== undefined && coreType in rates ? coreType : "Prescott";
    const rate = rates[used];
    if (rate instanceof Error) throw rate;
    const gflops = { "192x192x192": rate ?? 1 };
    return { file: "libopenblas.so.0", config: says, coreType: used, ...(measure && { gflops }) };
  };
  const around: Surroundings = { probe, folder, machine };
  return { around, asked };
}

const rates = { Prescott: 25, SkylakeX: 180, Haswell: 100, Zen: 90 };

it("measures the candidates, chooses the best and says what it gained", async () => {
  const { around } = library(rates);
  const choice = await bestCoreType(around);
  expect(choice).toMatchObject({ coreType: "SkylakeX", automatic: "Prescott", failed: [] });
  expect(choice.gain).toBeCloseTo(7.2, 12);
  expect(choice.measured.map(({ coreType }) => coreType)).toEqual(["Prescott", "SkylakeX", "Zen", "Haswell"]);
  const { version, detail } = descriptionOf(choice, { OPENBLAS_CORETYPE: "haswell", PATH: "/bin" });
  expect(version).toBe("0.3.9");
  expect(detail).toContain("core type SkylakeX, 7.20x as fast as its own choice Prescott");
  expect(detail).toContain(
    "OPENBLAS_CORETYPE=haswell of the environment is ignored: SkylakeX is 1.80x as fast",
  );
  expect(detail).not.toContain("PATH");
});

it("gives who is far behind no second turn, and the others three", async () => {
  const { around, asked } = library({ Prescott: 170, SkylakeX: 180, Haswell: 100 });
  await bestCoreType(around);
  const times = (line: string): number => asked.filter((one) => one === line).length;
  expect(times("own measured")).toBe(3);
  expect(times("SkylakeX measured")).toBe(3);
  expect(times("Haswell measured")).toBe(1);
  // Zen fell back to Prescott, which was measured already.
  expect(times("Zen measured")).toBe(1);
});

it("remembers the choice for this processor and this library, and no other", async () => {
  const first = library(rates);
  const choice = await bestCoreType(first.around);
  const again = library(rates);
  expect(await bestCoreType(again.around)).toEqual(choice);
  expect(again.asked).toEqual(["own"]);
  const newer = library(rates, config.replace("0.3.9", "0.3.30"));
  await bestCoreType(newer.around);
  expect(newer.asked.length).toBeGreaterThan(1);
  const other = library(rates);
  await bestCoreType({ ...other.around, machine: { ...machine, cpu: "another" } });
  expect(other.asked.length).toBeGreaterThan(1);
  expect(readdirSync(folder)).toHaveLength(3);
});

it("measures again where what is remembered is damaged or not its own", async () => {
  await bestCoreType(library(rates).around);
  const [name = ""] = readdirSync(folder);
  for (const damaged of ["", "{}", '{"schema":"kdaccel/openblas-core-type/1","coreType":7}']) {
    writeFileSync(join(folder, name), damaged);
    expect((await bestCoreType(library(rates).around)).coreType).toBe("SkylakeX");
    expect(JSON.parse(readFileSync(join(folder, name), "utf8")).coreType).toBe("SkylakeX");
  }
});

it("chooses all the same where nothing can be remembered", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  const { around } = library(rates);
  expect((await bestCoreType({ ...around, folder: join(file, "below") })).coreType).toBe("SkylakeX");
});

it("goes on without a core type that ends its process, and tells", async () => {
  const { around } = library({ ...rates, SkylakeX: new Error("ended by SIGILL") });
  const choice = await bestCoreType(around);
  expect(choice.coreType).toBe("Haswell");
  expect(choice.failed).toContainEqual({ coreType: "SkylakeX", reason: "ended by SIGILL" });
});

it("measures nothing where the library has one core type, or nothing is known of the processor", async () => {
  const single = library(rates, "OpenBLAS 0.3.9 Prescott");
  expect(await bestCoreType(single.around)).toMatchObject({ coreType: "Prescott", gain: 1, measured: [] });
  expect(single.asked).toEqual(["own"]);
  const unknown = library(rates);
  const blank = { ...machine, isa: [] };
  expect(await bestCoreType({ ...unknown.around, machine: blank })).toMatchObject({ coreType: "Prescott" });
});

it("hands on that there is no library", async () => {
  const absent = new PeerUnavailable("openblas", "no libopenblas.so.0 was found", "Install it");
  const { around } = library({ Prescott: absent });
  await expect(bestCoreType(around)).rejects.toBe(absent);
  expect(readdirSync(folder)).toEqual([]);
});
