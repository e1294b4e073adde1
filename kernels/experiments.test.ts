/**
 * Exact experiments run as planned, and what every plan and listing must hold. Timed experiments run, on small
 * products, in `experiments.full.test.ts`.
 */
import { describe, expect, it } from "vitest";
import { studies } from "./distill/studies/registry.ts";
import { evidenceOf } from "./evidence.ts";
import type { Experiment, Settings } from "./experiment.ts";
import { experimentById, experiments } from "./registry.ts";
import { runInProcess } from "./run-in-process.ts";

const settings: Settings = { profile: "quick", seed: 7, targets: ["js", "wasm"] };

function experiment(id: string): Experiment {
  const found = experimentById(id);
  if (!found) throw new Error(`no experiment ${id}`);
  return found;
}

describe("exact experiments", () => {
  for (const id of [
    "gemm-tile-exactness",
    "gemv-identity",
    "mma-block",
    "conv-as-gemm",
    "im2col-memory",
    "im2col-passes",
  ]) {
    it(`${id} confirms an identity on each target`, async () => {
      for (const targets of [["wasm"], ["js"]] as const) {
        const cells = experiment(id).plan({ ...settings, targets });
        const { measurements, failures } = await runInProcess(experiment(id), cells, {
          ...settings,
          targets,
        });
        expect(failures).toEqual([]);
        for (const claim of experiment(id).claims) {
          if (cells.length === 0) continue;
          const { verdict, evidence } = claim.judge(evidenceOf(measurements, "quick"));
          expect(verdict, evidence).toBe("confirmed");
        }
      }
    });
  }
});

describe("plans", () => {
  it("leave out every target that is not allowed", () => {
    for (const { plan } of experiments) {
      for (const target of ["js", "wasm", "native"] as const) {
        const cells = plan({ ...settings, targets: [target] });
        for (const cell of cells) for (const ref of cell.variants) expect(ref.target).toBe(target);
      }
    }
  });

  it("name each workload once, with at least one variant and no variant twice", () => {
    for (const { id, plan } of experiments) {
      for (const profile of ["quick", "standard", "full"] as const) {
        const cells = plan({ ...settings, profile });
        expect(new Set(cells.map(({ workload }) => workload)).size, id).toBe(cells.length);
        for (const { variants, seconds } of cells) {
          const names = variants.map(({ variant, target }) => `${variant} ${target}`);
          expect(new Set(names).size).toBe(names.length);
          expect(names.length).toBeGreaterThan(0);
          expect(seconds).toBeGreaterThan(0);
        }
      }
    }
  });

  it("have one more step on the ladder, of as many threads as the run may use", () => {
    const names = (more: Partial<Settings>): string[] =>
      experiment("gemm-ladder")
        .plan({ ...settings, profile: "standard", ...more })
        .map(({ variants }) => `${variants.at(-1)?.variant} ${variants.at(-1)?.target}`);
    expect(names({ threads: 12 })).toEqual(Array(3).fill("packed-blocked-12t wasm"));
    expect(names({ threads: 1 })).toEqual(names({}));
    expect(names({})).toEqual(Array(3).fill("packed-blocked wasm"));
    expect(names({ threads: 2, targets: ["js"] }).join()).not.toContain("2t");
  });

  it("stay within half a minute for tiling at quick and three minutes at standard, by their own estimate", () => {
    const estimate = (profile: Settings["profile"]): number =>
      experiments
        .filter(({ topics }) => topics.includes("tiling"))
        .flatMap(({ plan }) => plan({ ...settings, profile, threads: 4 }))
        .reduce((sum, { seconds }) => sum + seconds, 0);
    expect(estimate("quick")).toBeLessThan(30);
    expect(estimate("standard")).toBeLessThan(180);
  });
});

describe("generated code", () => {
  it("is shown for every variant of every experiment on vector programs", async () => {
    // A study runs hundreds of small programs: no listing is the code of a method.
    const withoutListing = new Set(["fma-rounding", "mma-block", ...studies.map(({ id }) => id)]);
    for (const row of experiments) {
      if (withoutListing.has(row.id)) continue;
      const { code } = await row.load();
      for (const { variants } of row.plan({ ...settings, profile: "standard" })) {
        for (const ref of variants) {
          const text = await code?.(ref);
          expect(text, `${row.id} ${ref.variant}`).toContain(ref.target === "wasm" ? "(module" : "function");
        }
      }
    }
  });
});
